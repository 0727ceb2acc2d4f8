/**
 * The flags about fetching, the same for an agent and for `unum up`, which hands them on.
 */

import { resolve } from "node:path";
import { limits } from "#base/limits.ts";
import type { FetchPolicy } from "#shell/fetcher/policy.ts";
import type { FlagKind, Flags } from "./flags.ts";

const MEBIBYTE = 1024 * 1024;

/** What the operator said; the rest is as usual. */
export type FetchSettings = Partial<Omit<FetchPolicy, "retryInitialMs">>;

export const fetchFlags = {
  "fetch-cache": "text",
  "fetch-files": "list",
  "fetch-max": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const fetchHelp = `  --fetch-cache MIB     of disk for fetched files that are kept for others (${limits.artifactCacheMegabytesDefault})
  --fetch-files DIR     a directory whose files tasks may fetch as file:///DIR/…; several times
  --fetch-max MIB       the largest file that is fetched (${limits.artifactBytesMax / MEBIBYTE})
`;

export function parseFetchFlags(flags: Flags, workingDirectory: string): FetchSettings {
  const megabytesMax = limits.megabytesMax;
  const cache = flags.integer("fetch-cache", 0, megabytesMax);
  const largest = flags.integer("fetch-max", 1, megabytesMax);
  const directories = flags.list("fetch-files").map((each) => resolve(workingDirectory, each));
  return {
    ...(cache === undefined ? {} : { cacheBytesMax: cache * MEBIBYTE }),
    ...(largest === undefined ? {} : { bytesMax: largest * MEBIBYTE }),
    ...(directories.length === 0 ? {} : { allowedDirectories: directories }),
  };
}

/** The flags again, for a process that is started with them. */
export const fetchArgv = ({
  cacheBytesMax,
  bytesMax,
  allowedDirectories = [],
}: FetchSettings): readonly string[] => [
  ...(cacheBytesMax === undefined ? [] : ["--fetch-cache", String(cacheBytesMax / MEBIBYTE)]),
  ...(bytesMax === undefined ? [] : ["--fetch-max", String(bytesMax / MEBIBYTE)]),
  ...allowedDirectories.flatMap((directory) => ["--fetch-files", directory]),
];
