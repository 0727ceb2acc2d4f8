/**
 * Executors: what runs the tasks of a framework on an agent.
 *
 * A task with a command of its own is run by the agent itself. A `custom` executor is a program of the
 * framework's own that runs many tasks in one container and talks to its agent; the `default` one is the agent
 * itself again, for groups of tasks that share a life. An executor is known by its framework, its agent and its id.
 */

import type { Artifact } from "#model/artifact.ts";
import type { ContainerNetwork } from "#model/container-network.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import type { Volume } from "#model/container-volume.ts";
import type { AgentId, ExecutorId, FrameworkId, RoleName } from "#model/ids.ts";
import type { Label } from "#model/resource.ts";
import { equalResources, type Resources } from "#model/resources.ts";
import type { SecretEnvironment } from "#model/secret.ts";
import { withoutSecretValues } from "#model/secret-values.ts";
import type { CommandSpec, Rlimit, RootFilesystem, TaskExit } from "#model/task.ts";

export type ExecutorSpec = {
  readonly executorId: ExecutorId;
  readonly kind: "custom" | "default";
  readonly name: string;
  /** Its own, held beside those of its tasks for as long as it lives. */
  readonly resources: Resources;
  readonly labels: readonly Label[];
  /** Fetched into its sandbox before it starts. */
  readonly artifacts?: readonly Artifact[] | undefined;
  /** What is started; absent for `default`. */
  readonly command: CommandSpec | undefined;
  readonly root: RootFilesystem;
  readonly user: string | undefined;
  /** Of each of its processes. */
  readonly rlimits?: readonly Rlimit[] | undefined;
  /** Beside the persistent ones among its resources. */
  readonly volumes?: readonly Volume[] | undefined;
  /** Of a default executor: that of its tasks' containers. Absent: the host's. */
  readonly network?: ContainerNetwork | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Further variables, which nobody but the executor sees. */
  readonly secretEnv?: SecretEnvironment | undefined;
  readonly settings?: ContainerSettings | undefined;
  /** Between being asked to end and being killed. */
  readonly shutdownGraceMs: number;
  /** As its framework wrote it, in base64 and opaque here: what it is told of itself. */
  readonly handed: string;
};

/**
 * Whether both describe one executor, as Mesos compares them: however they are written, whatever the order of
 * the variables, and whatever they say of labels and of the grace.
 */
export const equalExecutors = (left: ExecutorSpec, right: ExecutorSpec): boolean =>
  equalResources(left.resources, right.resources) && identityOf(left) === identityOf(right);

/** Values of secrets are not compared: who was told of an executor by its agent does not know them. */
function identityOf(described: ExecutorSpec): string {
  const { env, ...spec } = withoutSecretValues(described);
  return JSON.stringify([
    { ...spec, resources: 0, labels: 0, shutdownGraceMs: 0, handed: 0 },
    Object.entries(env).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ]);
}

/** An executor as the master knows it: from the first of its tasks until its agent says that it is gone. */
export type Executor = {
  readonly spec: ExecutorSpec;
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  /** To which its resources are allocated. */
  readonly role: RoleName;
  readonly launchedAtMs: number;
};

/** How an executor ended, as far as it is known. */
export type ExecutorEnd = { readonly exit: TaskExit | undefined; readonly message: string };
