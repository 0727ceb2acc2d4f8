/**
 * The replicated store: the `Store` port over etcd, for clusters with several masters.
 *
 * One transaction is under way at a time, and each is fenced by the leader's key. A batch that is too large for one is
 * staged in parts, made valid by one last fenced put, and then carried out: whoever opens the store next finishes it.
 * Invariant: once a commit failed, every later one fails with the same reason.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { CommitOutcome, LoadOutcome, Store, StoredRow } from "#ports/store.ts";
import { countTogether, decodePart, encodePart, inParts, newest } from "./batches.ts";
import { type Cell, Cells } from "./cells.ts";
import { type EtcdAnswer, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { decode, encode, endOf, formatVersion, type Keys } from "./keys.ts";
import type { Fence } from "./leadership.ts";

export type EtcdStore = Store & {
  /** Waits for what was handed over. Nothing may be committed afterwards. */
  close(): Promise<void>;
};

export type EtcdStoreOptions = {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly fence: Fence;
  /** How long etcd may be away before the store fails; a leader without it is of no use. */
  readonly patienceMs: number;
};

type Operation =
  | { readonly requestPut: { readonly key: string; readonly value: string } }
  | { readonly requestDeleteRange: { readonly key: string; readonly range_end?: string } };

type Commit = { readonly cells: readonly Cell[]; readonly done: (outcome: CommitOutcome) => void };

const retryMs = 100;
const rowsPerPage = 500;
/** Batches that became durable together still have revisions of their own. */
const batchesPerRevision = 1_000;

export function openEtcdStore(options: EtcdStoreOptions): EtcdStore {
  const etcd = new FencedEtcd(options);
  const queue: Commit[] = [];
  let failure: string | undefined;
  let opened: Promise<void> | undefined;
  let pumping: Promise<void> = Promise.resolve();
  let isPumping = false;

  const fail = (error: unknown): string => {
    failure ??= `The store in etcd: ${error instanceof Error ? error.message : String(error)}`;
    for (const { done } of queue.splice(0)) done({ ok: false, reason: failure });
    return failure;
  };

  const pump = async (): Promise<void> => {
    isPumping = true;
    try {
      opened ??= etcd.open();
      await opened;
      while (queue.length > 0) {
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

  return {
    load: (kinds, done: (outcome: LoadOutcome) => void) => {
      opened ??= etcd.open();
      opened
        .then(() => etcd.readAll(kinds))
        .then((rows) => done({ ok: true, rows }))
        .catch((error) => done({ ok: false, reason: fail(error) }));
    },
    commit: (rows, done) => {
      if (failure !== undefined) return void queueMicrotask(() => done({ ok: false, reason: failure ?? "" }));
      queue.push({ cells: rows.flatMap((row) => etcd.cells.of(row)), done });
      // What comes within this turn goes together.
      if (!isPumping) {
        isPumping = true;
        pumping = Promise.resolve().then(pump);
      }
    },
    close: () => pumping,
  };
}

/** etcd as the leader writes to it. */
class FencedEtcd {
  readonly cells: Cells;
  readonly #options: EtcdStoreOptions;

  constructor(options: EtcdStoreOptions) {
    this.#options = options;
    this.cells = new Cells(options.keys);
  }

  /** Makes sure that the rows are of our format, and finishes what an earlier leader began. */
  async open(): Promise<void> {
    const { keys } = this.#options;
    const found = await this.#value(keys.format);
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
      for (const { key, value } of await this.#range(prefix)) {
        const id = key.slice(prefix.length);
        rows.push(await this.cells.row(kind, id, decode(value), (more) => this.#value(more)));
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
    const count = await this.#value(keys.stagedCount);
    const staged = await this.#range(keys.stagedParts);
    if (count === undefined) {
      // Never made valid, hence never told to be durable.
      if (staged.length > 0) await this.#commit([removeAll(keys.stagedParts)]);
      return;
    }
    if (staged.length !== Number(count)) {
      throw new EtcdError(`a batch of ${count} parts has ${staged.length}; the store is damaged`, false);
    }
    await this.#carryOut(staged.map(({ value }) => decodePart(decode(value))));
  }

  async #carryOut(parts: readonly (readonly Cell[])[]): Promise<number> {
    const { keys } = this.#options;
    for (const part of parts) await this.#commit(part.map(operationOf));
    return this.#commit([remove(keys.stagedCount), removeAll(keys.stagedParts)]);
  }

  /** Said again until it is answered: the same rows once more are the same rows. */
  async #commit(operations: readonly Operation[]): Promise<number> {
    const { fence } = this.#options;
    const answer = await this.#patiently("kv/txn", {
      compare: [{ key: fence.key, target: "CREATE", result: "EQUAL", create_revision: fence.createRevision }],
      success: operations,
    });
    if (answer.succeeded !== true)
      throw new EtcdError("another master leads, and this one may not write", false);
    return Number((answer.header as EtcdAnswer).revision);
  }

  async #value(key: string): Promise<string | undefined> {
    const { kvs } = await this.#patiently("kv/range", { key: encode(key) });
    const [first] = Array.isArray(kvs) ? kvs : [];
    return first === undefined ? undefined : decode((first as EtcdAnswer).value);
  }

  /** Whether there is more below the prefix than the election. */
  async #hasRows(): Promise<boolean> {
    const { all, leader } = this.#options.keys;
    const { kvs } = await this.#patiently("kv/range", {
      key: encode(all),
      range_end: encode(endOf(all)),
      limit: "2",
      keys_only: true,
    });
    return Array.isArray(kvs) && kvs.some((found) => decode((found as EtcdAnswer).key) !== leader);
  }

  async #range(prefix: string): Promise<readonly { readonly key: string; readonly value: unknown }[]> {
    const found: { key: string; value: unknown }[] = [];
    let from = prefix;
    let limit = rowsPerPage;
    for (;;) {
      const answer = await this.#page(from, endOf(prefix), limit);
      if (answer === "too large") {
        if (limit === 1) throw new EtcdError(`the row after ${from} is larger than etcd gives away`, false);
        limit = Math.max(1, Math.floor(limit / 4));
        continue;
      }
      const kvs = (Array.isArray(answer.kvs) ? answer.kvs : []) as readonly EtcdAnswer[];
      found.push(...kvs.map(({ key, value }) => ({ key: decode(key), value })));
      if (answer.more !== true) return found;
      from = `${found.at(-1)?.key ?? from}\0`;
    }
  }

  async #page(from: string, end: string, limit: number): Promise<EtcdAnswer | "too large"> {
    try {
      return await this.#patiently("kv/range", {
        key: encode(from),
        range_end: encode(end),
        limit: String(limit),
      });
    } catch (error) {
      if (error instanceof EtcdError && /larger than max/.test(error.message)) return "too large";
      throw error;
    }
  }

  async #patiently(path: string, body: EtcdAnswer): Promise<EtcdAnswer> {
    const { client, patienceMs } = this.#options;
    const deadlineMs = performance.now() + patienceMs;
    for (;;) {
      try {
        return await client.call(path, body);
      } catch (error) {
        const mayPass = error instanceof EtcdError && error.mayPass && !/larger than max/.test(error.message);
        if (!mayPass || performance.now() > deadlineMs) throw error;
        await sleep(retryMs);
      }
    }
  }
}

const operationOf = ({ key, value }: Cell): Operation =>
  value === undefined ? remove(key) : put(key, encode(value));
const put = (key: string, value: string): Operation => ({ requestPut: { key: encode(key), value } });
const remove = (key: string): Operation => ({ requestDeleteRange: { key: encode(key) } });
const removeAll = (prefix: string): Operation => ({
  requestDeleteRange: { key: encode(prefix), range_end: encode(endOf(prefix)) },
});
