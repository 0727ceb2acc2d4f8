/**
 * The agent's own API: its health, what it holds, and the files of its tasks.
 */

import type { AgentState } from "#core/agent/state.ts";
import type { HeldTask } from "#core/agent/types.ts";
import { listExecutors } from "#core/agent/views.ts";
import { executorId, type FrameworkId } from "#model/ids.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { type AgentExecutorView, type AgentStateView, formatAgentState } from "#wire/mesos/agent-format.ts";
import { emptyAnswer } from "../answers.ts";
import type { AgentContext } from "../endpoint.ts";
import { directoryOf } from "../log-directory.ts";
import { agentMesosEndpoints } from "../mesos/agent/endpoints.ts";
import { asTask, endedTask } from "../mesos/agent/view.ts";
import { shownAnswer } from "../mesos/jsonp.ts";
import { viewAgentFlags } from "../views/agent-flags.ts";
import { browseFiles, debugFiles, downloadFile, readFile } from "./files.ts";
import { followLog } from "./follow-log.ts";
import { openTerminal, typeIntoTerminal } from "./terminals.ts";

const read = (
  path: string,
  summary: string,
  handle: Endpoint<AgentContext>["handle"],
): Endpoint<AgentContext> => ({ method: "GET", path, permission: "read", summary, handle });

const health = (path: string): Endpoint<AgentContext> => ({
  method: "GET",
  path,
  permission: "public",
  summary: "200 when the agent answers",
  handle: (_request, _context, respond) => respond(emptyAnswer(200)),
});

export const agentEndpoints: readonly Endpoint<AgentContext>[] = [
  health("/health"),
  health("/slave(1)/health"),
  read("/state", "What the agent has and holds", showState),
  read("/state.json", "The same, under its oldest name", showState),
  read("/slave(1)/state", "The same, under its process's name", showState),
  read("/slave(1)/state.json", "The same, under its process's oldest name", showState),
  read("/files/browse", "The files of a directory: path", browseFiles),
  read("/files/read", "Part of a file: path, offset, length", readFile),
  read("/files/download", "A whole file: path", downloadFile),
  read("/files/debug", "Virtual paths and where they lead", debugFiles),
  read("/unum/v1/log", "A file as it grows, as server-sent events: path, tail or offset, follow", followLog),
  {
    method: "POST",
    path: "/unum/v1/terminals",
    permission: "write",
    summary: "A terminal in a task's container; its output is the answer, in lines of JSON",
    handle: openTerminal,
  },
  {
    method: "POST",
    path: "/unum/v1/terminals/:terminal/input",
    permission: "write",
    summary: "What is typed into a terminal, in numbered pieces",
    handle: typeIntoTerminal,
  },
  ...agentMesosEndpoints,
];

function showState(request: DoorRequest, context: AgentContext, respond: Respond): void {
  context.agent.read(
    (state) => viewState(state, context),
    (view) => respond(shownAnswer(request, formatAgentState(view))),
  );
}

type Part = { executors: AgentExecutorView[]; completed: AgentExecutorView[] };

function viewState(state: AgentState, context: AgentContext): AgentStateView {
  const { info, startedAtMs, sandboxPath } = context;
  const frameworks = new Map<FrameworkId, Part>();
  const partOf = (id: FrameworkId): Part => {
    const part = frameworks.get(id) ?? { executors: [], completed: [] };
    frameworks.set(id, part);
    return part;
  };
  for (const held of state.tasks.values())
    if (held.spec.executorId === undefined)
      partOf(held.frameworkId).executors.push(viewTask(held, sandboxPath));
  for (const { executor, tasks } of listExecutors(state)) {
    const { spec, frameworkId, containerId, role } = executor;
    const directory = sandboxPath(frameworkId, spec.executorId);
    partOf(frameworkId).executors.push({
      ...{ executorId: spec.executorId, containerId, directory, spec, role },
      tasks: tasks.filter(({ phase }) => phase === "running" || phase === "killing").map(asTask),
      queuedTasks: tasks.filter(({ phase }) => phase === "launching").map(asTask),
      completedTasks: tasks.filter(({ phase }) => phase === "ended").map(asTask),
    });
  }
  for (const sandbox of state.sandboxes.values()) {
    const { executorId: id, frameworkId, containerId } = sandbox;
    const directory = sandboxPath(frameworkId, id);
    const task = endedTask(sandbox);
    partOf(frameworkId).completed.push({
      ...{ executorId: id, containerId, directory, role: task?.role, ...noTasks },
      completedTasks: task === undefined ? [] : [task],
    });
  }
  return {
    agentId: state.identity?.agentId ?? "",
    info,
    version: info.version,
    startedAtMs,
    masterHostname: context.masterAddress?.replace(/:\d+$/, ""),
    logDirectory: directoryOf(context.logFile),
    flags: viewAgentFlags(context),
    frameworks: [...frameworks].map(([frameworkId, part]) => ({ frameworkId, ...part })),
  };
}

const noTasks = { tasks: [], queuedTasks: [], completedTasks: [] };

/** A task that brought no executor is shown with one of its own, whatever it is up to. */
function viewTask(held: HeldTask, sandboxPath: AgentContext["sandboxPath"]): AgentExecutorView {
  const id = executorId(held.spec.taskId);
  return {
    ...noTasks,
    executorId: id,
    containerId: held.containerId,
    directory: sandboxPath(held.frameworkId, id),
    role: held.role,
    tasks: [asTask(held)],
  };
}
