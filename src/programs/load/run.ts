/**
 * A run of frameworks against a master: all subscribe, launch at the wanted rate, and are removed again.
 *
 * It measures; what it prints while it runs and at the end is the callers' affair.
 */

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type FrameworkJob, LoadFramework } from "./framework.ts";
import { SchedulerClient, type SchedulerConnections } from "./scheduler-client.ts";
import type { Tally } from "./tally.ts";

export type LoadPlan = {
  readonly frameworks: number;
  readonly tasks: number;
  readonly rate: number | undefined;
  /** What of the tasks is awaited; with `signal`, they stay until that. */
  readonly until: "running" | "ended" | "signal";
  readonly job: Omit<FrameworkJob, "name" | "total">;
  readonly namePrefix: string;
  /** Called once, when nothing more is launched and before anything is removed. */
  readonly launched: () => void;
};

const paceMs = 10;
const teardownMs = 5_000;

/** Resolves when all is launched and settled or `signal` ends it; rejects when a framework is cut off. */
export async function launchAll(
  plan: LoadPlan,
  connections: SchedulerConnections,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  const frameworks = Array.from({ length: plan.frameworks }, (_, index) => {
    const job = { ...plan.job, name: `${plan.namePrefix}-${index + 1}`, total: shareOf(plan, index) };
    return new LoadFramework(new SchedulerClient(connections), job, tally);
  });
  const ready = frameworks.map(() => Promise.withResolvers<void>());
  const streams = frameworks.map((framework, index) =>
    framework.run(() => ready[index]?.resolve(), ending.signal),
  );
  // A stream that fails fails the run, at whatever stage; one that ends does so only at our own wish.
  const broken = new Promise<never>((_, reject) => {
    for (const stream of streams) stream.catch(reject);
  });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await Promise.race([broken, stopped, Promise.all(ready.map(({ promise }) => promise))]);
    if (!signal.aborted) await Promise.race([broken, pace(plan, frameworks, tally, over)]);
    if (!signal.aborted) await Promise.race([broken, stopped, drained(frameworks)]);
  } finally {
    plan.launched();
    await Promise.race([tearDown(frameworks), sleep(teardownMs, undefined, { ref: false })]);
    ending.abort();
    await Promise.allSettled(streams);
  }
}

/** The last updates are acknowledged before the frameworks go. */
async function drained(frameworks: readonly LoadFramework[]): Promise<void> {
  await Promise.all(frameworks.map((framework) => framework.drained()));
}

async function tearDown(frameworks: readonly LoadFramework[]): Promise<void> {
  await Promise.all(frameworks.map((framework) => framework.teardown()));
}

/** The tasks of one framework; the first ones take the rest. */
const shareOf = ({ tasks, frameworks }: LoadPlan, index: number): number =>
  Math.floor(tasks / frameworks) + (index < tasks % frameworks ? 1 : 0);

async function pace(
  { tasks, rate, until }: LoadPlan,
  frameworks: readonly LoadFramework[],
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const startedAtMs = performance.now();
  let wanted = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedAtMs;
    const due = rate === undefined ? tasks : Math.min(tasks, Math.ceil((rate * elapsedMs) / 1_000));
    if (due > wanted) wantMore(frameworks, wanted, due);
    wanted = Math.max(wanted, due);
    if (signal.aborted || isDone[until](tally, tasks)) return;
    await sleep(paceMs);
  }
}

const isDone = {
  running: (tally: Tally, tasks: number) => tally.settled >= tasks,
  ended: (tally: Tally, tasks: number) => tally.ended >= tasks,
  signal: () => false,
} as const;

/** Task number `n` of the run is framework `n mod count`'s, as `shareOf` has divided them. */
function wantMore(frameworks: readonly LoadFramework[], from: number, to: number): void {
  const count = frameworks.length;
  for (const [index, framework] of frameworks.entries()) {
    const upTo = (end: number): number => Math.ceil(Math.max(0, end - index) / count);
    const more = upTo(to) - upTo(from);
    if (more > 0) framework.want(more);
  }
}
