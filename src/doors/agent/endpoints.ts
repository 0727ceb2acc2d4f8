/**
 * The agent's own API: its health, what it holds, and the files of its tasks.
 */

import type { AgentState } from "#core/agent/state.ts";
import type { HeldTask } from "#core/agent/types.ts";
import type { FrameworkId } from "#model/ids.ts";
import type { Task } from "#model/task.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { type AgentStateView, type AgentTaskView, formatAgentState } from "#wire/mesos/agent-format.ts";
import { emptyAnswer, jsonAnswer } from "../answers.ts";
import type { AgentContext } from "../endpoint.ts";
import { browseFiles, debugFiles, downloadFile, readFile } from "./files.ts";

const read = (
  path: string,
  summary: string,
  handle: Endpoint<AgentContext>["handle"],
): Endpoint<AgentContext> => ({ method: "GET", path, permission: "read", summary, handle });

export const agentEndpoints: readonly Endpoint<AgentContext>[] = [
  {
    method: "GET",
    path: "/health",
    permission: "public",
    summary: "200 when the agent answers",
    handle: (_request, _context, respond) => respond(emptyAnswer(200)),
  },
  read("/state", "What the agent has and holds", showState),
  read("/files/browse", "The files of a directory: path", browseFiles),
  read("/files/read", "Part of a file: path, offset, length", readFile),
  read("/files/download", "A whole file: path", downloadFile),
  read("/files/debug", "Virtual paths and where they lead", debugFiles),
];

function showState(_request: DoorRequest, context: AgentContext, respond: Respond): void {
  context.agent.read(
    (state) => viewState(state, context),
    (view) => respond(jsonAnswer(200, formatAgentState(view))),
  );
}

function viewState(state: AgentState, context: AgentContext): AgentStateView {
  const { info, startedAtMs, sandboxPath } = context;
  const frameworks = new Map<FrameworkId, { tasks: AgentTaskView[]; completed: AgentTaskView[] }>();
  const partOf = (id: FrameworkId): { tasks: AgentTaskView[]; completed: AgentTaskView[] } => {
    const part = frameworks.get(id) ?? { tasks: [], completed: [] };
    frameworks.set(id, part);
    return part;
  };
  for (const held of state.tasks.values()) {
    const { taskId } = held.spec;
    const directory = sandboxPath(held.frameworkId, taskId);
    partOf(held.frameworkId).tasks.push({
      taskId,
      containerId: held.containerId,
      directory,
      task: asTask(held),
    });
  }
  for (const { taskId, frameworkId, containerId } of state.sandboxes.values()) {
    const directory = sandboxPath(frameworkId, taskId);
    partOf(frameworkId).completed.push({ taskId, containerId, directory, task: undefined });
  }
  return {
    agentId: state.identity?.agentId ?? "",
    info,
    version: info.version,
    startedAtMs,
    frameworks: [...frameworks].map(([frameworkId, part]) => ({ frameworkId, ...part })),
  };
}

/** The agent keeps no history of statuses; shown is the newest. */
const asTask = (held: HeldTask): Task => ({
  spec: held.spec,
  frameworkId: held.frameworkId,
  role: held.role,
  state: held.state,
  statuses: held.latest === undefined ? [] : [{ ...held.latest, containerId: held.containerId }],
  unackedUpdateId: undefined,
  launchedAtMs: held.launchedAtMs,
});
