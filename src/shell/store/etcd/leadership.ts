/**
 * Leadership by a key in etcd that lives as long as its holder's lease: one leader, whatever clocks say.
 *
 * The key's creation revision is the fence of every write: a deposed leader's key is gone or another's, and its write
 * fails. The lease only decides how soon the next one may lead.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type EtcdAnswer, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { decode, encode, type Keys } from "./keys.ts";

/** Compared by every write. */
export type Fence = { readonly key: string; readonly createRevision: string };

export type Leadership = {
  readonly fence: Fence;
  /** Lets another lead at once. */
  resign(): Promise<void>;
};

export type Campaign = {
  readonly client: EtcdClient;
  readonly keys: Keys;
  /** What the others are told of the leader: where it is found. */
  readonly name: string;
  readonly leaseSeconds: number;
  /** Called once: it leads no longer, and its writes fail. */
  readonly onLost: (reason: string) => void;
  /** Called when another leads, when that changes, and (undefined) when nobody does. */
  readonly onStandby?: (leader: string | undefined) => void;
  readonly signal?: AbortSignal;
};

const pollMs = 200;

/** Resolves when this one leads. */
export async function campaign(options: Campaign): Promise<Leadership> {
  let seen: string | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const leader = await passing(() => readLeader(options));
    if (leader === undefined) {
      const won = await passing(() => attempt(options));
      if (won !== undefined) return won;
    }
    if (leader !== seen) {
      seen = leader;
      options.onStandby?.(leader);
    }
    await sleep(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Undefined while etcd cannot be asked: the election goes on when it can. */
async function passing<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof EtcdError && error.mayPass) return undefined;
    throw error;
  }
}

async function readLeader({ client, keys }: Campaign): Promise<string | undefined> {
  const { kvs } = await client.call("kv/range", { key: encode(keys.leader) });
  const [first] = Array.isArray(kvs) ? kvs : [];
  return first === undefined ? undefined : decode((first as EtcdAnswer).value);
}

async function attempt(options: Campaign): Promise<Leadership | undefined> {
  const { client, keys, name, leaseSeconds } = options;
  const { ID: lease } = await client.call("lease/grant", { TTL: String(leaseSeconds) });
  const key = encode(keys.leader);
  const grantedAtMs = performance.now();
  const answer = await client.call("kv/txn", {
    compare: [{ key, target: "CREATE", result: "EQUAL", create_revision: "0" }],
    success: [{ requestPut: { key, value: encode(name), lease: String(lease) } }],
  });
  if (answer.succeeded !== true) {
    await client.call("lease/revoke", { ID: String(lease) }).catch(() => {});
    return undefined;
  }
  const createRevision = String((answer.header as EtcdAnswer).revision);
  const stop = keepAlive(options, String(lease), grantedAtMs);
  return {
    fence: { key, createRevision },
    resign: async () => {
      stop();
      await client.call("lease/revoke", { ID: String(lease) }).catch(() => {});
    },
  };
}

/** Returns how to stop it. */
function keepAlive(
  { client, leaseSeconds, onLost }: Campaign,
  lease: string,
  grantedAtMs: number,
): () => void {
  let isOver = false;
  let heldAtMs = grantedAtMs;
  const lose = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    onLost(reason);
  };
  const renew = async (): Promise<void> => {
    const askedAtMs = performance.now();
    try {
      const { result } = await client.call("lease/keepalive", { ID: lease });
      if (Number((result as EtcdAnswer | undefined)?.TTL ?? 0) > 0) heldAtMs = askedAtMs;
      else lose("its lease at etcd has run out");
    } catch (error) {
      // It may have been renewed all the same; that etcd does not answer for so long is enough.
      if (performance.now() - heldAtMs < leaseSeconds * 1_000) return;
      lose(`its lease at etcd could not be renewed: ${error instanceof Error ? error.message : error}`);
    }
  };
  void (async () => {
    while (!isOver) {
      await sleep((leaseSeconds * 1_000) / 3, undefined, { ref: false });
      if (!isOver) await renew();
    }
  })();
  return () => {
    isOver = true;
  };
}
