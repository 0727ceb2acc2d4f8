/**
 * Instances: the places of an app or a pod that are filled with tasks: of an app one, of a pod one for each
 * of its containers, which live and die together.
 *
 * An instance is kept by the id of its first task. It is stored before anything is launched, so that no restart
 * launches it twice or forgets it.
 */

import type { FaultDomain } from "#model/agent.ts";
import type { NetworkStatus } from "#model/container-network.ts";
import type { AgentId, AppId, TaskId, VersionId } from "#model/ids.ts";
import type { CheckResult } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";

export type CheckHealth = {
  /** Undefined until the first result. */
  readonly alive: boolean | undefined;
  readonly consecutiveFailures: number;
  readonly firstSuccessAtMs: number | undefined;
  readonly lastSuccessAtMs: number | undefined;
  readonly lastFailureAtMs: number | undefined;
  readonly lastFailureCause: string | undefined;
};

export type Instance = {
  /** Of its first task; of an app there is no other. */
  readonly taskId: TaskId;
  readonly appId: AppId;
  /** The version whose configuration it runs. */
  readonly version: VersionId;
  readonly agentId: AgentId;
  readonly agentName: string;
  readonly hostname: string;
  /** Those of its agent when it was placed; absent: none. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly domain?: FaultDomain | undefined;
  /** At which its ports are reached. */
  readonly address: string | undefined;
  /** Those that it is in; absent: the host's. */
  readonly networks?: readonly NetworkStatus[] | undefined;
  /** Of a pod: those of all its containers, in their order. */
  readonly ports: readonly number[];
  /** Of a pod: what follows from the states of its containers. */
  readonly state: TaskState;
  readonly stagedAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly unreachableAtMs: number | undefined;
  /** When it first passed its app's readiness check. */
  readonly readyAtMs?: number | undefined;
  /** Why we asked for its end, once we did; the kill is repeated until all of its tasks are gone. */
  readonly killing:
    | {
        readonly reason: string;
        readonly sinceMs: number;
        /** Its user wants another in its place, not itself again. */
        readonly wiped?: true | undefined;
      }
    | undefined;
  /** Of a pod, in the order of its definition; absent: it is an app's. */
  readonly containers?: readonly InstanceContainer[] | undefined;
};

/** One of a pod's containers in one of its instances. */
export type InstanceContainer = {
  /** As the pod's definition calls it. */
  readonly name: string;
  readonly taskId: TaskId;
  readonly state: TaskState;
  /** Since when it is in this state. */
  readonly sinceMs: number;
  readonly startedAtMs: number | undefined;
  /** The host ports of its endpoints, for those that have one. */
  readonly ports: readonly number[];
  /** What its check by the agent last found; it decides nothing. */
  readonly checkResult?: CheckResult | undefined;
  /** How it ended, once it did. */
  readonly end?: { readonly exitCode: number | undefined; readonly message: string } | undefined;
};

export type TaskFailure = {
  readonly appId: AppId;
  readonly taskId: TaskId;
  readonly state: TaskState;
  readonly message: string;
  readonly hostname: string;
  readonly agentId: AgentId;
  readonly version: VersionId;
  readonly timestampMs: number;
  /** Of a pod: when the instance started, if it did, and what became of each of its containers by then. */
  readonly startedAtMs?: number | undefined;
  readonly containers?: readonly InstanceContainer[] | undefined;
};

/** `web.instance-<uuid>`: what its tasks' ids begin with. */
export const instanceIdOf = ({ taskId }: Pick<Instance, "taskId">): string =>
  taskId.replace(/\.[^.]+\.\d+$/, "");

/** What an instance's id is made of. The last mark parts it: an app's own name may have one as well. */
export function splitInstanceId(id: string): { readonly stem: string; readonly uuid: string } | undefined {
  const mark = ".instance-";
  const at = id.lastIndexOf(mark);
  return at <= 0 ? undefined : { stem: id.slice(0, at), uuid: id.slice(at + mark.length) };
}

export const taskIdsOf = ({ taskId, containers }: Instance): readonly TaskId[] =>
  containers === undefined ? [taskId] : containers.map((container) => container.taskId);

/** Of those that have not ended. */
export const liveTaskIdsOf = ({ taskId, containers }: Instance): readonly TaskId[] =>
  containers === undefined
    ? [taskId]
    : containers.filter(({ state }) => !isOver(state)).map((container) => container.taskId);

/** `unknown`: the master never heard of it, or no longer does; nothing will come of it. */
export const isOver = (state: TaskState): boolean => isTerminal(state) || state === "unknown";

/** The first of these that one of them is in is the state of all. Finished ones leave it to the others. */
const precedence: readonly TaskState[] = [
  "error",
  "failed",
  "gone",
  "gone-by-operator",
  "lost",
  "dropped",
  "unknown",
];
const livePrecedence: readonly TaskState[] = ["unreachable", "killing", "staging", "starting", "running"];

/** While any has not ended, how those are that have not; then how they ended. */
export function stateOfAll(containers: readonly InstanceContainer[]): TaskState {
  const states: ReadonlySet<TaskState> = new Set(containers.map(({ state }) => state));
  const isIn = (state: TaskState): boolean => states.has(state);
  return livePrecedence.find(isIn) ?? precedence.find(isIn) ?? (isIn("killed") ? "killed" : "finished");
}
