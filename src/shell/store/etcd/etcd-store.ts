/**
 * The replicated store: the `Store` port over etcd, for clusters with several masters.
 *
 * One transaction is under way at a time, and each is fenced by the leader's key and numbered by its version, so that
 * one that was said again and arrives late changes nothing. A batch that is too large for one is staged in parts, made
 * valid by one last fenced put, and then carried out: whoever opens the store next finishes it.
 * Invariant: once a commit failed, every later one fails with the same reason.
 */

import type { CommitOutcome, LoadOutcome, StoredRow, WholeStore } from "#ports/store.ts";
import { countTogether, decodePart, encodePart, inParts, newest } from "./batches.ts";
import { type Cell, Cells } from "./cells.ts";
import { type EtcdAnswer, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { snapshotEtcd } from "./etcd-snapshot.ts";
import { encode, endOf, formatVersion, type Keys } from "./keys.ts";
import type { Fence } from "./leadership.ts";
import { EtcdReader } from "./reader.ts";

export type EtcdStore = WholeStore & {
  /** Waits for what was handed over. Nothing may be committed afterwards. */
  close(): Promise<void>;
};

export type EtcdStoreOptions = {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly fence: Fence;
  /** As the leadership knows it. */
  readonly whenCertain?: (run: () => void) => void;
  /** How long etcd may be away before the store fails; a leader without it is of no use. */
  readonly patienceMs: number;
};

type Operation =
  | { readonly requestPut: { readonly key: string; readonly value: string } }
  | {
      readonly requestPut: { readonly key: string; readonly ignore_value: true; readonly ignore_lease: true };
    }
  | { readonly requestDeleteRange: { readonly key: string; readonly range_end?: string } };

type Commit = { readonly cells: readonly Cell[]; readonly done: (outcome: CommitOutcome) => void };

/** Batches that became durable together still have revisions of their own. */
const batchesPerRevision = 1_000;

export function openEtcdStore(options: EtcdStoreOptions): EtcdStore {
  const etcd = new FencedEtcd(options);
  const queue: Commit[] = [];
  let failure: string | undefined;
  let opened: Promise<void> | undefined;
  let pumping: Promise<void> = Promise.resolve();
  /** Who waits for a moment between two batches. */
  const between: { readonly begin: (revision: number) => void; readonly fail: (error: unknown) => void }[] =
    [];
  let isPumping = false;

  const fail = (error: unknown): string => {
    failure ??= `The store in etcd: ${error instanceof Error ? error.message : String(error)}`;
    for (const { done } of queue.splice(0)) done({ ok: false, reason: failure });
    for (const each of between.splice(0)) each.fail(new Error(failure));
    return failure;
  };

  const pump = async (): Promise<void> => {
    isPumping = true;
    try {
      opened ??= etcd.open();
      await opened;
      while (queue.length > 0 || between.length > 0) {
        if (between.length > 0) {
          const revision = await etcd.revision();
          for (const { begin } of between.splice(0)) begin(revision);
          continue;
        }
        const together = Math.max(
          1,
          countTogether(queue.slice(0, batchesPerRevision).map(({ cells }) => cells)),
        );
        const batch = queue.slice(0, together);
        const revision = await etcd.write(newest(batch.flatMap(({ cells }) => cells)));
        queue.splice(0, together);
        batch.forEach(({ done }, index) => {
          done({ ok: true, revision: revision * batchesPerRevision + index });
        });
      }
    } catch (error) {
      fail(error);
    } finally {
      isPumping = false;
    }
  };

  const startPump = (): void => {
    if (isPumping) return;
    isPumping = true;
    // What comes within this turn goes together.
    pumping = Promise.resolve().then(pump);
  };

  return {
    load: (kinds, done: (outcome: LoadOutcome) => void) => {
      opened ??= etcd.open();
      opened
        .then(() => etcd.readAll(kinds))
        .then(
          (rows): LoadOutcome => ({ ok: true, rows }),
          (error): LoadOutcome => ({ ok: false, reason: fail(error) }),
        )
        .then(done);
    },
    commit: (rows, done) => {
      if (failure !== undefined) return void queueMicrotask(() => done({ ok: false, reason: failure ?? "" }));
      queue.push({ cells: rows.flatMap((row) => etcd.cells.of(row)), done });
      startPump();
    },
    kinds: (done) => {
      opened ??= etcd.open();
      opened
        .then(() => etcd.kinds())
        .then((kinds) => done({ ok: true, kinds }))
        .catch((error) => done({ ok: false, reason: fail(error) }));
    },
    snapshot: () =>
      snapshotEtcd(options.keys, etcd.reader, () => {
        if (failure !== undefined) return Promise.reject(new Error(failure));
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        between.push({ begin: resolve, fail: reject });
        startPump();
        return promise;
      }),
    ...(options.whenCertain === undefined ? {} : { whenCertain: options.whenCertain }),
    close: () => pumping,
  };
}

/** etcd as the leader writes to it. */
class FencedEtcd {
  readonly cells: Cells;
  readonly reader: EtcdReader;
  readonly #options: EtcdStoreOptions;
  /** How often the leader's key was written: each transaction writes it once more. */
  #version = 0;

  constructor(options: EtcdStoreOptions) {
    this.#options = options;
    this.cells = new Cells(options.keys);
    this.reader = new EtcdReader(options.client, options.patienceMs);
  }

  /** Makes sure that the rows are of our format, and finishes what an earlier leader began. */
  async open(): Promise<void> {
    const { keys, fence } = this.#options;
    const { kvs } = await this.reader.call("kv/range", { key: fence.key });
    this.#version = versionOf(kvs, fence) ?? 0;
    const found = await this.reader.value(keys.format);
    if (found === undefined) {
      if (await this.#hasRows()) {
        throw new EtcdError(
          `below ${keys.all} lies what Unum did not write; give another prefix, or remove it`,
          false,
        );
      }
      await this.#commit([put(keys.format, encode(formatVersion))]);
    } else if (found !== formatVersion) {
      throw new EtcdError(
        `below ${keys.all} lies the format "${found}"; this release reads "${formatVersion}"`,
        false,
      );
    }
    await this.#finishStaged();
  }

  async readAll(kinds: readonly string[]): Promise<StoredRow[]> {
    const rows: StoredRow[] = [];
    for (const kind of kinds) {
      const prefix = this.#options.keys.rows(kind);
      for (const { key, value } of await this.reader.all(prefix)) {
        const id = key.slice(prefix.length);
        rows.push(await this.cells.row(kind, id, value, (more) => this.reader.value(more)));
      }
    }
    return rows;
  }

  /** All of the cells or none; answers with etcd's revision. */
  async write(cells: readonly Cell[]): Promise<number> {
    const parts = inParts(cells);
    if (parts.length === 1) return this.#commit(cells.map(operationOf));
    const { keys } = this.#options;
    for (const [index, part] of parts.entries()) {
      await this.#commit([put(keys.stagedPart(index), encode(encodePart(part)))]);
    }
    await this.#commit([put(keys.stagedCount, encode(String(parts.length)))]);
    return this.#carryOut(parts);
  }

  async #finishStaged(): Promise<void> {
    const { keys } = this.#options;
    const count = await this.reader.value(keys.stagedCount);
    const staged = await this.reader.all(keys.stagedParts);
    if (count === undefined) {
      // Never made valid, hence never told to be durable.
      if (staged.length > 0) await this.#commit([removeAll(keys.stagedParts)]);
      return;
    }
    if (staged.length !== Number(count)) {
      throw new EtcdError(
        `a batch of ${count} parts has ${staged.length}; the store is damaged, restore it from a backup`,
        false,
      );
    }
    const parts = staged.map(({ key, value }) => {
      const cells = decodePart(value);
      if (cells?.every((cell) => cell.key.startsWith(keys.all))) return cells;
      throw new EtcdError(
        `${key} is no part of a batch; the store is damaged, restore it from a backup`,
        false,
      );
    });
    await this.#carryOut(parts);
  }

  async #carryOut(parts: readonly (readonly Cell[])[]): Promise<number> {
    const { keys } = this.#options;
    for (const part of parts) await this.#commit(part.map(operationOf));
    return this.#commit([remove(keys.stagedCount), removeAll(keys.stagedParts)]);
  }

  /**
   * Said again until it is answered. One of those may come to etcd when newer rows are written: the version of the
   * leader's key tells it from the one that is due, and one that was carried out from one that was refused.
   */
  async #commit(operations: readonly Operation[]): Promise<number> {
    const { fence } = this.#options;
    const { key, createRevision } = fence;
    const answer = await this.reader.call("kv/txn", {
      compare: [
        { key, target: "CREATE", result: "EQUAL", create_revision: createRevision },
        { key, target: "VERSION", result: "EQUAL", version: String(this.#version) },
      ],
      success: [...operations, { requestPut: { key, ignore_value: true, ignore_lease: true } }],
      failure: [{ requestRange: { key } }],
    });
    this.#version += 1;
    if (answer.succeeded !== true && versionOf(rangeOf(answer), fence) !== this.#version)
      throw new EtcdError("another master leads, and this one may not write", false);
    return Number((answer.header as EtcdAnswer).revision);
  }

  /** The newest there is; a deposed leader is told that it is one. */
  async revision(): Promise<number> {
    return this.#commit([]);
  }

  /** Of which there are rows, found without reading these. */
  async kinds(): Promise<readonly string[]> {
    const { keys } = this.#options;
    const kinds: string[] = [];
    let from = keys.allRows;
    for (;;) {
      const key = await this.reader.firstKey(from, endOf(keys.allRows));
      if (key === undefined) return kinds;
      const { kind } = keys.parseRow(key);
      kinds.push(kind);
      from = endOf(keys.rows(kind));
    }
  }

  /** Whether there is more below the prefix than the election. */
  async #hasRows(): Promise<boolean> {
    const { all, leader } = this.#options.keys;
    const end = endOf(all);
    const first = await this.reader.firstKey(all, end);
    const second = first === leader ? await this.reader.firstKey(`${leader}\0`, end) : first;
    return second !== undefined;
  }
}

const operationOf = ({ key, value }: Cell): Operation =>
  value === undefined ? remove(key) : put(key, encode(value));
const put = (key: string, value: string): Operation => ({ requestPut: { key: encode(key), value } });
const remove = (key: string): Operation => ({ requestDeleteRange: { key: encode(key) } });
const removeAll = (prefix: string): Operation => ({
  requestDeleteRange: { key: encode(prefix), range_end: encode(endOf(prefix)) },
});

/** Of the leader's key, while it is the one that this leader made. */
function versionOf(kvs: unknown, { createRevision }: Fence): number | undefined {
  const [found] = (Array.isArray(kvs) ? kvs : []) as readonly EtcdAnswer[];
  if (found === undefined || String(found.create_revision) !== createRevision) return undefined;
  return Number(found.version);
}

/** What the first range of a transaction's answer found. */
function rangeOf({ responses }: EtcdAnswer): unknown {
  const [first] = (Array.isArray(responses) ? responses : []) as readonly EtcdAnswer[];
  return (first?.response_range as EtcdAnswer | undefined)?.kvs;
}
