/**
 * The one loop: it takes the inputs that have arrived, lets the room decide and apply each, hands the
 * batch's durable rows to the store, and lets effects and answers go only when the store says durable.
 *
 * Invariants: nothing overtakes an earlier batch; a read sees what is applied but is answered only when that
 * is durable; nothing is decided or read while another may have taken over the store; after a failed commit or a
 * failed assertion nothing more leaves, and `fatal` is called once.
 * The loop never interprets a record, an effect or an answer.
 */

import { limits } from "#base/limits.ts";
import type { Chance } from "#base/random.ts";
import type { Cancel, Clock } from "#ports/clock.ts";
import { type Rejection, type Room, type Row, reject } from "#ports/room.ts";
import type { Store, StoredRow } from "#ports/store.ts";
import { Outbox } from "./outbox.ts";
import { applyStoredRows, encodeRow } from "./rows.ts";

export type LoopOptions<State, Input, Record extends Row, Effect, Answer> = {
  readonly room: Room<State, Input, Record, Effect, Answer>;
  readonly state: State;
  readonly store: Store;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly perform: (effect: Effect) => void;
  /** The process must forget its state and end; its supervisor starts it from the store. */
  readonly fatal: (reason: string) => void;
  /** Sees every input before it is decided: for digests, traces and recordings. */
  readonly observe?: (input: Input) => void;
  /**
   * Sees a decision's records before they are applied, beside the state of before; what it returns is called
   * when they are durable, in order with everything else that leaves.
   */
  readonly watch?: (state: State, records: readonly Record[]) => (() => void) | undefined;
};

export type Done<Answer> = (outcome: Answer | Rejection | undefined) => void;

export interface Loop<State, Input, Answer> {
  /** Queues an input. With `done` it is a user's: it may be turned away when the queue is full. */
  submit(input: Input, done?: Done<Answer>): void;
  read<View>(view: (state: State, nowMs: number) => View, done: (view: View) => void): void;
  /** Inputs waiting; senders whose messages may be lost look here and drop them when it is long. */
  backlog(): number;
  /** Nothing is decided, performed or answered any more. */
  stop(): void;
}

/** Loads the room's rows from the store, applies them, and then runs. `ready` is called once, or `fatal` is. */
export function startLoop<State, Input, Record extends Row, Effect, Answer>(
  options: LoopOptions<State, Input, Record, Effect, Answer>,
  ready: (loop: Loop<State, Input, Answer>) => void,
): void {
  options.store.load(Object.keys(options.room.kinds), (outcome) => {
    if (!outcome.ok) return options.fatal(`${options.room.name}: cannot load its state: ${outcome.reason}`);
    const problem = applyStoredRows(options.room, options.state, outcome.rows);
    if (problem !== undefined) return options.fatal(`${options.room.name}: ${problem}`);
    ready(new RoomLoop(options));
  });
}

type Queued<Input, Answer> = { readonly input: Input; readonly done: Done<Answer> | undefined };

/** Leaves room for what one more input may add: `limits` asserts that no decision writes more than half. */
const batchRowsMax = limits.loopBatchRowsMax;

/** Rows of class `behind` wait at most this long for a durable batch to travel with. */
const behindDelayMs = 200;

class RoomLoop<State, Input, Record extends Row, Effect, Answer> implements Loop<State, Input, Answer> {
  readonly #options: LoopOptions<State, Input, Record, Effect, Answer>;
  readonly #outbox: Outbox;
  #queue: Queued<Input, Answer>[] = [];
  #behind = new Map<string, StoredRow>();
  #behindTimer: Cancel | undefined;
  #wake: { readonly atMs: number; readonly cancel: Cancel } | undefined;
  #lastTickAtMs = Number.NEGATIVE_INFINITY;
  #scheduled = false;
  #stopped = false;

  constructor(options: LoopOptions<State, Input, Record, Effect, Answer>) {
    this.#options = options;
    this.#outbox = new Outbox(options.store, {
      failed: (reason) => this.#fail(`the store failed: ${reason}`),
      drained: () => this.#schedule(),
    });
  }

  submit(input: Input, done?: Done<Answer>): void {
    if (this.#stopped) return;
    if (done !== undefined && this.#queue.length >= limits.loopQueueMax) {
      return done(reject("unavailable", "too many requests are waiting; try again in a moment"));
    }
    this.#queue.push({ input, done });
    this.#schedule();
  }

  read<View>(view: (state: State, nowMs: number) => View, done: (view: View) => void): void {
    this.#whenCertain(() => {
      const result = view(this.#options.state, this.#options.clock.nowMs());
      this.#outbox.whenDurable(() => done(result));
    });
  }

  backlog(): number {
    return this.#queue.length;
  }

  stop(): void {
    this.#stopped = true;
    this.#outbox.stop();
    this.#wake?.cancel();
    this.#behindTimer?.();
    this.#queue = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped || this.#queue.length === 0 || this.#outbox.full) return;
    this.#scheduled = true;
    this.#options.clock.soon(() =>
      this.#whenCertain(() => {
        this.#scheduled = false;
        this.#runBatch();
      }),
    );
  }

  /** What another has changed in the meantime, unseen by us, must not be decided upon, nor told. */
  #whenCertain(run: () => void): void {
    const unlessStopped = (): void => {
      if (!this.#stopped) run();
    };
    const { store } = this.#options;
    if (store.whenCertain === undefined) unlessStopped();
    else store.whenCertain(unlessStopped);
  }

  #runBatch(): void {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const rows = new Map<string, StoredRow>();
    const releases: (() => void)[] = [];
    let taken = 0;
    try {
      // A batch ends early when its rows get many: the store takes so many at a time. And when it takes long: whoever
      // else lives in this process has its turn.
      const isLong = (): boolean =>
        taken >= limits.loopBatchInputsMax ||
        rows.size >= batchRowsMax ||
        clock.nowMs() - nowMs >= limits.loopBatchMs;
      while (taken < this.#queue.length && !isLong()) {
        this.#decide(this.#queue[taken] as Queued<Input, Answer>, nowMs, rows, releases);
        taken += 1;
      }
    } catch (error) {
      return this.#fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    this.#queue.splice(0, taken);
    if (rows.size > 0) {
      for (const [key, row] of this.#behind) if (!rows.has(key)) rows.set(key, row);
      this.#behind.clear();
    }
    this.#outbox.push([...rows.values()], releases);
    if (this.#stopped) return;
    this.#writeBehindLater();
    this.#setWake();
    this.#schedule();
  }

  #decide(
    { input, done }: Queued<Input, Answer>,
    nowMs: number,
    rows: Map<string, StoredRow>,
    releases: (() => void)[],
  ): void {
    const { room, state, chance, perform, observe, watch } = this.#options;
    observe?.(input);
    const outcome = room.decide(state, input, { nowMs, chance });
    if (outcome.kind === "rejection") {
      if (done !== undefined) releases.push(() => done(outcome));
      return;
    }
    const seen = watch?.(state, outcome.records);
    if (seen !== undefined) releases.push(seen);
    for (const record of outcome.records) {
      room.apply(state, record);
      const policy = room.kinds[record.kind as Record["kind"]];
      if (policy.durability === "memory") continue;
      const key = `${record.kind}\0${record.id}`;
      // The newest value of a row counts; a durable batch also carries a row that was written behind.
      if (policy.durability === "behind" && !rows.has(key)) this.#behind.set(key, encodeRow(record, policy));
      else rows.set(key, encodeRow(record, policy));
    }
    for (const effect of outcome.effects) releases.push(() => perform(effect));
    if (done !== undefined) releases.push(() => done(outcome.answer));
  }

  #writeBehindLater(): void {
    if (this.#behind.size === 0 || this.#behindTimer !== undefined) return;
    this.#behindTimer = this.#options.clock.after(behindDelayMs, () => {
      this.#behindTimer = undefined;
      if (this.#stopped || this.#behind.size === 0) return;
      const rows = [...this.#behind.values()];
      this.#behind.clear();
      this.#outbox.push(rows, []);
    });
  }

  #setWake(): void {
    const { room, state, clock } = this.#options;
    const wantedMs = room.wakeAtMs(state);
    if (wantedMs === this.#wake?.atMs) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    if (wantedMs === undefined) return;
    const nowMs = clock.nowMs();
    // A room that wants to wake in the past gets one tick a millisecond, not a busy loop.
    const atMs = Math.max(wantedMs, this.#lastTickAtMs + 1);
    const cancel = clock.after(Math.max(0, atMs - nowMs), () => {
      this.#wake = undefined;
      this.#lastTickAtMs = clock.nowMs();
      this.submit(room.tick);
    });
    this.#wake = { atMs: wantedMs, cancel };
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.fatal(`${this.#options.room.name}: ${reason}`);
  }
}
