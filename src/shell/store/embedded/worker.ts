/**
 * The embedded store's worker thread: takes the requests in order and answers each.
 *
 * Group commit: all batches that wait when the thread becomes free share one transaction, and so one wait
 * for the disk; each still has its own outcome. After a failed commit it accepts nothing more.
 */

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { present } from "#base/assert.ts";
import type { CommitOutcome, SliceOutcome, StoredRow } from "#ports/store.ts";
import { type Database, openDatabase } from "./database.ts";
import type { WorkerAnswer, WorkerRequest } from "./messages.ts";
import type { TableSnapshot } from "./table-snapshot.ts";

const port = present(parentPort, "the store's worker runs in a worker thread");
const answer = (message: WorkerAnswer): void => port.postMessage(message);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Bounds one transaction, so that no batch waits for an endless queue before it. */
const groupBatchesMax = 256;

let database: Database | undefined;
let failure: string | undefined;
try {
  database = openDatabase((workerData as { readonly path: string }).path);
} catch (error) {
  failure = textOf(error);
}

port.on("message", (first: WorkerRequest) => {
  let request: WorkerRequest | undefined = first;
  while (request !== undefined) {
    if (request.type !== "commit") {
      handle(request);
      request = takeWaiting();
      continue;
    }
    const group: (readonly StoredRow[])[] = [];
    let next: WorkerRequest | undefined = request;
    while (next?.type === "commit") {
      group.push(next.rows);
      next = group.length < groupBatchesMax ? takeWaiting() : undefined;
    }
    answer({ type: "committed", outcomes: commitGroup(group) });
    request = next;
  }
});

function takeWaiting(): WorkerRequest | undefined {
  return receiveMessageOnPort(port)?.message as WorkerRequest | undefined;
}

function handle(request: Exclude<WorkerRequest, { type: "commit" }>): void {
  switch (request.type) {
    case "load":
      load(request.kinds);
      return;
    case "kinds":
      answer({ type: "kinds", outcome: attempt((open) => ({ ok: true, kinds: open.kinds() })) });
      return;
    case "next-slice":
      answer({ type: "slice", snapshot: request.snapshot, outcome: nextSlice(request.snapshot) });
      return;
    case "drop-snapshot":
      dropSnapshot(request.snapshot);
      return;
    case "close":
      close();
      return;
    default:
      request satisfies never;
  }
}

function load(kinds: readonly string[]): void {
  if (database === undefined || failure !== undefined) {
    answer({ type: "loaded", outcome: { ok: false, reason: failure ?? "the store is closed" } });
    return;
  }
  try {
    for (const rows of database.load(kinds)) answer({ type: "rows", rows });
    answer({ type: "loaded", outcome: { ok: true } });
  } catch (error) {
    failure = `reading failed: ${textOf(error)}`;
    answer({ type: "loaded", outcome: { ok: false, reason: failure } });
  }
}

/** Reading that fails harms nobody but who asked. */
function attempt<Outcome>(read: (open: Database) => Outcome): Outcome | { ok: false; reason: string } {
  if (database === undefined) return refused();
  try {
    return read(database);
  } catch (error) {
    return { ok: false, reason: `reading failed: ${textOf(error)}` };
  }
}

const snapshots = new Map<number, TableSnapshot>();

/** A slice keeps commits waiting: it is a few milliseconds' work. */
const sliceCharactersMax = 500_000;

const nextSlice = (number: number): SliceOutcome =>
  attempt((open) => {
    const snapshot = snapshots.get(number) ?? open.snapshot();
    snapshots.set(number, snapshot);
    const slice = snapshot.next(sliceCharactersMax);
    if (slice.isLast) dropSnapshot(number);
    return { ok: true, revision: snapshot.revision, ...slice };
  });

function dropSnapshot(number: number): void {
  const snapshot = snapshots.get(number);
  snapshots.delete(number);
  if (snapshot !== undefined) database?.drop(snapshot);
}

function commitGroup(group: readonly (readonly StoredRow[])[]): CommitOutcome[] {
  if (database === undefined || failure !== undefined) return group.map(refused);
  try {
    const revision = database.commit(group);
    return group.map((_, index) => ({ ok: true, revision: revision + index }));
  } catch (error) {
    if (group.length > 1) return commitOneByOne(database, group);
    failure = `writing failed: ${textOf(error)}`;
    return [refused()];
  }
}

/** The group failed as one and nothing of it was written: those before the culprit are still good. */
function commitOneByOne(open: Database, group: readonly (readonly StoredRow[])[]): CommitOutcome[] {
  return group.map((rows): CommitOutcome => {
    if (failure !== undefined) return refused();
    try {
      return { ok: true, revision: open.commit([rows]) };
    } catch (error) {
      failure = `writing failed: ${textOf(error)}`;
      return refused();
    }
  });
}

const refused = (): { ok: false; reason: string } => ({
  ok: false,
  reason: failure ?? "the store is closed",
});

function close(): void {
  database?.close();
  database = undefined;
  answer({ type: "closed" });
  port.close();
}
