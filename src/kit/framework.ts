/**
 * What a framework writer brings to the kit, and what the kit gives in return.
 *
 * A framework under test is a process: it may end at any time and is then started anew, with nothing but what it stored.
 * All that it needs of the world comes through `FrameworkWorld`; clocks and chance of its own would make a seed
 * unrepeatable, and throw.
 */

import type { Json, SchedulerCall, SchedulerEvent } from "./v1.ts";

export interface Framework<Process extends FrameworkProcess = FrameworkProcess> {
  readonly name: string;
  /** Called at each start of the process; it subscribes with `world.call`. */
  start(world: FrameworkWorld): Process;
}

export interface FrameworkProcess {
  /** Of the subscription that is open. */
  event(event: SchedulerEvent): void;
  /** The subscription has ended; `subscribe` again, if you please. */
  disconnected?(): void;
}

export interface FrameworkWorld {
  /**
   * Sends a call to whoever leads. Nothing comes back, and it may be lost: as with an HTTP request whose answer never came.
   * A SUBSCRIBE that comes through is followed by a `SUBSCRIBED` event.
   */
  call(call: SchedulerCall): void;
  nowMs(): number;
  /** Returns how to cancel it; forgotten when the process ends. */
  after(delayMs: number, run: () => void): () => void;
  /** From 0 to 1, 1 not included; the same for the same seed. */
  random(): number;
  /** Outlives the process; what is set is safe at once. */
  readonly storage: Storage;
  /** A line of the trace. */
  log(text: string): void;
}

export interface Storage {
  get(key: string): Json | undefined;
  set(key: string, value: Json): void;
  delete(key: string): void;
}

/** What really is, whatever anybody believes: for invariants to look at. */
export type View<Process = FrameworkProcess> = {
  readonly nowMs: number;
  /** While it runs. */
  readonly process: Process | undefined;
  readonly storage: Storage;
  /** Of the framework's tasks those that run now. */
  readonly running: readonly RunningTask[];
  /** By task id: how often a task of this id has been started. */
  readonly starts: ReadonlyMap<string, number>;
};

export type RunningTask = {
  readonly taskId: string;
  readonly agentName: string;
  readonly startedAtMs: number;
};

/** What is wrong, if anything is. */
export type Invariant<Process = FrameworkProcess> = (view: View<Process>) => string | undefined;

/** What may happen to the cluster and to the framework. */
export const faultNames = [
  /** The framework's process ends and is started anew; calls are lost; subscriptions break. */
  "framework",
  /** Messages between masters and agents are lost, doubled, late. */
  "network",
  /** Agents end, lose power, lose their disks, are marked gone. */
  "agents",
  /** Masters end, are paused, lose their leadership; another takes over. */
  "masters",
  /** Disks and the masters' shared store are slow and fail. */
  "stores",
  /** Some cannot reach some, in one direction or both. */
  "partitions",
  /** Clocks are off, and jump. */
  "clocks",
  /** Tasks fail to start, end by themselves, are killed from outside. */
  "tasks",
] as const;

export type FaultName = (typeof faultNames)[number];
