/**
 * A task's states in time, its measure against its limits, and what it is.
 */

import type { TaskView } from "#console/tasks.ts";
import { Facts, Mark, Meter, Panel, Scroll, Since } from "../../parts/basics.tsx";
import { cpus, duration, mebibytes, plainState, taskTone } from "../../parts/format.ts";
import { FrameworkLink, NodeLink, RoleLink, ServiceLink } from "../../parts/links.tsx";
import { UsageCharts } from "../../parts/usage-charts.tsx";

export function TaskFacts({ view }: { readonly view: TaskView }) {
  const { task, usage } = view;
  return (
    <div className="grid">
      <Panel title="States" className="span-6">
        <States states={statesOf(view)} />
      </Panel>
      <Panel title="What it is" className="span-6">
        <Facts facts={factsOf(view)} />
      </Panel>
      <Panel title="Use against limits" className="span-12">
        <UseNow view={view} />
        <UsageCharts usage={usage} promised={task.resources} />
      </Panel>
      {view.checks.length === 0 ? null : (
        <Panel title="Checks" className="span-12">
          <Checks checks={view.checks} />
        </Panel>
      )}
    </div>
  );
}

type State = TaskView["statuses"][number];

/**
 * Of one state only the newest status is kept, with its health: the launch comes before all of them, and where the
 * events tell since when it runs, that is a state of its own.
 */
function statesOf({ task, statuses, events }: TaskView): readonly State[] {
  const bare = { reason: null, source: "", healthy: null, exit: null };
  const launched = { ...bare, state: "TASK_STAGING", atMs: task.launchedAtMs, message: "launched" };
  const ran = events.findLast(({ kind, tone }) => kind === "task" && tone === "good");
  return [
    ...(statuses[0]?.state === "TASK_STAGING" ? [] : [launched]),
    ...statuses.flatMap((status) => {
      const isLater = ran !== undefined && status.state === "TASK_RUNNING" && status.atMs - ran.atMs > 999;
      if (!isLater) return [status];
      return [{ ...bare, state: status.state, atMs: ran.atMs, message: "" }, status];
    }),
  ];
}

function States({ states }: { readonly states: readonly State[] }) {
  return (
    <ol className="states">
      {states.map(({ state, atMs, message, reason, exit, healthy }, index) => {
        const next = states[index + 1];
        return (
          <li key={`${state} ${atMs}`}>
            <Since ms={atMs} />
            <Mark tone={healthy === false ? "bad" : taskTone(state)}>
              {plainState(state)}
              {healthy === false ? ", unhealthy" : healthy === true ? ", healthy" : ""}
            </Mark>
            <span>
              {message} {exit === null ? null : <span className="tag">{exit}</span>}{" "}
              {reason === null ? null : (
                <span className="soft">{plainState(reason.replace(/^REASON_/, ""))}</span>
              )}
              {next === undefined ? null : <span className="soft"> for {duration(next.atMs - atMs)}</span>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function factsOf(view: TaskView): readonly (readonly [string, React.ReactNode])[] {
  const { task, role, executorId, command, image, user, addresses, ports } = view;
  return [
    ["Name", task.name],
    ["Service", task.service === null ? "–" : <ServiceLink key="service" id={task.service} />],
    ["Framework", <FrameworkLink key="framework" id={task.frameworkId} />],
    ["Role", <RoleLink key="role" name={role} />],
    [
      "Node",
      <NodeLink key="node" id={task.nodeId}>
        {task.nodeName || task.nodeId}
      </NodeLink>,
    ],
    ["Addresses", addresses.length === 0 ? "–" : addresses.join(", ")],
    ["Ports", ports.length === 0 ? "–" : ports.join(", ")],
    ["Image", image ?? "none: the host's files, read-only"],
    ["User", user ?? "an unprivileged one"],
    [
      "Command",
      command === null ? (
        "–"
      ) : (
        <code key="command" className="command">
          {command}
        </code>
      ),
    ],
    ...(executorId === null ? [] : [["Executor", executorId] as const]),
  ];
}

const limitWords = (limit: number | "unlimited", format: (value: number) => string): string =>
  limit === "unlimited" ? "no limit" : `limit ${format(limit)}`;

function UseNow({ view: { task, limits } }: { readonly view: TaskView }) {
  const wholeOf = (limit: number | "unlimited", promised: number) =>
    limit === "unlimited" ? promised : limit;
  return (
    <div className="pair use-now">
      <div>
        {task.cpusUsed === null ? "not measured" : cpus(task.cpusUsed)} of {cpus(task.resources.cpus)} cpus{" "}
        <span className="soft">({limitWords(limits.cpus, cpus)})</span>
        <Meter
          label="Processors"
          whole={wholeOf(limits.cpus, task.resources.cpus)}
          part={0}
          used={task.cpusUsed}
        />
      </div>
      <div>
        {task.memUsed === null ? "not measured" : mebibytes(task.memUsed)} of {mebibytes(task.resources.mem)}{" "}
        <span className="soft">({limitWords(limits.mem, mebibytes)})</span>
        <Meter label="Memory" whole={wholeOf(limits.mem, task.resources.mem)} part={0} used={task.memUsed} />
      </div>
    </div>
  );
}

const Checks = ({ checks }: Pick<TaskView, "checks">) => (
  <Scroll label="Checks">
    <table className="plain">
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col">Now</th>
          <th scope="col" className="number">
            Failures in a row
          </th>
          <th scope="col">Last success</th>
          <th scope="col">Last failure</th>
        </tr>
      </thead>
      <tbody>
        {checks.map(({ text, alive, consecutiveFailures, lastFailureCause, lastSuccessAtMs }) => (
          <tr key={text}>
            <th scope="row">{text}</th>
            <td>
              <Mark tone={alive === null ? "idle" : alive ? "good" : "bad"}>
                {alive === null ? "has not spoken yet" : alive ? "passes" : "fails"}
              </Mark>
            </td>
            <td className="number">{consecutiveFailures}</td>
            <td>
              <Since ms={lastSuccessAtMs} />
            </td>
            <td>{lastFailureCause ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
