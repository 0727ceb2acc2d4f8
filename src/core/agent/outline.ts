/**
 * What is kept of a task that is no longer to be run: enough to say what it was and what became of it.
 *
 * Never holds what only running it needs, its environment and its secrets least of all.
 */

import { limits } from "#base/limits.ts";
import type { TaskCheck, TaskHealthCheck, TaskSpec } from "#model/task.ts";
import type { EndedTask } from "./records.ts";
import { bytesOfSpec } from "./state.ts";
import type { HeldTask } from "./types.ts";

/** Of one that is too large, which what is kept of it until its end is acknowledged may not be either. */
export const outlineOf = ({
  taskId,
  name,
  agentId,
  resources,
  limits: bounds,
  killGraceMs,
  executorId,
  groupId,
}: TaskSpec): TaskSpec => ({
  taskId,
  name: name.slice(0, limits.idLengthMax),
  agentId,
  resources,
  limits: bounds,
  command: { kind: "shell", text: "" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  labels: {},
  ports: [],
  killGraceMs,
  healthCheck: undefined,
  ...(executorId === undefined ? {} : { executorId }),
  ...(groupId === undefined ? {} : { groupId }),
});

/** Of one that has ended, as long as its files are kept. */
export function remembered({ spec, role, state, launchedAtMs, latest }: HeldTask): EndedTask {
  const { secretEnv: _secrets, artifacts: _artifacts, handed: _handed, settings: _settings, ...rest } = spec;
  const { healthCheck, check } = spec;
  const shown: TaskSpec = {
    ...{ ...rest, env: {}, healthCheck: healthCheck && withoutEnvironment(healthCheck) },
    ...(check === undefined ? {} : { check: withoutEnvironment(check) }),
  };
  const kept = bytesOfSpec(shown) <= limits.endedTaskBytesMax ? shown : outlineOf(spec);
  return { spec: kept, role, state, launchedAtMs, latest };
}

const withoutEnvironment = <Checked extends TaskHealthCheck | TaskCheck>(checked: Checked): Checked =>
  "env" in checked ? { ...checked, env: undefined } : checked;
