/**
 * Which cluster, and with which token: found without any configuration typed.
 *
 * In order: `--url` and `--token-file`; UNUM_URL and UNUM_TOKEN_FILE; `.unum/cluster.json` in the current
 * directory, its parents and this package; the data directory that `~/.unum/current` names. The first that
 * says where the cluster is decides; the token's file may come from an earlier one.
 */

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { readClusterFile } from "#shell/process/cluster-file.ts";
import { readFileIfThere } from "#shell/process/files.ts";
import { CliError, type CliIo, exitCodes, type ParsedOptions, textOption } from "./command.ts";

export type Target = {
  readonly url: string;
  readonly token: string | undefined;
  /** How it was found, for messages: `/srv/.unum/cluster.json`. */
  readonly whereFrom: string;
  /** Of a cluster on this machine that `unum up` runs: its data directory. */
  readonly directory?: string | undefined;
  /** Further gateways, which lead to the same cluster. */
  readonly others: readonly string[];
};

export function discoverCluster(
  options: ParsedOptions,
  io: Pick<CliIo, "env" | "cwd" | "packageDirectory">,
): Target {
  const { env, cwd } = io;
  const { UNUM_URL: envUrl, UNUM_TOKEN_FILE: envTokenFile, HOME: home = homedir() } = env;
  const givenTokenFile = textOption(options, "token-file") ?? nonEmpty(envTokenFile);
  const givenUrl = textOption(options, "url") ?? nonEmpty(envUrl);
  if (givenUrl !== undefined) {
    const whereFrom = textOption(options, "url") === undefined ? "UNUM_URL" : "--url";
    const url = checkUrl(givenUrl, whereFrom);
    const described = descriptions(io, home, []).find((each) => [each.url, ...each.others].includes(url));
    const tokenFile = givenTokenFile === undefined ? described?.tokenFile : resolve(cwd, givenTokenFile);
    const directory = described === undefined ? undefined : dirname(described.file);
    // Who names one means that one.
    return { url, token: readToken(tokenFile), whereFrom, directory, others: [] };
  }
  const unreadable: string[] = [];
  const found = descriptions(io, home, unreadable)[0];
  if (found === undefined) {
    throw new CliError(
      unreadable.length === 0
        ? "no cluster was found: there is no .unum/cluster.json here, above, or where `unum up` last ran"
        : `no cluster was found, but ${unreadable.join(", ")} cannot be read: another user's?`,
      exitCodes.unreachable,
      "Start one with `unum up`, or say where it is with --url URL --token-file FILE.",
    );
  }
  const tokenFile = givenTokenFile === undefined ? found.tokenFile : resolve(cwd, givenTokenFile);
  return {
    url: found.url,
    token: readToken(tokenFile),
    whereFrom: found.file,
    directory: dirname(found.file),
    others: found.others,
  };
}

type Description = {
  readonly file: string;
  readonly url: string;
  readonly others: readonly string[];
  readonly tokenFile: string;
};

/** Every `cluster.json` that there is in the places to look, the nearest first; `unreadable` grows. */
function descriptions(
  { cwd, packageDirectory }: Pick<CliIo, "cwd" | "packageDirectory">,
  home: string,
  unreadable: string[],
): readonly Description[] {
  const directories: string[] = [];
  for (let at = resolve(cwd); ; at = dirname(at)) {
    directories.push(join(at, ".unum"));
    if (dirname(at) === at) break;
  }
  directories.push(join(packageDirectory, ".unum"));
  const attempt = <Value>(file: string, read: () => Value): Value | undefined => {
    try {
      return read();
    } catch {
      unreadable.push(file);
      return undefined;
    }
  };
  const currentFile = join(home, ".unum/current");
  const current = attempt(currentFile, () => readFileIfThere(currentFile)?.trim());
  if (current !== undefined && isAbsolute(current)) directories.push(current);
  return directories.flatMap((directory) => {
    const file = join(directory, "cluster.json");
    const content = attempt(file, () => readClusterFile(directory));
    if (content === undefined) return [];
    const url = checkUrl(content.url, file);
    const gateways = (content.gateways ?? []).map((each) => checkUrl(each, file));
    const others = gateways.filter((each) => each !== url);
    return { file, url, others, tokenFile: resolve(directory, content.tokenFile) };
  });
}

/** Without a slash at the end. */
function checkUrl(text: string, whereFrom: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError(
      `"${text}" from ${whereFrom} is no address of a cluster`,
      exitCodes.usage,
      "Write it as http://127.0.0.1:8080.",
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CliError(
      `the token's file ${file} cannot be read: ${error instanceof Error ? error.message : error}`,
      exitCodes.failure,
      "Only the user who started the cluster may read it: be that user, or give a file with --token-file.",
    );
  }
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
