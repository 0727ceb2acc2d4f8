/**
 * Reading from etcd with patience: single keys, and all below a prefix, page by page, at the newest revision or an older.
 *
 * What may pass is asked again until the patience is over; whatever else etcd says is an `EtcdError`.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type EtcdAnswer, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { decode, encode, endOf } from "./keys.ts";

export type Found = { readonly key: string; readonly value: string };

const retryMs = 100;
const rowsPerPage = 500;
const tooLarge = /larger than max/;

export class EtcdReader {
  readonly #client: EtcdClient;
  readonly #patienceMs: number;

  /** `patienceMs`: how long etcd may be away; a leader without it is of no use. */
  constructor(client: EtcdClient, patienceMs: number) {
    this.#client = client;
    this.#patienceMs = patienceMs;
  }

  async value(key: string, revision?: number): Promise<string | undefined> {
    const { kvs } = await this.call("kv/range", { key: encode(key), ...at(revision) });
    const [first] = Array.isArray(kvs) ? kvs : [];
    return first === undefined ? undefined : decode((first as EtcdAnswer).value);
  }

  /** The first key at or after it, and before the end. */
  async firstKey(from: string, end: string): Promise<string | undefined> {
    const body = { key: encode(from), range_end: encode(end), limit: "1", keys_only: true };
    const { kvs } = await this.call("kv/range", body);
    const [first] = Array.isArray(kvs) ? kvs : [];
    return first === undefined ? undefined : decode((first as EtcdAnswer).key);
  }

  /** All that begin so, in their order. */
  async *pages(prefix: string, revision?: number): AsyncGenerator<readonly Found[]> {
    let from = prefix;
    let limit = rowsPerPage;
    for (;;) {
      const answer = await this.#page(from, endOf(prefix), limit, revision);
      if (answer === "too large") {
        if (limit === 1) throw new EtcdError(`the row after ${from} is larger than etcd gives away`, false);
        limit = Math.max(1, Math.floor(limit / 4));
        continue;
      }
      const kvs = (Array.isArray(answer.kvs) ? answer.kvs : []) as readonly EtcdAnswer[];
      const found = kvs.map(({ key, value }) => ({ key: decode(key), value: decode(value) }));
      yield found;
      if (answer.more !== true) return;
      from = `${found.at(-1)?.key ?? from}\0`;
    }
  }

  async all(prefix: string): Promise<readonly Found[]> {
    const found: Found[] = [];
    for await (const page of this.pages(prefix)) found.push(...page);
    return found;
  }

  async call(path: string, body: EtcdAnswer): Promise<EtcdAnswer> {
    const deadlineMs = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        return await this.#client.call(path, body);
      } catch (error) {
        const mayPass = error instanceof EtcdError && error.mayPass && !tooLarge.test(error.message);
        if (!mayPass || performance.now() > deadlineMs) throw error;
        await sleep(retryMs);
      }
    }
  }

  async #page(
    from: string,
    end: string,
    limit: number,
    revision: number | undefined,
  ): Promise<EtcdAnswer | "too large"> {
    const body = { key: encode(from), range_end: encode(end), limit: String(limit), ...at(revision) };
    try {
      return await this.call("kv/range", body);
    } catch (error) {
      if (error instanceof EtcdError && tooLarge.test(error.message)) return "too large";
      throw error;
    }
  }
}

const at = (revision: number | undefined): { readonly revision?: string } =>
  revision === undefined ? {} : { revision: String(revision) };
