/**
 * The instances of a service: where each runs, how it is, and whether it has the configuration that is wanted.
 */

import { Link } from "@tanstack/react-router";
import type { InstanceRow, ServiceView } from "#console/services.ts";
import { Empty, Mark, Since, Tag } from "../../parts/basics.tsx";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { cpus, mebibytes, plainState, shortTask, taskTone } from "../../parts/format.ts";
import { NodeLink, TaskLink } from "../../parts/links.tsx";
import { sortOf, useSearchWriter } from "../../parts/table-search.ts";

const stateWords = ({ state, healthy, ready, ending }: InstanceRow): string => {
  const words = [plainState(state)];
  if (healthy === false) words.push("unhealthy");
  if (healthy === true) words.push("healthy");
  if (ready === false) words.push("not ready");
  if (ending !== null) words.push(`ending: ${ending}`);
  return words.join(", ");
};

const columns: readonly Column<InstanceRow>[] = [
  {
    key: "state",
    title: "State",
    width: "minmax(170px, 0.9fr)",
    isSortable: true,
    cell: (row) => <Mark tone={row.healthy === false ? "bad" : taskTone(row.state)}>{stateWords(row)}</Mark>,
  },
  {
    key: "task",
    title: "Task",
    width: "minmax(190px, 1.3fr)",
    cell: ({ tasks, key }) => (
      <span className="row nowrap mono">
        {tasks.map(({ id, name }) => (
          <TaskLink key={id} taskKey={id}>
            {tasks.length > 1 ? name : shortTask(key)}
          </TaskLink>
        ))}
      </span>
    ),
  },
  {
    key: "nodeName",
    title: "Node",
    width: "minmax(110px, 0.6fr)",
    isSortable: true,
    cell: ({ nodeId, nodeName }) => <NodeLink id={nodeId}>{nodeName || nodeId}</NodeLink>,
  },
  {
    key: "addresses",
    title: "Addresses",
    width: "minmax(150px, 0.9fr)",
    cell: ({ addresses }) => <span className="mono">{addresses.join(" ") || "–"}</span>,
  },
  {
    key: "version",
    title: "Configuration",
    width: "minmax(110px, 0.5fr)",
    cell: ({ isCurrent }) => (isCurrent ? "current" : <Tag>older</Tag>),
  },
  {
    key: "cpusUsed",
    title: "Processors",
    width: "100px",
    isNumber: true,
    cell: ({ cpusUsed }) => (cpusUsed === null ? "–" : cpus(cpusUsed)),
  },
  {
    key: "memUsed",
    title: "Memory",
    width: "100px",
    isNumber: true,
    cell: ({ memUsed }) => (memUsed === null ? "–" : mebibytes(memUsed)),
  },
  {
    key: "stagedAtMs",
    title: "Started",
    width: "100px",
    isSortable: true,
    cell: ({ startedAtMs, stagedAtMs }) => <Since ms={startedAtMs ?? stagedAtMs} ago />,
  },
  {
    key: "checks",
    title: "Checks",
    width: "minmax(120px, 1fr)",
    cell: ({ checks }) => {
      const cause = checks.find(({ alive }) => alive === false)?.lastFailureCause;
      return (
        <span title={cause ?? undefined}>{cause ?? (checks.length === 0 ? "none" : `${checks.length}`)}</span>
      );
    },
  },
];

export function Instances({ view }: { readonly view: ServiceView }) {
  const write = useSearchWriter();
  const { service, rows, total, offset } = view;
  const isSuspended = service.wanted === 0;
  return (
    <DataTable
      label={`Instances of ${service.key}`}
      fill
      columns={columns}
      rows={rows}
      total={total}
      offset={offset}
      rowKey={(row) => row.key}
      sort={sortOf(undefined)}
      onSort={(sort) => write({ sort: `${sort.descending ? "-" : ""}${sort.by}` })}
      empty={
        <Empty
          title={isSuspended ? "It is suspended" : "No instance runs now"}
          action={
            isSuspended ? undefined : (
              <Link to="/services/$" params={{ _splat: service.key.slice(1) }} search={{ tab: "placement" }}>
                Why not placed
              </Link>
            )
          }
        >
          {isSuspended ? "It wants no instances: scale it to 1 or more, and it runs again." : service.why}
        </Empty>
      }
    />
  );
}
