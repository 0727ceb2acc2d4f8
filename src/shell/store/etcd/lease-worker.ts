/**
 * The thread that renews a leader's lease, so that a program that is busy for a while goes on leading. One that stands
 * still for longer than any work takes is given up: it shows that it lives by counting.
 */

import { parentPort, workerData } from "node:worker_threads";
import { present } from "#base/assert.ts";
import { createEtcdClient, type EtcdOptions } from "./etcd-client.ts";
import { keepLease, type LeaseTerms, monotonicMs } from "./lease-keeper.ts";

export type LeaseWork = {
  readonly etcd: EtcdOptions;
  readonly terms: LeaseTerms;
  /** The program's count, which is higher each time. */
  readonly beats: SharedArrayBuffer;
  readonly standstillMsMax: number;
};

export type LeaseWord =
  | { readonly type: "renewed"; readonly askedAtMs: number }
  | { readonly type: "lost"; readonly reason: string };

const port = present(parentPort, "a lease's worker is a thread");
const { etcd, terms, beats, standstillMsMax } = workerData as LeaseWork;
const count = new Int32Array(beats);
const client = createEtcdClient(etcd);
const tell = (word: LeaseWord): void => port.postMessage(word);

// Nothing is said to this thread; listening is what keeps it alive, since no timer does.
port.on("message", () => {});

let seen = -1;
let seenAtMs = monotonicMs();
const fault = (): string | undefined => {
  const now = Atomics.load(count, 0);
  if (now !== seen) {
    seen = now;
    seenAtMs = monotonicMs();
  }
  return monotonicMs() - seenAtMs > standstillMsMax
    ? `it stood still for ${Math.round(standstillMsMax / 1_000)} s`
    : undefined;
};

// Until the thread began, the program kept it: whether it still has it, etcd says.
keepLease(
  client,
  { ...terms, grantedAtMs: monotonicMs() },
  {
    renewed: (askedAtMs) => tell({ type: "renewed", askedAtMs }),
    lost: (reason) => tell({ type: "lost", reason }),
    fault,
  },
);
