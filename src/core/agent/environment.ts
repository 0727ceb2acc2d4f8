/**
 * What the environment of a task or an executor holds beside its own variables: Mesos's names for who and where
 * it is.
 *
 * A task may say what `HOST` is, as in Marathon; the `MESOS_` names are ours and always true.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { AgentId } from "#model/ids.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";

/** Where a container sees its sandbox; without a container the launcher puts the real path in its place. */
export const sandboxPath = "/mnt/mesos/sandbox";

type Environment = Readonly<Record<string, string>>;

export const taskEnvironment = (
  { spec, frameworkId, role }: HeldTask,
  { hostname, endpoint }: AgentInfo,
): Environment => ({
  HOST: hostname,
  ...spec.env,
  MESOS_ALLOCATION_ROLE: role,
  // The host's; who makes a network for the container puts the address in it in its place.
  MESOS_CONTAINER_IP: endpoint.address,
  MESOS_TASK_ID: spec.taskId,
  // A command task is its own executor.
  MESOS_EXECUTOR_ID: spec.executorId ?? spec.taskId,
  MESOS_FRAMEWORK_ID: frameworkId,
  MESOS_AGENT_ID: spec.agentId,
  // The older name of the same, which Mesos still sets.
  MESOS_SLAVE_ID: spec.agentId,
  MESOS_SANDBOX: sandboxPath,
  MESOS_DIRECTORY: sandboxPath,
});

/** What Mesos's executor libraries start from. */
export function executorEnvironment(held: HeldExecutor, agentId: AgentId, info: AgentInfo): Environment {
  const endpoint = `${info.endpoint.address}:${info.endpoint.port}`;
  const { spec, framework } = held;
  return {
    HOST: info.hostname,
    ...spec.env,
    MESOS_FRAMEWORK_ID: held.frameworkId,
    MESOS_EXECUTOR_ID: spec.executorId,
    MESOS_AGENT_ID: agentId,
    MESOS_SLAVE_ID: agentId,
    MESOS_SLAVE_PID: `slave(1)@${endpoint}`,
    MESOS_AGENT_ENDPOINT: endpoint,
    MESOS_SANDBOX: sandboxPath,
    MESOS_DIRECTORY: sandboxPath,
    MESOS_CHECKPOINT: framework.checkpoint ? "1" : "0",
    ...(framework.checkpoint
      ? { MESOS_RECOVERY_TIMEOUT: "15mins", MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs" }
      : {}),
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: formatMs(spec.shutdownGraceMs),
    MESOS_HTTP_COMMAND_EXECUTOR: "0",
    MESOS_EXECUTOR_AUTHENTICATION_TOKEN: held.token,
  };
}

/** In Mesos's words for durations: whole seconds as such. */
const formatMs = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}secs` : `${ms}ms`);
