/**
 * Nodes as a table or as a map; filters and order are in the address, the server does them.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { NodeRow, NodeStatus } from "#console/nodes.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Mark, Meter, Since } from "../../parts/basics.tsx";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { FilterText, SelectFilter } from "../../parts/filters.tsx";
import { count, cpus, mebibytes } from "../../parts/format.ts";
import { NodeLink } from "../../parts/links.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { sortOf, useSearchWriter, windowOf } from "../../parts/table-search.ts";
import { listOf } from "../../search.ts";
import { NodeMap } from "./node-map.tsx";
import { nodeTone } from "./node-tone.ts";

const route = getRouteApi("/nodes");

const gauge = (name: "cpus" | "mem" | "disk", format: (value: number) => string) => (row: NodeRow) => {
  const { capacity, allocated, used } = row.resources[name];
  return (
    <span title={used === null ? "use is not measured" : `${format(used)} really used`}>
      <Meter label={name} whole={capacity} part={allocated} used={used} small /> {format(allocated)}
      <span className="soft"> of {format(capacity)}</span>
    </span>
  );
};

const columns: readonly Column<NodeRow>[] = [
  {
    key: "name",
    title: "Node",
    width: "minmax(110px, 1fr)",
    isSortable: true,
    cell: (row) => <NodeLink id={row.key}>{row.name}</NodeLink>,
  },
  {
    key: "status",
    title: "Status",
    width: "minmax(105px, 0.6fr)",
    isSortable: true,
    cell: ({ status }) => <Mark tone={nodeTone(status)}>{status}</Mark>,
  },
  {
    key: "zone",
    title: "Zone",
    width: "80px",
    isSortable: true,
    cell: ({ zone, rack }) => zone ?? rack ?? "–",
  },
  {
    key: "tasks",
    title: "Tasks",
    width: "80px",
    isNumber: true,
    isSortable: true,
    cell: (row) => count(row.tasks),
  },
  {
    key: "cpus",
    title: "Processors",
    width: "minmax(185px, 1fr)",
    isSortable: true,
    cell: gauge("cpus", cpus),
  },
  {
    key: "mem",
    title: "Memory",
    width: "minmax(225px, 1fr)",
    isSortable: true,
    cell: gauge("mem", mebibytes),
  },
  {
    key: "disk",
    title: "Disk",
    width: "minmax(225px, 1fr)",
    isSortable: true,
    cell: gauge("disk", mebibytes),
  },
  { key: "since", title: "Registered", width: "110px", cell: (row) => <Since ms={row.registeredAtMs} ago /> },
  { key: "version", title: "Version", width: "90px", cell: ({ version }) => version },
];

const statuses: readonly NodeStatus[] = [
  "active",
  "draining",
  "drained",
  "deactivated",
  "disconnected",
  "unreachable",
  "incompatible",
];

export function NodesPage() {
  const search = route.useSearch();
  const write = useSearchWriter();
  const [offset, setOffset] = useState(0);
  const isMap = search.show === "map";
  const status = listOf(search.status) as readonly NodeStatus[] | undefined;
  const view = useView(
    "nodes",
    {
      ...windowOf(offset, search.sort),
      ...(search.text === undefined ? {} : { text: search.text }),
      ...(status === undefined ? {} : { status }),
      ...(search.zone === undefined ? {} : { zone: search.zone }),
    },
    true,
  );
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <div className="page-fill">
          <Head title="Nodes">
            <Link
              to="/nodes"
              search={{ ...search, show: "table" }}
              className={`button${isMap ? "" : " primary"}`}
            >
              Table
            </Link>
            <Link
              to="/nodes"
              search={{ ...search, show: "map" }}
              className={`button${isMap ? " primary" : ""}`}
            >
              Map
            </Link>
          </Head>
          {isMap ? (
            <NodeMap height={560} />
          ) : (
            <>
              <div className="tools">
                <FilterText label="Filter nodes" hint="name, host or attribute:value" />
                <SelectFilter
                  label="Status"
                  name="status"
                  choices={statuses
                    .filter((one) => value.counts[one] > 0)
                    .map((one) => ({ value: one, name: `${one} (${count(value.counts[one])})` }))}
                />
                {value.zones.length > 1 ? (
                  <SelectFilter
                    label="Zone"
                    name="zone"
                    choices={value.zones.map((zone) => ({ value: zone, name: zone }))}
                  />
                ) : null}
              </div>
              <DataTable
                label="Nodes"
                fill
                columns={columns}
                rows={value.rows}
                total={value.total}
                offset={value.offset}
                onWindow={setOffset}
                rowKey={(row) => row.key}
                sort={sortOf(search.sort)}
                onSort={(sort) => write({ sort: `${sort.descending ? "-" : ""}${sort.by}` })}
                empty={<NoNodes isFiltered={search.text !== undefined || status !== undefined} />}
              />
            </>
          )}
        </div>
      )}
    </Await>
  );
}

const NoNodes = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No node is like that" action={<Link to="/nodes">Show all nodes</Link>} />
  ) : (
    <Empty title="No nodes yet">
      Start `unum agent --master HOST:5050` on each server, with the cluster's token: it appears here within a
      second.
    </Empty>
  );
