/**
 * Renews a leader's lease, again and again, and tells when it was held last; in whatever thread it is.
 *
 * Time is the machine's monotonic clock, which all threads share. It decides nothing but that a lease is lost.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdAnswer, EtcdClient } from "./etcd-client.ts";

export type LeaseTerms = {
  readonly lease: string;
  readonly leaseMs: number;
  /** When it was asked for. */
  readonly grantedAtMs: number;
};

export type LeaseEvents = {
  /** It is held at least from then on for as long as a lease is. */
  renewed(askedAtMs: number): void;
  /** Once, and nothing after it. */
  lost(reason: string): void;
  /** Asked before each renewal: a reason not to renew it any more. */
  fault?(): string | undefined;
};

/** After a renewal that was not answered. */
const retryMs = 50;

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What it returns ends it. */
export function keepLease(
  client: EtcdClient,
  { lease, leaseMs, grantedAtMs }: LeaseTerms,
  events: LeaseEvents,
): () => void {
  let isOver = false;
  let heldAtMs = grantedAtMs;
  const lose = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    events.lost(reason);
  };
  /** Whether etcd answered. */
  const renew = async (): Promise<boolean> => {
    const askedAtMs = monotonicMs();
    try {
      const { result } = await client.call("lease/keepalive", { ID: lease }, Math.ceil(leaseMs / 3));
      if (isOver) return true;
      if (!(Number((result as EtcdAnswer | undefined)?.TTL ?? 0) > 0)) lose("its lease at etcd has run out");
      else {
        heldAtMs = askedAtMs;
        events.renewed(askedAtMs);
      }
      return true;
    } catch (error) {
      // It may have been renewed all the same; that etcd does not answer for so long is enough.
      if (monotonicMs() - heldAtMs >= leaseMs)
        lose(`its lease at etcd could not be renewed: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  };
  void (async () => {
    let hasAnswered = true;
    while (!isOver) {
      await sleep(hasAnswered ? leaseMs / 3 : retryMs, undefined, { ref: false });
      const fault = events.fault?.();
      if (fault !== undefined) lose(fault);
      if (!isOver) hasAnswered = await renew();
    }
  })();
  return () => {
    isOver = true;
  };
}
