/**
 * A backup's rows into a master's file: written under another name first, and given its own when it is whole.
 *
 * A file that holds something is never written to. With `replace` it gets another name, its log with it.
 */

import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StoredRow } from "#ports/store.ts";
import { openEmbeddedStore } from "#shell/store/embedded/store.ts";
import { storedKinds } from "../master/stored-kinds.ts";
import { commitRows, loadRows } from "../store/calls.ts";
import { describeRows } from "./backup-rows.ts";

export type Restored = {
  /** In words. */
  readonly where: string;
  /** What was there before, if it was moved aside. */
  readonly aside: string | undefined;
};

const rowsPerCommit = 2_000;

export async function restoreIntoFile(
  directory: string,
  rows: readonly StoredRow[],
  options: { readonly replace: boolean; readonly stamp: string },
): Promise<Restored> {
  if (existsSync(join(directory, "store/agent.db")))
    throw new Error(
      `${directory} is the data directory of an agent. Nothing was written. Give the master's.`,
    );
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "master.db");
  const isTaken = existsSync(file) || existsSync(`${file}-wal`);
  if (isTaken) await mayGo(file, options.replace);
  const young = `${file}.restoring`;
  remove(young);
  await fill(young, rows);
  const aside = isTaken ? `${file}.replaced-${options.stamp}` : undefined;
  if (aside !== undefined) moveAway(file, aside);
  try {
    // Fails where a master has made its own meanwhile.
    linkSync(young, file);
  } finally {
    remove(young);
  }
  // A cluster's master that was here before was perhaps of another cluster.
  rmSync(join(directory, "cluster-id"), { force: true });
  syncDirectory(directory);
  return { where: file, aside };
}

/** Throws when what is there is to stay, or somebody has it open. */
async function mayGo(file: string, replace: boolean): Promise<void> {
  const store = openEmbeddedStore(file);
  let holds: string;
  try {
    holds = describeRows(await loadRows(store, [...storedKinds.keys()]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!replace || /in use by another process/.test(reason))
      throw new Error(`${reason} Nothing was written.`);
    return;
  } finally {
    await store.close();
  }
  if (replace) return;
  throw new Error(
    `${file} is there already and holds ${holds}. Nothing was written. Give another --data, or --replace to move it ` +
      "aside.",
  );
}

async function fill(file: string, rows: readonly StoredRow[]): Promise<void> {
  const store = openEmbeddedStore(file);
  try {
    for (let at = 0; at < rows.length; at += rowsPerCommit)
      await commitRows(store, rows.slice(at, at + rowsPerCommit));
  } finally {
    await store.close();
  }
}

/** The log is carried over into the file when that is closed; one of a file that cannot be opened goes along. */
function moveAway(file: string, aside: string): void {
  for (const end of ["", "-wal"])
    if (existsSync(`${file}${end}`)) renameSync(`${file}${end}`, `${aside}${end}`);
}

function remove(file: string): void {
  for (const end of ["", "-wal", "-shm", ".new"]) rmSync(`${file}${end}`, { force: true });
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
