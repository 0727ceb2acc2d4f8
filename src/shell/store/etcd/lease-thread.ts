/**
 * A lease that is kept by a thread of its own (`lease-worker.ts`), with the same face as one that is kept here.
 */

import { Worker } from "node:worker_threads";
import type { EtcdClient, EtcdOptions } from "./etcd-client.ts";
import { keepLease, type LeaseEvents, type LeaseTerms } from "./lease-keeper.ts";
import type { LeaseWord, LeaseWork } from "./lease-worker.ts";

const beatMs = 500;
/** Silence of the thread, in terms of the lease: it renews it three times in each, or says that it is lost. */
const leasesOfSilence = 5;

/** What it returns ends the thread. */
export function keepLeaseInThread(
  client: EtcdClient,
  etcd: EtcdOptions,
  terms: LeaseTerms,
  events: LeaseEvents,
  standstillMsMax: number,
  program = new URL("./lease-worker.ts", import.meta.url),
): () => void {
  const beats = new SharedArrayBuffer(4);
  const count = new Int32Array(beats);
  // Counted in beats, not by the clock: while this thread stands still it hears nothing, whatever is said.
  // Until the thread has begun, the lease is kept here.
  let silentBeats = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    Atomics.add(count, 0, 1);
    silentBeats += 1;
    if (silentBeats * beatMs > leasesOfSilence * terms.leaseMs)
      lose("nothing is heard of the thread that renews its lease");
  }, beatMs).unref();
  const work: LeaseWork = { etcd, terms, beats, standstillMsMax };
  const worker = new Worker(program, {
    workerData: work,
    // The thread is none of who profiles or inspects the program.
    execArgv: [],
  });
  worker.unref();
  let isOver = false;
  const end = (): void => {
    isOver = true;
    endHere();
    clearInterval(timer);
    void worker.terminate();
  };
  const lose = (reason: string): void => {
    if (isOver) return;
    end();
    events.lost(reason);
  };
  const endHere = keepLease(client, terms, { renewed: events.renewed, lost: lose });
  worker.on("message", (word: LeaseWord) => {
    silentBeats = 0;
    if (word.type === "lost") return lose(word.reason);
    endHere();
    if (!isOver) events.renewed(word.askedAtMs);
  });
  worker.on("exit", () => lose("the thread that renews its lease ended"));
  worker.on("error", (error) => lose(`the thread that renews its lease failed: ${String(error)}`));
  return end;
}
