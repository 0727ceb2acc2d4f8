/**
 * What a task's environment holds beside its own variables: Mesos's names for who and where it is.
 *
 * A task may say what `HOST` is, as in Marathon; the `MESOS_` names are ours and always true.
 */

import type { FrameworkId } from "#model/ids.ts";
import type { TaskSpec } from "#model/task.ts";

/** Where a container sees its sandbox; without a container the launcher puts the real path in its place. */
export const sandboxPath = "/mnt/mesos/sandbox";

export const containerEnvironment = (
  spec: TaskSpec,
  frameworkId: FrameworkId,
  hostname: string,
): Readonly<Record<string, string>> => ({
  HOST: hostname,
  ...spec.env,
  MESOS_TASK_ID: spec.taskId,
  // A command task is its own executor.
  MESOS_EXECUTOR_ID: spec.taskId,
  MESOS_FRAMEWORK_ID: frameworkId,
  MESOS_AGENT_ID: spec.agentId,
  // The older name of the same, which Mesos still sets.
  MESOS_SLAVE_ID: spec.agentId,
  MESOS_SANDBOX: sandboxPath,
});
