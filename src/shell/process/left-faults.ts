/**
 * Faults that an `unum up --hosts netns` left behind when it was killed: found in the kernel, and ended.
 *
 * `hosts.json` in the data directory says what to look for, by name; nothing that is not named there is touched. Whoever
 * calls has the lock on the directory, so that no `unum up` makes new ones meanwhile.
 */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "../containers/programs.ts";
import { readFileIfThere, writeFileWhole } from "./files.ts";

export type HostsRecord = {
  readonly subnet: string;
  /** Of nftables, in the family `bridge`. */
  readonly table: string;
  readonly hosts: readonly { readonly name: string; readonly namespace: string; readonly cable: string }[];
  /** What fills disks, by whose they are. */
  readonly fillers: readonly { readonly name: string; readonly file: string }[];
};

const fileIn = (dataDirectory: string): string => join(dataDirectory, "hosts.json");

export const hasHostsRecord = (dataDirectory: string): boolean => existsSync(fileIn(dataDirectory));

export function writeHostsRecord(dataDirectory: string, record: HostsRecord): void {
  writeFileWhole(fileIn(dataDirectory), `${JSON.stringify(record)}\n`, 0o600);
}

/** As much of it as is there: an earlier release wrote the subnet alone. */
export function readHostsRecord(dataDirectory: string): Partial<HostsRecord> {
  try {
    const value: unknown = JSON.parse(readFileIfThere(fileIn(dataDirectory)) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Partial<HostsRecord>) : {};
  } catch {
    return {};
  }
}

/** What there was, for people. */
export async function endLeftFaults({
  table,
  hosts = [],
  fillers = [],
}: Partial<HostsRecord>): Promise<readonly string[]> {
  const [nft, tc] = await Promise.all([findProgram("nft"), findProgram("tc")]);
  const found: string[] = [];
  if (nft !== undefined && table !== undefined) {
    const { output } = await runProgram(nft, ["list", "table", "bridge", table]);
    if (/ drop\b/.test(output)) {
      await runProgram(nft, ["flush", "table", "bridge", table]);
      found.push("cuts between hosts");
    }
  }
  for (const { name, namespace, cable } of tc === undefined ? [] : hosts) {
    const { output } = await runProgram(tc ?? "", ["qdisc", "show", "dev", cable]);
    if (!/\b(tbf|netem)\b/.test(output)) continue;
    await runProgram(tc ?? "", ["qdisc", "delete", "dev", cable, "root"]);
    await runProgram(tc ?? "", ["-netns", namespace, "qdisc", "delete", "dev", "eth0", "root"]);
    found.push(`the slow network of ${name}`);
  }
  for (const { name, file } of fillers) {
    if (!existsSync(file)) continue;
    rmSync(file, { force: true });
    found.push(`what filled the disk of ${name}`);
  }
  return found;
}
