/**
 * A master's side of the shared store: the election, and the `Store` port for whoever leads.
 *
 * It does what `shell/store/etcd` does, in virtual time: one transaction at a time, each fenced and numbered; what is not
 * answered is said again until patience ends; a batch that is too large is staged, made valid and then carried out; nothing
 * is certain once the lease may have run out.
 */

import type { CommitOutcome, LoadOutcome, Store, StoredRow } from "#ports/store.ts";
import { attemptMs, type SharedStore, type StoreClient, type Write, type Written } from "./shared-store.ts";
import type { World } from "./world.ts";

export type ElectionTimes = { readonly leaseMs: number; readonly patienceMs: number };

export const electionTimes: ElectionTimes = { leaseMs: 2_000, patienceMs: 10_000 };

export type Leader = {
  readonly epoch: number;
  whenCertain(run: () => void): void;
  /** Lets another lead at once; from now on nothing is certain. */
  resign(): void;
};

const pollMs = 400;
const retryMs = 100;
/** Clocks that tick by up to so much differently are still trusted. */
const clockRateMargin = 0.1;

export type Candidate = StoreClient & {
  readonly world: World;
  readonly store: SharedStore;
  readonly times: ElectionTimes;
  /** Called once: another leads, or may. */
  readonly lost: (reason: string) => void;
};

/** Calls `won` when this one leads; until then it waits, as a standby. */
export function campaign(candidate: Candidate, won: (leader: Leader) => void): void {
  const { store, world, life, name, times } = candidate;
  const later = (): void => void world.after(pollMs, () => life.run(attempt));
  const attempt = (): void => {
    const askedAtMs = world.nowMs;
    const answered = (epoch: number | undefined): void => {
      if (epoch === undefined) return later();
      won(lead(candidate, epoch, askedAtMs));
    };
    say(candidate, () => store.tryToLead(name, times.leaseMs)?.epoch, answered, later);
  };
  attempt();
}

/** One attempt: the answer, or that there was none. */
function say<Answer>(
  { store, world, ...client }: Pick<Candidate, "store" | "world" | "name" | "life">,
  carryOut: () => Answer,
  answered: (answer: Answer) => void,
  failed: () => void,
): void {
  let isOver = false;
  const once = (run: () => void): void => {
    if (isOver) return;
    isOver = true;
    giveUp();
    run();
  };
  const giveUp = world.after(attemptMs, () => client.life.run(() => once(failed)));
  store.ask(client, carryOut, (answer) => once(() => answered(answer)));
}

function lead(candidate: Candidate, epoch: number, askedAtMs: number): Leader {
  const { store, world, life, times, lost } = candidate;
  const { leaseMs } = times;
  // No clock that anybody may set.
  const steadyMs = (): number => world.nowMs;
  let heldAtMs = askedAtMs;
  let isOver = false;
  let waiting: (() => void)[] = [];
  const isCertain = (): boolean => !isOver && steadyMs() - heldAtMs < leaseMs * (1 - clockRateMargin);
  const lose = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    waiting = [];
    lost(reason);
  };
  const renew = (): void => {
    if (isOver) return;
    const renewedAtMs = steadyMs();
    const next = (): void => void world.after(leaseMs / 4, () => life.run(renew));
    say(
      candidate,
      () => store.keepAlive(epoch, leaseMs),
      (isHeld) => {
        if (!isHeld) return lose("its lease has run out");
        if (isOver) return;
        heldAtMs = renewedAtMs;
        while (waiting.length > 0 && isCertain()) waiting.shift()?.();
        next();
      },
      () => {
        if (steadyMs() - heldAtMs >= leaseMs) lose("its lease could not be renewed");
        else next();
      },
    );
  };
  renew();
  return {
    epoch,
    whenCertain: (run) => {
      if (isCertain()) run();
      else if (!isOver) waiting.push(run);
    },
    resign: () => {
      isOver = true;
      waiting = [];
      store.ask(
        candidate,
        () => store.resign(epoch),
        () => {},
      );
    },
  };
}

type Commit = { readonly rows: readonly StoredRow[]; readonly done: (outcome: CommitOutcome) => void };

export type ReplicatedOptions = {
  readonly candidate: Candidate;
  readonly leader: Leader;
  /** More rows than this do not fit a transaction. */
  readonly rowsMax: number;
  /** Told at each step of a commit: the process may end there. */
  readonly step?: () => void;
};

export function openReplicatedStore(options: ReplicatedOptions): Store {
  const port = new ReplicatedStore(options);
  return {
    load: (kinds, done) => port.load(kinds, done),
    commit: (rows, done) => port.commit(rows, done),
    whenCertain: (run) => options.leader.whenCertain(run),
  };
}

class ReplicatedStore {
  readonly #options: ReplicatedOptions;
  readonly #queue: Commit[] = [];
  #version = 0;
  #isOpen = false;
  #isWriting = false;
  #failure: string | undefined;
  #whenOpen: (() => void)[] | undefined;

  constructor(options: ReplicatedOptions) {
    this.#options = options;
  }

  load(kinds: readonly string[], done: (outcome: LoadOutcome) => void): void {
    const { store } = this.#options.candidate;
    this.#open(() => {
      if (this.#failure !== undefined) return done({ ok: false, reason: this.#failure });
      this.#ask(
        () => ({ rows: store.rows(kinds), isHalfway: store.staged().count !== undefined }),
        ({ rows, isHalfway }) => {
          store.onRead?.({ isHalfway });
          done({ ok: true, rows });
        },
        (reason) => done({ ok: false, reason: this.#fail(reason) }),
      );
    });
  }

  commit(rows: readonly StoredRow[], done: (outcome: CommitOutcome) => void): void {
    const { world, life } = this.#options.candidate;
    this.#options.step?.();
    if (this.#failure !== undefined) {
      const reason = this.#failure;
      world.after(0, () => life.run(() => done({ ok: false, reason })));
      return;
    }
    this.#queue.push({ rows, done });
    this.#open(() => this.#pump());
  }

  /** What an earlier leader began is finished, or forgotten if it was never made valid. */
  #open(then: () => void): void {
    if (this.#isOpen) return then();
    if (this.#whenOpen !== undefined) return void this.#whenOpen.push(then);
    this.#whenOpen = [then];
    const { candidate, leader } = this.#options;
    const { store } = candidate;
    const opened = (): void => {
      this.#isOpen = true;
      for (const run of this.#whenOpen ?? []) run();
    };
    const failed = (reason: string): void => {
      this.#fail(reason);
      opened();
    };
    this.#ask(
      () => ({ version: store.version(leader.epoch), staged: store.staged() }),
      ({ version, staged }) => {
        this.#version = version ?? 0;
        if (staged.parts.size === 0) return opened();
        const parts = [...staged.parts].sort(([a], [b]) => a - b).map(([, rows]) => rows);
        const writes = parts.map((rows): Write => ({ kind: "rows", rows }));
        this.#writeAll([...(staged.count === undefined ? [] : writes), { kind: "clean" }], opened, failed);
      },
      failed,
    );
  }

  #pump(): void {
    if (this.#isWriting || this.#failure !== undefined || this.#queue.length === 0) return;
    this.#isWriting = true;
    const { rowsMax, step } = this.#options;
    let together = 1;
    let size = this.#queue[0]?.rows.length ?? 0;
    while (together < this.#queue.length && size + (this.#queue[together]?.rows.length ?? 0) <= rowsMax) {
      size += this.#queue[together]?.rows.length ?? 0;
      together += 1;
    }
    const batch = this.#queue.slice(0, together);
    const parts = inParts(newest(batch.flatMap(({ rows }) => rows)), rowsMax);
    const writes = parts.map((rows): Write => ({ kind: "rows", rows }));
    const stages = parts.map((rows, index): Write => ({ kind: "stage", index, rows }));
    const isLarge = parts.length > 1;
    const valid: Write = { kind: "make-valid", count: parts.length };
    this.#writeAll(
      isLarge ? [...stages, valid, ...writes, { kind: "clean" }] : writes,
      (revision) => {
        step?.();
        if (!this.#options.candidate.life.alive) return;
        this.#queue.splice(0, together);
        this.#isWriting = false;
        batch.forEach(({ done }, index) => {
          done({ ok: true, revision: revision * 1_000 + index });
        });
        this.#pump();
      },
      (reason) => {
        this.#fail(reason);
      },
    );
  }

  #writeAll(
    writes: readonly Write[],
    written: (revision: number) => void,
    failed: (reason: string) => void,
  ): void {
    const { candidate, leader } = this.#options;
    const { store } = candidate;
    const next = (index: number, revision: number): void => {
      const write = writes[index];
      if (write === undefined) return written(revision);
      const fence = { epoch: leader.epoch, version: this.#version };
      this.#ask(
        (): Written => store.write(fence, write),
        (outcome) => {
          if (!outcome.ok) return failed("another master leads, and this one may not write");
          this.#version += 1;
          if (index + 1 < writes.length) this.#options.step?.();
          if (candidate.life.alive) next(index + 1, outcome.revision);
        },
        failed,
      );
    };
    next(0, 0);
  }

  /** Said again until it is answered. */
  #ask<Answer>(
    carryOut: () => Answer,
    answered: (answer: Answer) => void,
    failed: (reason: string) => void,
  ): void {
    const { candidate } = this.#options;
    const { world, life, times } = candidate;
    const deadlineMs = world.nowMs + times.patienceMs;
    const attempt = (): void =>
      say(candidate, carryOut, answered, () => {
        if (world.nowMs > deadlineMs) return failed("it does not answer");
        world.after(retryMs, () => life.run(attempt));
      });
    attempt();
  }

  #fail(reason: string): string {
    this.#failure ??= `the shared store: ${reason}`;
    for (const { done } of this.#queue.splice(0)) done({ ok: false, reason: this.#failure });
    return this.#failure;
  }
}

/** The newest of each row. */
const newest = (rows: readonly StoredRow[]): readonly StoredRow[] => [
  ...new Map(rows.map((row) => [`${row.kind}\0${row.id}`, row])).values(),
];

function inParts(rows: readonly StoredRow[], rowsMax: number): readonly (readonly StoredRow[])[] {
  const parts: StoredRow[][] = [];
  for (let at = 0; at < rows.length; at += rowsMax) parts.push(rows.slice(at, at + rowsMax));
  return parts;
}
