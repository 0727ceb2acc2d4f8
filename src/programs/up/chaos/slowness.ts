/**
 * Slow links of a host, by the kernel's queueing disciplines at both ends of its cable.
 *
 * A delay needs the discipline `netem`, which not every kernel has; a rate alone needs `tbf`.
 */

import { runCommand } from "../hosts/commands.ts";
import type { Host } from "../hosts/hosts-plan.ts";

export type Slowness = { readonly delayMs: number | undefined; readonly kilobits: number | undefined };

/** Throws what says why it cannot be. */
export async function slowDown(host: Host, slowness: Slowness): Promise<void> {
  try {
    for (const [where, device] of endsOf(host)) {
      await runCommand("tc", [...where, "qdisc", "replace", "dev", device, "root", ...discipline(slowness)]);
    }
  } catch (error) {
    await speedUp(host);
    const why = error instanceof Error ? error.message : String(error);
    if (slowness.delayMs === undefined || !/qdisc kind is unknown/.test(why)) throw error;
    throw new Error("this kernel cannot delay packets (it has no sch_netem); --rate alone works without");
  }
}

export async function speedUp(host: Host): Promise<void> {
  for (const [where, device] of endsOf(host)) {
    // It may have none, or no longer be there.
    await runCommand("tc", [...where, "qdisc", "delete", "dev", device, "root"]).catch(() => {});
  }
}

const endsOf = ({ namespace, cable }: Host): readonly (readonly [readonly string[], string])[] => [
  [[], cable],
  [["-netns", namespace], "eth0"],
];

/** In each direction. */
function discipline({ delayMs, kilobits }: Slowness): readonly string[] {
  const rate = kilobits === undefined ? [] : ["rate", `${kilobits}kbit`];
  if (delayMs !== undefined) return ["netem", "delay", `${delayMs}ms`, ...rate];
  return ["tbf", ...rate, "burst", "16kb", "latency", "400ms"];
}
