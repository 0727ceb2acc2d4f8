/**
 * What a checker sees: everything that passes between the parts of a cluster, at the instant it happens.
 *
 * A checker only watches. What it finds wrong it hands to `report`; the run ends after that event.
 */

import type { AgentInput } from "#core/agent/types.ts";
import type { AppsInput } from "#core/apps/types.ts";
import type { MasterInput } from "#core/master/types.ts";
import type { ContainerId } from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import type { ExecutorKey, ExecutorUpdate } from "#model/protocol/executor.ts";
import type { Resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";

export type Report = (problem: string) => void;

export interface Checker {
  containerStarted?(hostName: string, spec: ContainerSpec): void;
  /** Its agent, just restarted, ended a container that still ran. */
  containerDestroyed?(hostName: string, spec: ContainerSpec): void;
  containerUpdated?(hostName: string, containerId: ContainerId, resources: Resources): void;
  /** In a custom executor. */
  taskStarted?(hostName: string, spec: TaskSpec): void;
  /** A custom executor hears that its agent keeps what it said. */
  executorUpdateKept?(hostName: string, executor: ExecutorKey, update: ExecutorUpdate): void;
  containerEnded?(hostName: string, containerId: ContainerId): void;
  fromAgent?(agentName: string, envelope: Envelope<AgentMessage>): void;
  fromMaster?(agentName: string, envelope: Envelope<MasterMessage>): void;
  agentWiped?(agentName: string): void;
  /** Before the input is decided. */
  agentInput?(agentName: string, input: AgentInput): void;
  masterInput?(input: MasterInput | AppsInput): void;
  masterStarted?(): void;
  afterEvent?(): void;
}
