/**
 * What happens in the master while it happens: counted for metrics, and told to the readers of operators'
 * streams.
 *
 * One for a program, which hands its loop's inputs and records in. Counts begin at zero with the process, as
 * Mesos's do. Listeners hear of a change when it is durable, in order with every other answer.
 */

import type { AppsInput } from "#core/apps/types.ts";
import type { MasterRecord } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput } from "#core/master/types.ts";
import type { TaskState } from "#model/task-state.ts";
import { changesOf, type MasterChange } from "./changes.ts";

export type ChangeListener = (changes: readonly MasterChange[]) => void;

/** Since the start of the process. */
export type MasterCounts = {
  readonly tasksLaunched: number;
  readonly tasksEnded: ReadonlyMap<TaskState, number>;
  readonly agentsRegistered: number;
  readonly agentsReregistered: number;
  readonly agentsLost: number;
  readonly agentsGone: number;
  readonly allocationRuns: number;
  readonly statusUpdates: number;
  /** By the type of a scheduler call. */
  readonly calls: ReadonlyMap<string, number>;
  readonly subscribers: number;
};

type Count = Exclude<keyof MasterCounts, "tasksEnded" | "calls" | "subscribers">;

export class MasterWatch {
  readonly #listeners = new Set<ChangeListener>();
  /** Of our own, which are no subscribers. */
  readonly #ownListeners = new Set<ChangeListener>();
  readonly #counts = new Map<Count, number>();
  readonly #ended = new Map<TaskState, number>();
  readonly #calls = new Map<string, number>();

  /** For the node's `observe`; the app service's inputs are not counted. */
  readonly input = (input: MasterInput | AppsInput): void => {
    if (input.type === "call") increment(this.#calls, input.call.type);
    if (input.type === "agent-message" && input.envelope.message.type === "update")
      increment(this.#counts, "statusUpdates");
  };

  /** For the loop's `watch`. */
  readonly records = (state: MasterState, records: readonly MasterRecord[]): (() => void) | undefined => {
    for (const record of records) this.#count(state, record);
    const changes = changesOf(state, records);
    for (const change of changes) this.#countChange(change);
    if (changes.length === 0 || this.#listeners.size + this.#ownListeners.size === 0) return undefined;
    return () => {
      for (const listener of [...this.#ownListeners, ...this.#listeners]) listener(changes);
    };
  };

  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** For what belongs to the program. */
  listen(listener: ChangeListener): void {
    this.#ownListeners.add(listener);
  }

  counts(): MasterCounts {
    const of = (name: Count): number => this.#counts.get(name) ?? 0;
    return {
      tasksLaunched: of("tasksLaunched"),
      tasksEnded: new Map(this.#ended),
      agentsRegistered: of("agentsRegistered"),
      agentsReregistered: of("agentsReregistered"),
      agentsLost: of("agentsLost"),
      agentsGone: of("agentsGone"),
      allocationRuns: of("allocationRuns"),
      statusUpdates: of("statusUpdates"),
      calls: new Map(this.#calls),
      subscribers: this.#listeners.size,
    };
  }

  #count(state: MasterState, record: MasterRecord): void {
    if (record.value === undefined) return;
    if (record.kind === "allocation-cycle") increment(this.#counts, "allocationRuns");
    if (record.kind === "completed-task" && !state.tables["completed-task"].has(record.id))
      increment(this.#ended, record.value.task.state);
  }

  #countChange(change: MasterChange): void {
    switch (change.type) {
      case "task-added":
        // Tasks that an agent brings back were launched before.
        if (change.task.state === "staging") increment(this.#counts, "tasksLaunched");
        return;
      case "agent-added":
        return increment(this.#counts, change.isNew ? "agentsRegistered" : "agentsReregistered");
      case "agent-removed":
        return increment(this.#counts, change.isGone ? "agentsGone" : "agentsLost");
      default:
        return;
    }
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
