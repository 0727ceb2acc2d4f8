/**
 * `cluster.json` in the data directory, and `~/.unum/current`, which names the data directory of the newest
 * cluster: how the command line, and a later `unum up`, find a cluster and its processes.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../containers/process-identity.ts";
import { readFileIfThere, writeFileWhole } from "./files.ts";

export type ClusterFile = {
  /** The gateway's. */
  readonly url: string;
  /** Of each of several masters, whose gateways all lead to the one that leads. */
  readonly gateways?: readonly string[];
  readonly masterUrl: string;
  readonly tokenFile: string;
  readonly agents: readonly { readonly name: string; readonly url: string }[];
  /** Who runs it; none when it was stopped in order, and then nothing of it runs. */
  readonly up: ProcessIdentity | undefined;
  readonly children: readonly (ProcessIdentity & { readonly name: string })[];
};

const fileName = "cluster.json";

export function writeClusterFile(dataDirectory: string, content: ClusterFile): void {
  writeFileWhole(join(dataDirectory, fileName), `${JSON.stringify(content, undefined, 2)}\n`, 0o600);
}

/** Undefined when there is none that can be read: then nothing is known of an earlier run. */
export function readClusterFile(dataDirectory: string): ClusterFile | undefined {
  const text = readFileIfThere(join(dataDirectory, fileName));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isClusterFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function writeCurrentCluster(homeDirectory: string, dataDirectory: string): void {
  const directory = join(homeDirectory, ".unum");
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  writeFileWhole(join(directory, "current"), `${dataDirectory}\n`, 0o600);
}

/** Written by us alone, but an edited file must not lead to signals for strange processes. */
function isClusterFile(value: unknown): value is ClusterFile {
  if (typeof value !== "object" || value === null) return false;
  const { url, agents, children, up, gateways } = value as Partial<Record<keyof ClusterFile, unknown>>;
  return (
    (gateways === undefined ||
      (Array.isArray(gateways) && gateways.every((each) => typeof each === "string"))) &&
    typeof url === "string" &&
    Array.isArray(agents) &&
    Array.isArray(children) &&
    children.every(isIdentity) &&
    (up === undefined || isIdentity(up))
  );
}

const isIdentity = (value: unknown): value is ProcessIdentity => {
  if (typeof value !== "object" || value === null) return false;
  const { pid, startTime } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  return typeof pid === "number" && Number.isSafeInteger(pid) && pid > 1 && typeof startTime === "string";
};
