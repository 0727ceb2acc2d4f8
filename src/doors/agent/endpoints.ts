/**
 * The agent's own API: its health, what it holds, and the files of its tasks.
 */

import type { AgentState } from "#core/agent/state.ts";
import type { FrameworkId } from "#model/ids.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { type AgentStateView, type AgentTaskView, formatAgentState } from "#wire/mesos/agent-format.ts";
import { emptyAnswer } from "../answers.ts";
import type { AgentContext } from "../endpoint.ts";
import { agentMesosEndpoints } from "../mesos/agent/endpoints.ts";
import { asTask } from "../mesos/agent/view.ts";
import { shownAnswer } from "../mesos/jsonp.ts";
import { viewAgentFlags } from "../views/agent-flags.ts";
import { browseFiles, debugFiles, downloadFile, readFile } from "./files.ts";

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
  ...agentMesosEndpoints,
];

function showState(request: DoorRequest, context: AgentContext, respond: Respond): void {
  context.agent.read(
    (state) => viewState(state, context),
    (view) => respond(shownAnswer(request, formatAgentState(view))),
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
    masterHostname: context.masterAddress?.replace(/:\d+$/, ""),
    flags: viewAgentFlags(info),
    frameworks: [...frameworks].map(([frameworkId, part]) => ({ frameworkId, ...part })),
  };
}
