/**
 * The columns of tasks, wherever tasks are listed.
 */

import type { TaskRow } from "#console/tasks.ts";
import { Mark, Since } from "../../parts/basics.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { cpus, mebibytes, plainState, shortTask, taskTone } from "../../parts/format.ts";
import { NodeLink, ServiceLink, TaskLink } from "../../parts/links.tsx";

export const TaskState = ({ state, healthy }: Pick<TaskRow, "state" | "healthy">) => (
  <Mark tone={healthy === false ? "bad" : taskTone(state)}>
    {plainState(state)}
    {healthy === false ? ", unhealthy" : ""}
  </Mark>
);

const ended: Column<TaskRow> = {
  key: "endedAtMs",
  title: "Ended",
  width: "100px",
  isSortable: true,
  cell: (row) => <Since ms={row.endedAtMs} ago />,
};

/** Of tasks that ended, too. */
export const allTaskColumns = (): readonly Column<TaskRow>[] => {
  const last = taskColumns.length - 1;
  return [...taskColumns.slice(0, last), ended, ...taskColumns.slice(last)];
};

export const taskColumns: readonly Column<TaskRow>[] = [
  {
    key: "name",
    title: "Task",
    width: "minmax(180px, 1.3fr)",
    isSortable: true,
    cell: (row) => (
      <span title={row.id} className="mono">
        <TaskLink taskKey={row.key}>{shortTask(row.id)}</TaskLink>
      </span>
    ),
  },
  {
    key: "state",
    title: "State",
    width: "minmax(150px, 0.8fr)",
    isSortable: true,
    cell: (row) => <TaskState state={row.state} healthy={row.healthy} />,
  },
  {
    key: "service",
    title: "Service",
    width: "minmax(120px, 1fr)",
    cell: ({ service }) => (service === null ? "–" : <ServiceLink id={service} />),
  },
  {
    key: "nodeName",
    title: "Node",
    width: "minmax(110px, 0.7fr)",
    isSortable: true,
    cell: (row) => <NodeLink id={row.nodeId}>{row.nodeName || row.nodeId}</NodeLink>,
  },
  {
    key: "cpusUsed",
    title: "Processors",
    width: "120px",
    isNumber: true,
    isSortable: true,
    cell: (row) => used(row.cpusUsed, row.resources.cpus, cpus),
  },
  {
    key: "memUsed",
    title: "Memory",
    width: "150px",
    isNumber: true,
    isSortable: true,
    cell: (row) => used(row.memUsed, row.resources.mem, mebibytes),
  },
  {
    key: "launchedAtMs",
    title: "Launched",
    width: "100px",
    isSortable: true,
    cell: (row) => <Since ms={row.launchedAtMs} ago />,
  },
  {
    key: "message",
    title: "Last words",
    width: "minmax(140px, 1.4fr)",
    cell: ({ message }) => <span title={message}>{message}</span>,
  },
];

const used = (value: number | null, whole: number, format: (value: number) => string) => (
  <span>
    {value === null ? "–" : format(value)}
    <span className="soft"> of {format(whole)}</span>
  </span>
);
