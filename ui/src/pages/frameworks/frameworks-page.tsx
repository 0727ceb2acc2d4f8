/**
 * Frameworks: who they are, what they hold, what is on offer to them.
 */

import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { FrameworkRow } from "#console/frameworks.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Mark, Meter, Since } from "../../parts/basics.tsx";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { FilterText, SelectFilter } from "../../parts/filters.tsx";
import { count, cpus, mebibytes, percent, type Tone } from "../../parts/format.ts";
import { FrameworkLink, RoleLink } from "../../parts/links.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { sortOf, useSearchWriter, windowOf } from "../../parts/table-search.ts";
import { listOf } from "../../search.ts";

const route = getRouteApi("/frameworks");

export const frameworkTones: Readonly<Record<FrameworkRow["state"], Tone>> = {
  active: "good",
  disconnected: "wait",
  completed: "idle",
};

const columns: readonly Column<FrameworkRow>[] = [
  {
    key: "name",
    title: "Framework",
    width: "minmax(160px, 1.4fr)",
    isSortable: true,
    cell: ({ key, name, inside }) => (
      <span className="row nowrap">
        <FrameworkLink id={key}>{name}</FrameworkLink>
        {inside ? <span className="tag">Unum's own</span> : null}
      </span>
    ),
  },
  {
    key: "state",
    title: "State",
    width: "minmax(120px, 0.6fr)",
    isSortable: true,
    cell: ({ state }) => <Mark tone={frameworkTones[state]}>{state}</Mark>,
  },
  {
    key: "roles",
    title: "Roles",
    width: "minmax(110px, 0.8fr)",
    cell: ({ roles }) => (
      <span className="row nowrap">
        {roles.map((role) => (
          <RoleLink key={role} name={role} />
        ))}
      </span>
    ),
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
    key: "share",
    title: "Share",
    width: "150px",
    isSortable: true,
    cell: ({ share }) => (
      <span>
        <Meter label="share" whole={1} part={0} used={share} small /> {percent(share, 1)}
      </span>
    ),
  },
  {
    key: "cpus",
    title: "Processors",
    width: "100px",
    isNumber: true,
    cell: ({ allocated }) => cpus(allocated.cpus),
  },
  {
    key: "mem",
    title: "Memory",
    width: "110px",
    isNumber: true,
    cell: ({ allocated }) => mebibytes(allocated.mem),
  },
  {
    key: "offers",
    title: "Offers out",
    width: "100px",
    isNumber: true,
    cell: ({ offersOut }) => count(offersOut),
  },
  {
    key: "registeredAtMs",
    title: "Registered",
    width: "110px",
    isSortable: true,
    cell: (row) => <Since ms={row.registeredAtMs} ago />,
  },
];

const states = ["active", "disconnected", "completed"] as const;

export function FrameworksPage() {
  const search = route.useSearch();
  const write = useSearchWriter();
  const [offset, setOffset] = useState(0);
  const state = listOf(search.state) as readonly FrameworkRow["state"][] | undefined;
  const view = useView(
    "frameworks",
    {
      ...windowOf(offset, search.sort),
      ...(search.text === undefined ? {} : { text: search.text }),
      ...(state === undefined ? {} : { state }),
    },
    true,
  );
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <div className="page-fill">
          <Head title="Frameworks" />
          <div className="tools">
            <FilterText label="Filter frameworks" hint="name or id" />
            <SelectFilter
              label="State"
              name="state"
              choices={states.map((one) => ({ value: one, name: one }))}
            />
          </div>
          <DataTable
            label="Frameworks"
            fill
            columns={columns}
            rows={value.rows}
            total={value.total}
            offset={value.offset}
            onWindow={setOffset}
            rowKey={(row) => row.key}
            sort={sortOf(search.sort)}
            onSort={(sort) => write({ sort: `${sort.descending ? "-" : ""}${sort.by}` })}
            empty={
              <Empty title="No framework is like that">
                A framework is a scheduler that is offered resources: Unum's own app service, or any that
                speaks Mesos's scheduler API at port 5050.
              </Empty>
            }
          />
        </div>
      )}
    </Await>
  );
}
