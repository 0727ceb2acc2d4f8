/**
 * `unum backup`: all that the cluster's masters have stored, as a file that `unum restore` reads.
 *
 * What arrives is checked as it is written; the file gets its name when all of it is there and well.
 */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ReadBackup, readBackup } from "#shell/backup/read-backup.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  textOption,
} from "../command.ts";
import { LiveText } from "../live-text.ts";

export const backup: Command = {
  name: "backup",
  summary: "keep all that the cluster has stored in a file, while it runs",
  positionals: "",
  options: [
    {
      name: "output",
      short: "o",
      value: "FILE",
      summary: "where to; - for standard output (default: unum-TIME.backup)",
    },
    { name: "json", summary: "what is in it, as JSON" },
  ],
  details:
    "The backup is of one moment, and holds apps, pods, groups, deployments, agents, frameworks, quotas, weights,\n" +
    "operations and maintenance, but neither the token nor what tasks have written. It holds the environment of\n" +
    "every app: keep it as you keep the token. `unum restore` puts it into an empty store, a file or etcd.",
  examples: [
    "unum backup",
    "unum backup -o /var/backups/unum.backup",
    "unum backup -o - | gzip > unum.backup.gz",
  ],
  run: makeBackup,
};

async function makeBackup(context: CommandContext): Promise<ExitCode> {
  const { options, io } = context;
  const given = textOption(options, "output");
  const stamp = new Date(io.nowMs()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const file = given === "-" ? undefined : resolve(io.cwd, given ?? join(io.cwd, `unum-${stamp}.backup`));
  const api = await context.connect();
  const { body } = await api.open({ method: "POST", path: "/unum/v1/backup", what: "make a backup" });
  const result = file === undefined ? await toOutput(context, body) : await toFile(context, body, file);
  const { cluster, createdAt, release } = result.read.head;
  if (isSet(options, "json")) {
    const { rows, bytes, sha256 } = result.read;
    const text = JSON.stringify({
      file: file ?? null,
      cluster,
      createdAt,
      release,
      rows,
      bytes,
      sha256,
      kinds: result.kinds,
    });
    if (file === undefined) context.note(text);
    else context.print(text);
  } else {
    const what = Object.entries(result.kinds)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(", ");
    context.note(`Backup of cluster ${cluster.name} (${cluster.id}) as it was at ${createdAt}: ${what}.`);
    if (file !== undefined) context.print(file);
  }
  return exitCodes.ok;
}

type Kept = { readonly read: ReadBackup; readonly kinds: Readonly<Record<string, number>> };

async function toFile(context: CommandContext, body: AsyncIterable<Uint8Array>, file: string): Promise<Kept> {
  const partial = `${file}.partial`;
  let descriptor: number;
  try {
    rmSync(partial, { force: true });
    descriptor = openSync(partial, "wx", 0o600);
  } catch (error) {
    throw new CliError(`cannot write ${partial}: ${reasonOf(error)}`, exitCodes.failure);
  }
  try {
    try {
      const kept = await check(context, body, (chunk) => {
        for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
      });
      fsyncSync(descriptor);
      renameSync(partial, file);
      return kept;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    rmSync(partial, { force: true });
    if (error instanceof CliError) throw error;
    throw new CliError(
      `cannot write ${file}: ${reasonOf(error)}`,
      exitCodes.failure,
      "Nothing of it was kept.",
    );
  }
}

function toOutput(context: CommandContext, body: AsyncIterable<Uint8Array>): Promise<Kept> {
  const output = context.io.raw?.stdout;
  if (output === undefined || context.io.stdout.isTerminal) {
    throw new CliError("a backup is not for a terminal", exitCodes.usage, "Name a file: -o FILE.");
  }
  return check(context, body, (chunk) => {
    if (output.write(chunk)) return undefined;
    return new Promise((done) => void output.once("drain", done));
  });
}

async function check(
  context: CommandContext,
  body: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<void> | undefined,
): Promise<Kept> {
  const { stderr } = context.io;
  const live = new LiveText(stderr);
  const kinds: Record<string, number> = {};
  let rows = 0;
  let shownAtMs = 0;
  let isWriting = false;
  async function* passing(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      isWriting = true;
      await write(chunk);
      isWriting = false;
      yield chunk;
      if (!stderr.isTerminal || context.io.nowMs() - shownAtMs < 100) continue;
      shownAtMs = context.io.nowMs();
      live.show([`${rows} rows`], `${rows} rows`);
    }
  }
  try {
    const read = await readBackup(passing(), ({ kind }) => {
      rows += 1;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    });
    return { read, kinds };
  } catch (error) {
    if (isWriting) throw error;
    throw new CliError(
      `the backup did not arrive whole: ${reasonOf(error)}`,
      exitCodes.failure,
      "Nothing of it was kept. Try again.",
    );
  } finally {
    live.clear();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
