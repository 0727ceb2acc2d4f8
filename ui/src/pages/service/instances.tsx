/**
 * The instances of a service: where each runs, how it is, and whether it has the configuration that is wanted.
 */

import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
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

/** `frameworkId`: with a task's id it is its address; empty as long as nobody knows it. */
const columnsOf = (frameworkId: string): readonly Column<InstanceRow>[] => [
  {
    key: "state",
    title: "State",
    width: "minmax(165px, 0.9fr)",
    isSortable: true,
    cell: (row) => <Mark tone={row.healthy === false ? "bad" : taskTone(row.state)}>{stateWords(row)}</Mark>,
  },
  {
    key: "task",
    title: "Task",
    width: "minmax(155px, 1.2fr)",
    cell: ({ tasks, key }) => (
      <span className="row nowrap mono">
        {tasks.map(({ id, name }) => (
          <TaskLink key={id} taskKey={keyOf(frameworkId, id)}>
            {tasks.length > 1 ? name : shortTask(key)}
          </TaskLink>
        ))}
      </span>
    ),
  },
  {
    key: "nodeName",
    title: "Node",
    width: "minmax(80px, 0.6fr)",
    isSortable: true,
    cell: ({ nodeId, nodeName }) => <NodeLink id={nodeId}>{nodeName || nodeId}</NodeLink>,
  },
  {
    key: "addresses",
    title: "Addresses",
    width: "minmax(158px, 0.9fr)",
    cell: ({ addresses }) => <span className="mono">{addresses.join(" ") || "–"}</span>,
  },
  {
    key: "version",
    title: "Version",
    width: "minmax(84px, 0.4fr)",
    cell: ({ isCurrent }) => (isCurrent ? "current" : <Tag>older</Tag>),
  },
  {
    key: "cpusUsed",
    title: "Processors",
    width: "104px",
    isNumber: true,
    cell: ({ cpusUsed }) => (cpusUsed === null ? "–" : cpus(cpusUsed)),
  },
  {
    key: "memUsed",
    title: "Memory",
    width: "84px",
    isNumber: true,
    cell: ({ memUsed }) => (memUsed === null ? "–" : mebibytes(memUsed)),
  },
  {
    key: "stagedAtMs",
    title: "Started",
    width: "110px",
    isSortable: true,
    cell: ({ startedAtMs, stagedAtMs }) => <Since ms={startedAtMs ?? stagedAtMs} ago />,
  },
  {
    key: "checks",
    title: "Checks",
    width: "minmax(80px, 0.9fr)",
    cell: ({ checks }) => {
      const cause = checks.find(({ alive }) => alive === false)?.lastFailureCause;
      const words =
        checks.length === 0 ? "none yet" : checks.some(({ alive }) => alive === null) ? "not yet" : "pass";
      return <span title={cause ?? undefined}>{cause ?? words}</span>;
    },
  },
];

const keyOf = (frameworkId: string, id: string): string => (frameworkId === "" ? id : `${frameworkId}/${id}`);

type Props = {
  readonly view: ServiceView;
  readonly sort: string | undefined;
  readonly onWindow: (offset: number) => void;
};

export function Instances({ view, sort, onWindow }: Props) {
  const write = useSearchWriter();
  const { service, rows, total, offset, frameworkId } = view;
  const columns = useMemo(() => columnsOf(frameworkId), [frameworkId]);
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
      onWindow={onWindow}
      sort={sortOf(sort)}
      onSort={(next) => write({ sort: `${next.descending ? "-" : ""}${next.by}` })}
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
