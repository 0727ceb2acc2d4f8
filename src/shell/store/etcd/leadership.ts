/**
 * Leadership by a key in etcd that lives as long as its holder's lease: one leader, whatever clocks say.
 *
 * The key's creation revision is the fence of every write: a deposed leader's key is gone or another's, and its write
 * fails. The lease decides how soon the next one may lead, and until when a leader may read without asking: etcd gave it
 * after we asked, so by our own clock it runs out there no earlier than here.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type EtcdAnswer, type EtcdClient, EtcdError, type EtcdOptions } from "./etcd-client.ts";
import { decode, encode, type Keys } from "./keys.ts";
import { keepLease, type LeaseEvents, monotonicMs } from "./lease-keeper.ts";
import { keepLeaseInThread } from "./lease-thread.ts";

/** Compared by every write. */
export type Fence = { readonly key: string; readonly createRevision: string };

export type Leadership = {
  readonly fence: Fence;
  /** Runs at once while nobody else can lead; else when the lease is renewed, and never when it is lost. */
  whenCertain(run: () => void): void;
  /** Lets another lead at once. */
  resign(): Promise<void>;
};

export type Campaign = {
  readonly client: EtcdClient;
  readonly keys: Keys;
  /** What the others are told of the leader: where it is found. */
  readonly name: string;
  readonly leaseSeconds: number;
  /** If given, a thread of its own renews the lease there: the program may be busy for longer than the lease. */
  readonly etcd?: EtcdOptions | undefined;
  /** For how long, then. */
  readonly standstillMsMax?: number;
  /** Called once: it leads no longer, and its writes fail. */
  readonly onLost: (reason: string) => void;
  /** Called when another leads, when that changes, and (undefined) when nobody does. */
  readonly onStandby?: (leader: string | undefined) => void;
  readonly signal?: AbortSignal;
};

const pollMs = 200;
/** No work of ours takes so long: a leader that does nothing at all for longer is given up. */
const usualStandstillMs = 20_000;

/** Resolves when this one leads. */
export async function campaign(options: Campaign): Promise<Leadership> {
  let seen: string | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const leader = await passing(() => readLeader(options, patienceOf(options)));
    // Before we may lead: who led would send back whom we still send there.
    if (leader !== seen) {
      seen = leader;
      options.onStandby?.(leader);
    }
    if (leader === undefined) {
      const won = await passing(() => attempt(options));
      if (won !== undefined) return won;
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

/** What the leader said of itself; undefined while nobody leads. */
export async function readLeader(
  { client, keys }: Pick<Campaign, "client" | "keys">,
  attemptMs?: number,
): Promise<string | undefined> {
  const { kvs } = await client.call("kv/range", { key: encode(keys.leader) }, attemptMs);
  const [first] = Array.isArray(kvs) ? kvs : [];
  return first === undefined ? undefined : decode((first as EtcdAnswer).value);
}

/** A member that does not answer must not keep the election waiting: another is asked soon. */
const patienceOf = ({ leaseSeconds }: Campaign): number => Math.max(500, (leaseSeconds * 1_000) / 2);

async function attempt(options: Campaign): Promise<Leadership | undefined> {
  const { client, keys, name, leaseSeconds } = options;
  const askedAtMs = monotonicMs();
  const patienceMs = patienceOf(options);
  const { ID: lease } = await client.call("lease/grant", { TTL: String(leaseSeconds) }, patienceMs);
  const key = encode(keys.leader);
  const winning = {
    compare: [{ key, target: "CREATE", result: "EQUAL", create_revision: "0" }],
    success: [{ requestPut: { key, value: encode(name), lease: String(lease) } }],
  };
  const answer = await client.call("kv/txn", winning, patienceMs);
  if (answer.succeeded !== true) {
    await client.call("lease/revoke", { ID: String(lease) }).catch(() => {});
    return undefined;
  }
  const createRevision = String((answer.header as EtcdAnswer).revision);
  const lifeline = keepAlive(options, String(lease), askedAtMs);
  return {
    fence: { key, createRevision },
    whenCertain: lifeline.whenCertain,
    resign: async () => {
      lifeline.stop();
      await client.call("lease/revoke", { ID: String(lease) }).catch(() => {});
    },
  };
}

type Lifeline = { readonly whenCertain: Leadership["whenCertain"]; readonly stop: () => void };

/** Clocks that tick by up to so much differently are still trusted. */
const clockRateMargin = 0.1;

function keepAlive(
  { client, leaseSeconds, onLost, etcd, standstillMsMax = usualStandstillMs }: Campaign,
  lease: string,
  grantedAtMs: number,
): Lifeline {
  const leaseMs = leaseSeconds * 1_000;
  let isOver = false;
  let heldAtMs = grantedAtMs;
  let waiting: (() => void)[] = [];
  const isCertain = (): boolean => !isOver && monotonicMs() - heldAtMs < leaseMs * (1 - clockRateMargin);
  const events: LeaseEvents = {
    renewed: (askedAtMs) => {
      heldAtMs = askedAtMs;
      while (waiting.length > 0 && isCertain()) waiting.shift()?.();
    },
    lost: (reason) => {
      if (isOver) return;
      isOver = true;
      waiting = [];
      onLost(reason);
    },
  };
  const terms = { lease, leaseMs, grantedAtMs };
  const end =
    etcd === undefined
      ? keepLease(client, terms, events)
      : keepLeaseInThread(client, etcd, terms, events, standstillMsMax);
  return {
    stop: () => {
      isOver = true;
      waiting = [];
      end();
    },
    whenCertain: (run) => {
      if (isCertain()) run();
      else if (!isOver) waiting.push(run);
    },
  };
}
