import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createChance } from "#base/random.ts";
import { type Rejection, type Room, type Row, reject } from "#ports/room.ts";
import type { CommitOutcome, LoadOutcome, Store, StoredRow } from "#ports/store.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type Loop, startLoop } from "./loop.ts";

type Input =
  | { type: "put"; id: string; kind: "kept" | "behind" | "memory" }
  | { type: "refuse" }
  | { type: "crash" }
  | { type: "tick" };
type State = { rows: Map<string, unknown>; wakeAtMs: number | undefined; ticks: number };
type ToyRecord = Row<"kept" | "behind" | "memory", string>;

const room: Room<State, Input, ToyRecord, string, string> = {
  name: "toy",
  kinds: {
    kept: { durability: "durable", version: 2, upgrade: (value) => `${value} upgraded` },
    behind: { durability: "behind", version: 1 },
    memory: { durability: "memory", version: 1 },
  },
  decide(state, input) {
    switch (input.type) {
      case "put":
        return {
          kind: "decision",
          records: [{ kind: input.kind, id: input.id, value: input.id }],
          effects: [`effect ${input.id}`],
          answer: `answer ${input.id}`,
        };
      case "refuse":
        return reject("invalid", "no");
      case "crash":
        throw new Error("our bug");
      default:
        state.ticks += 1;
        return { kind: "decision", records: [], effects: [], answer: undefined };
    }
  },
  apply: (state, record) => void state.rows.set(`${record.kind}/${record.id}`, record.value),
  wakeAtMs: (state) => state.wakeAtMs,
  tick: { type: "tick" },
};

/** Holds every commit until the test lets it go. */
class HeldStore implements Store {
  readonly commits: { rows: readonly StoredRow[]; done: (outcome: CommitOutcome) => void }[] = [];
  readonly #stored: readonly StoredRow[];
  constructor(stored: readonly StoredRow[] = []) {
    this.#stored = stored;
  }
  load(_kinds: readonly string[], done: (outcome: LoadOutcome) => void): void {
    done({ ok: true, rows: this.#stored });
  }
  commit(rows: readonly StoredRow[], done: (outcome: CommitOutcome) => void): void {
    this.commits.push({ rows, done });
  }
}

/** Time passes whenever it is looked at. */
class WornClock extends ManualClock {
  #looks = 0;
  override nowMs(): number {
    this.#looks += 1;
    return super.nowMs() + this.#looks * 5;
  }
}

function start(store = new HeldStore(), clock = new ManualClock()) {
  const seen: string[] = [];
  const fatal: string[] = [];
  const state: State = { rows: new Map(), wakeAtMs: undefined, ticks: 0 };
  let loop: Loop<State, Input, string> | undefined;
  const options = { room, state, store, clock, chance: createChance(1) };
  startLoop(
    { ...options, perform: (effect) => seen.push(effect), fatal: (reason) => fatal.push(reason) },
    (ready) => {
      loop = ready;
    },
  );
  const submit = (input: Input): void =>
    loop?.submit(input, (outcome) =>
      seen.push(typeof outcome === "string" ? outcome : `rejected: ${(outcome as Rejection).message}`),
    );
  return { clock, store, seen, fatal, state, loop: () => loop as Loop<State, Input, string>, submit };
}

const ok: CommitOutcome = { ok: true, revision: 1 };

describe("loop: durable before visible", () => {
  it("lets effects and answers go only when the batch's rows are durable", () => {
    const { clock, store, seen, submit } = start();
    submit({ type: "put", id: "a", kind: "kept" });
    clock.settle();
    assert.equal(store.commits.length, 1);
    assert.deepEqual(seen, []);
    store.commits[0]?.done(ok);
    assert.deepEqual(seen, ["effect a", "answer a"]);
  });

  it("lets nothing overtake an earlier batch, not even one without durable rows", () => {
    const { clock, store, seen, submit } = start();
    submit({ type: "put", id: "a", kind: "kept" });
    clock.settle();
    submit({ type: "put", id: "m", kind: "memory" });
    submit({ type: "refuse" });
    clock.settle();
    assert.deepEqual(seen, []);
    store.commits[0]?.done(ok);
    assert.deepEqual(seen, ["effect a", "answer a", "effect m", "answer m", "rejected: no"]);
  });

  it("decides and reads nothing while another may have taken over the store", () => {
    const waiting: (() => void)[] = [];
    let isCertain = false;
    const store = Object.assign(new HeldStore(), {
      whenCertain: (run: () => void): void => void (isCertain ? run() : waiting.push(run)),
    });
    const { clock, seen, state, submit, loop } = start(store);
    loop().read(
      ({ rows }) => rows.size,
      (size) => seen.push(`read ${size}`),
    );
    submit({ type: "put", id: "a", kind: "memory" });
    submit({ type: "refuse" });
    clock.settle();
    assert.deepEqual(seen, []);
    assert.equal(state.rows.size, 0);
    assert.equal(waiting.length, 2, "one for the read, one for all inputs");
    isCertain = true;
    for (const run of waiting) run();
    assert.deepEqual(seen, ["read 0", "effect a", "answer a", "rejected: no"]);
    isCertain = false;
    submit({ type: "put", id: "b", kind: "memory" });
    clock.settle();
    loop().stop();
    for (const run of waiting) run();
    assert.equal(state.rows.size, 1, "one that stopped while it waited decides nothing");
  });

  it("keeps the order when the second of two commits is durable first", () => {
    const { clock, store, seen, submit } = start();
    for (const id of ["a", "b"]) {
      submit({ type: "put", id, kind: "kept" });
      clock.settle();
    }
    store.commits[1]?.done(ok);
    assert.deepEqual(seen, []);
    store.commits[0]?.done(ok);
    assert.deepEqual(seen, ["effect a", "answer a", "effect b", "answer b"]);
  });

  it("adds no wait to a batch of memory rows", () => {
    const { clock, store, seen, submit } = start();
    submit({ type: "put", id: "m", kind: "memory" });
    clock.settle();
    assert.deepEqual([store.commits.length, seen], [0, ["effect m", "answer m"]]);
  });

  it("answers a read with what is applied, once that is durable", () => {
    const { clock, store, loop, submit } = start();
    submit({ type: "put", id: "a", kind: "kept" });
    clock.settle();
    const sizes: number[] = [];
    loop().read(
      (state) => state.rows.size,
      (size) => sizes.push(size),
    );
    assert.deepEqual(sizes, []);
    store.commits[0]?.done(ok);
    assert.deepEqual(sizes, [1]);
  });
});

describe("loop: the store", () => {
  it("writes rows behind after a while, and nothing waits for them", () => {
    const { clock, store, seen, submit } = start();
    submit({ type: "put", id: "h", kind: "behind" });
    clock.settle();
    assert.deepEqual([store.commits.length, seen], [0, ["effect h", "answer h"]]);
    clock.advance(200);
    assert.deepEqual(
      store.commits[0]?.rows.map((row) => row.id),
      ["h"],
    );
  });

  it("coalesces a batch's rows: the newest value of each", () => {
    const { clock, store, submit } = start();
    for (let round = 0; round < 3; round += 1) submit({ type: "put", id: "a", kind: "kept" });
    clock.settle();
    assert.deepEqual([store.commits.length, store.commits[0]?.rows.length], [1, 1]);
  });

  it("ends a batch that takes long, and goes on with the rest after whoever else has something to do", () => {
    const { clock, store, submit } = start(new HeldStore(), new WornClock());
    for (let index = 0; index < 20; index += 1) submit({ type: "put", id: `k${index}`, kind: "kept" });
    clock.settle();
    const sizes = store.commits.map(({ rows }) => rows.length);
    assert.ok(sizes.length > 1 && sizes.every((size) => size > 0 && size < 10), String(sizes));
    const ids = store.commits.flatMap(({ rows }) => rows.map(({ id }) => id));
    assert.deepEqual(
      ids,
      Array.from({ length: ids.length }, (_, index) => `k${index}`),
    );
  });

  it("bounds the batches in flight and gathers the rest into one", () => {
    const { clock, store, submit } = start();
    for (let round = 0; round < 10; round += 1) {
      submit({ type: "put", id: `k${round}`, kind: "kept" });
      clock.settle();
    }
    assert.equal(store.commits.length, 4);
    store.commits[0]?.done(ok);
    clock.settle();
    assert.equal(store.commits[4]?.rows.length, 6);
  });

  it("ends the process after a failed commit, and lets nothing go any more", () => {
    const { clock, store, seen, fatal, submit } = start();
    submit({ type: "put", id: "a", kind: "kept" });
    clock.settle();
    store.commits[0]?.done({ ok: false, reason: "disk full" });
    submit({ type: "put", id: "m", kind: "memory" });
    clock.settle();
    assert.deepEqual([seen, fatal], [[], ["toy: the store failed: disk full"]]);
  });

  it("loads rows, upgrades old forms and refuses newer ones", () => {
    const old = start(new HeldStore([{ kind: "kept", id: "a", version: 1, value: '"v"' }]));
    assert.equal(old.state.rows.get("kept/a"), "v upgraded");
    const newer = start(new HeldStore([{ kind: "kept", id: "a", version: 3, value: '"v"' }]));
    assert.match(newer.fatal[0] ?? "", /kept "a" was written by a newer release/);
  });
});

describe("loop: running", () => {
  it("wakes the room when it asks, and not in a busy loop when it asks in the past", () => {
    const { clock, state, submit } = start();
    state.wakeAtMs = clock.nowMs() + 50;
    submit({ type: "put", id: "m", kind: "memory" });
    clock.advance(49);
    assert.equal(state.ticks, 0);
    clock.advance(1);
    assert.equal(state.ticks, 1);
    clock.advance(10);
    assert.ok(state.ticks <= 11, `${state.ticks} ticks in 10 ms`);
  });

  it("stops, saying why, when the room throws", () => {
    const { clock, fatal, submit } = start();
    submit({ type: "crash" });
    clock.settle();
    assert.match(fatal[0] ?? "", /^toy: Error: our bug/);
  });
});
