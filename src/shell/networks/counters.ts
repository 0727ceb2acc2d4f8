/**
 * What went in and out of a container's network, as its kernel counts it.
 */

import { readFileSync } from "node:fs";
import type { NetworkUsage } from "#model/container-usage.ts";
import type { ProcessIdentity } from "../containers/process-identity.ts";

/** All interfaces but the loopback; undefined when the network is gone. */
export function networkUsage(holder: ProcessIdentity, space: string): NetworkUsage | undefined {
  try {
    return countersIn(readFileSync(`/proc/${holder.pid}/net/dev`, "latin1"), space);
  } catch {
    return undefined;
  }
}

export function countersIn(table: string, space: string): NetworkUsage {
  const sums = Array<number>(16).fill(0);
  for (const line of table.split("\n")) {
    // `name: ` and eight figures of what came, then eight of what went.
    const [, name, figures = ""] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === "lo") continue;
    for (const [index, figure] of figures.trim().split(/\s+/).entries())
      sums[index] = (sums[index] ?? 0) + Number(figure);
  }
  const at = (index: number): number => sums[index] ?? 0;
  return {
    space,
    receivedBytes: at(0),
    receivedPackets: at(1),
    receivedErrors: at(2),
    receivedDropped: at(3),
    sentBytes: at(8),
    sentPackets: at(9),
    sentErrors: at(10),
    sentDropped: at(11),
  };
}
