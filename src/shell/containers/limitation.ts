/**
 * A limit that a container went beyond and is killed for: kept in its directory until its exit is told, whoever
 * is the agent by then.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";
import type { ExceededLimit, TaskReason } from "#model/task.ts";
import type { HeldContainer } from "./backend.ts";

export type Limitation = {
  readonly reason: TaskReason;
  readonly message: string;
  /** Absent: an earlier release noted it. */
  readonly exceeded?: ExceededLimit | undefined;
};

const FILE = "limitation.json";
const MEBIBYTE = 1024 * 1024;

export const diskLimitation = (usedBytes: number, limitBytes: number): Limitation => ({
  reason: "container-limitation-disk",
  message: `Disk usage (${formatMebibytes(usedBytes)}) exceeds quota (${formatMebibytes(limitBytes)})`,
  exceeded: { name: "disk", amount: milli(limitBytes / MEBIBYTE) },
});

export const portsLimitation = (id: ContainerId, ports: readonly number[]): Limitation => ({
  reason: "container-limitation",
  message: `Container ${id} is listening on unallocated port(s): [${ports.join(", ")}]`,
  exceeded: { name: "ports", ports },
});

const formatMebibytes = (bytes: number): string => `${Math.round((bytes / MEBIBYTE) * 10) / 10}MB`;

export async function writeLimitation(container: HeldContainer, limitation: Limitation): Promise<void> {
  await writeFile(join(container.directory, FILE), JSON.stringify(limitation)).catch(() => undefined);
}

export async function readLimitation({ directory }: HeldContainer): Promise<Limitation | undefined> {
  try {
    const value = JSON.parse(await readFile(join(directory, FILE), "utf8")) as Partial<Limitation> | null;
    if (typeof value?.message !== "string" || typeof value.reason !== "string") return undefined;
    const { reason, message, exceeded } = value;
    return { reason, message, ...(exceeded === undefined ? {} : { exceeded }) };
  } catch {
    return undefined;
  }
}
