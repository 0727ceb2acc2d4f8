/**
 * The tree of groups, apps and pods, a level at a time, or all services flat; with health at a glance.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ServiceRow, ServiceStatus, ServicesParams } from "#console/services.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, HealthBar, Mark, Since } from "../../parts/basics.tsx";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { FilterText, SelectFilter } from "../../parts/filters.tsx";
import { count, cpus, mebibytes } from "../../parts/format.ts";
import { Icon } from "../../parts/icons.tsx";
import { GroupLink, ServiceLink } from "../../parts/links.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { sortOf, useSearchWriter, windowOf } from "../../parts/table-search.ts";
import { listOf } from "../../search.ts";
import { DeploymentsNow } from "./deployments-now.tsx";
import { ServiceMenu } from "./service-menu.tsx";
import { serviceStatuses, serviceTone } from "./service-tone.ts";

const route = getRouteApi("/services/");

const nameCell = (isFlat: boolean) => (row: ServiceRow) => {
  const name = isFlat ? row.key : row.name;
  return (
    <span className="row nowrap">
      <Icon name={row.kind === "group" ? "folder" : "services"} />
      {row.kind === "group" ? (
        <GroupLink id={row.key}>{name}</GroupLink>
      ) : (
        <ServiceLink id={row.key}>{name}</ServiceLink>
      )}
      {row.kind === "app" ? null : (
        <span className="tag">{row.kind === "group" ? `${count(row.services)} services` : "pod"}</span>
      )}
    </span>
  );
};

const healthCell = ({ wanted, running, starting, health }: ServiceRow) => (
  <span>
    <HealthBar wanted={wanted} good={running - health.unhealthy} waiting={starting} bad={health.unhealthy} />{" "}
    {`${count(running)} of ${count(wanted)}`}
    {health.unhealthy > 0 ? <span className="bad">{` ${count(health.unhealthy)} unhealthy`}</span> : null}
  </span>
);

const usedOf = (used: number | null, allocated: number, format: (value: number) => string) => (
  <span>
    {used === null ? "–" : format(used)}
    <span className="soft"> of {format(allocated)}</span>
  </span>
);

const columnsFor = (isFlat: boolean): readonly Column<ServiceRow>[] => [
  { key: "name", title: "Service", width: "minmax(175px, 1.6fr)", isSortable: true, cell: nameCell(isFlat) },
  {
    key: "status",
    title: "Status",
    width: "minmax(105px, 0.6fr)",
    isSortable: true,
    cell: ({ status }) => <Mark tone={serviceTone(status)}>{status}</Mark>,
  },
  { key: "running", title: "Instances", width: "minmax(150px, 0.8fr)", isSortable: true, cell: healthCell },
  {
    key: "cpusUsed",
    title: "Processors",
    width: "112px",
    isNumber: true,
    isSortable: true,
    cell: (row) => usedOf(row.cpusUsed, row.allocated.cpus, cpus),
  },
  {
    key: "memUsed",
    title: "Memory",
    width: "172px",
    isNumber: true,
    isSortable: true,
    cell: (row) => usedOf(row.memUsed, row.allocated.mem, mebibytes),
  },
  {
    key: "why",
    title: "Why",
    width: "minmax(115px, 1.8fr)",
    cell: ({ why }) => <span title={why}>{why}</span>,
  },
  {
    key: "changedAtMs",
    title: "Changed",
    width: "110px",
    isSortable: true,
    cell: (row) => <Since ms={row.changedAtMs} ago />,
  },
  { key: "act", title: "Actions", width: "80px", cell: (row) => <ServiceMenu service={row} /> },
];

const treeColumns = columnsFor(false);
const flatColumns = columnsFor(true);

export function ServicesPage() {
  const search = route.useSearch();
  const write = useSearchWriter();
  const [offset, setOffset] = useState(0);
  const group = search.group ?? "/";
  const status = listOf(search.status) as readonly ServiceStatus[] | undefined;
  const isFlat = search.flat === "yes" || search.text !== undefined || status !== undefined;
  const params: ServicesParams = {
    ...windowOf(offset, search.sort),
    group,
    ...(isFlat ? { flat: true } : {}),
    ...(search.text === undefined ? {} : { text: search.text }),
    ...(status === undefined ? {} : { status }),
    ...(search.kind === "app" || search.kind === "pod" ? { kind: search.kind } : {}),
  };
  const view = useView("services", params, true);
  const isFiltered = search.text !== undefined || status !== undefined || search.kind !== undefined;
  return (
    <Await view={view} missing="There is no such group">
      {(value) => (
        <div className="page-fill">
          <Head title={group === "/" ? "Services" : <GroupPath group={group} />}>
            <Link to="/new" search={{ group }} className="button primary">
              New service
            </Link>
          </Head>
          <DeploymentsNow deployments={value.deployments} />
          <div className="tools">
            <FilterText label="Filter services" hint="path or label:value" />
            <SelectFilter
              label="Status"
              name="status"
              choices={serviceStatuses
                .filter((one) => value.counts[one] > 0)
                .map((one) => ({ value: one, name: `${one} (${count(value.counts[one])})` }))}
            />
            <label className="row">
              <input
                type="checkbox"
                checked={isFlat}
                disabled={isFiltered}
                onChange={({ target }) => write({ flat: target.checked ? "yes" : undefined })}
              />
              All levels
            </label>
          </div>
          <DataTable
            label="Services"
            fill
            columns={isFlat ? flatColumns : treeColumns}
            rows={value.rows}
            total={value.total}
            offset={value.offset}
            onWindow={setOffset}
            rowKey={(row) => row.key}
            sort={sortOf(search.sort)}
            onSort={(sort) => write({ sort: `${sort.descending ? "-" : ""}${sort.by}` })}
            empty={<NoServices isFiltered={isFiltered} group={group} />}
          />
        </div>
      )}
    </Await>
  );
}

function GroupPath({ group }: { readonly group: string }) {
  const parts = group.split("/").filter((part) => part !== "");
  return (
    <>
      <GroupLink id="/">Services</GroupLink>
      {parts.map((part, index) => {
        const id = `/${parts.slice(0, index + 1).join("/")}`;
        return (
          <span key={id}>
            {" / "}
            {index === parts.length - 1 ? part : <GroupLink id={id}>{part}</GroupLink>}
          </span>
        );
      })}
    </>
  );
}

const NoServices = ({ isFiltered, group }: { readonly isFiltered: boolean; readonly group: string }) =>
  isFiltered ? (
    <Empty title="No service is like that" action={<Link to="/services">Show all services</Link>} />
  ) : (
    <Empty
      title={group === "/" ? "No services yet" : `Nothing is in ${group}`}
      action={
        <Link to="/new" search={{ example: "web", group }} className="button primary">
          Deploy the example app
        </Link>
      }
    >
      A service is an app (instances of one command or image) or a pod (containers that live together). Paths
      make groups: /shop/web lies in the group /shop.
    </Empty>
  );
