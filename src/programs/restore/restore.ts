/**
 * `unum restore`: a backup into an empty store, while no master runs.
 *
 * The backup is read and checked whole before anything is written; what is there is never written over.
 */

import { UsageError } from "../flags.ts";
import { useUsualUmask } from "../run-program.ts";
import { describeRows, readBackupRows } from "./backup-rows.ts";
import { restoreIntoEtcd } from "./into-etcd.ts";
import { restoreIntoFile } from "./into-file.ts";
import { parseRestoreOptions, type RestoreOptions, restoreHelp } from "./options.ts";

/** Resolves with the exit code. */
export async function runRestore(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(restoreHelp);
    return 0;
  }
  useUsualUmask();
  try {
    await restore(parseRestoreOptions(argv, process.cwd()));
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`unum: ${message}\n`);
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write(`\n${restoreHelp}`);
    return 2;
  }
}

async function restore(options: RestoreOptions): Promise<void> {
  const { into, replace, directory } = options;
  const backup = await readBackupRows(options.file);
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const { where, aside } =
    into.kind === "etcd"
      ? await restoreIntoEtcd(into, backup.all, { replace, stamp, directory })
      : await restoreIntoFile(into.directory, backup.all, { replace, stamp });
  const { cluster, createdAt } = backup.head;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ cluster, createdAt, rows: backup.rows, where, aside })}\n`);
    return;
  }
  const started =
    into.kind === "etcd"
      ? "`unum master --store …` with that store"
      : `\`unum master --data ${into.directory} …\``;
  process.stdout.write(
    `Restored cluster ${cluster.name} (${cluster.id}) as it was at ${createdAt} into ${where}: ` +
      `${describeRows(backup.all)}.\n` +
      `${aside === undefined ? "" : `What was there before is ${aside} now.\n`}` +
      `Start ${started}, with the token that the cluster had; its agents come back by themselves.\n`,
  );
}
