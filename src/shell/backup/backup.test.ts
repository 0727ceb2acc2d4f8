/**
 * A backup comes out as it went in, or is refused: no byte of it can be lost or changed unseen.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import type { FlowSink } from "#ports/door.ts";
import type { SliceOutcome, WholeStore } from "#ports/store.ts";
import { BackupFault, type BackupRow, formatHead, formatRow, formatTail } from "#wire/backup/backup-file.ts";
import { createBackups } from "./make-backups.ts";
import { readBackup } from "./read-backup.ts";

const facts = { release: "1.2.3", cluster: { id: "c1", name: "blue" } };

/** One that holds these, in slices of two; `fails`: after the first. */
function storeOf(rows: readonly BackupRow[], fails = false): WholeStore & { open: number } {
  const store = {
    open: 0,
    load: () => assert.fail("not asked for"),
    commit: () => assert.fail("not asked for"),
    kinds: () => assert.fail("not asked for"),
    snapshot: () => {
      store.open += 1;
      let at = 0;
      return {
        next: (done: (outcome: SliceOutcome) => void) => {
          queueMicrotask(() => {
            if (fails && at > 0) return done({ ok: false, reason: "the disk is gone" });
            const slice = rows.slice(at, at + 2);
            at += 2;
            done({ ok: true, rows: slice, isLast: at >= rows.length, revision: 7 });
          });
        },
        close: () => {
          store.open -= 1;
        },
      };
    },
  };
  return store;
}

/** Takes one piece at a time. */
async function make(store: WholeStore): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const chunks: Uint8Array[] = [];
  const sink: FlowSink = {
    write: (chunk) => {
      chunks.push(chunk);
      setImmediate(() => source?.resume());
      return false;
    },
    end: resolve,
  };
  const source = createBackups(store, facts, () => 0)
    .start()
    ?.write(sink);
  await promise;
  source?.closed();
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = async (bytes: Buffer, size = 64) => {
  const rows: BackupRow[] = [];
  const { head } = await readBackup(pieces(bytes, size), (row) => rows.push(row));
  return { head, rows };
};

const faultOf = async (bytes: Buffer, size?: number): Promise<string> => {
  const error = await read(bytes, size).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof BackupFault, `it is refused: ${error ?? "it was taken"}`);
  return error.message;
};

const rowArbitrary: fc.Arbitrary<BackupRow> = fc.record(
  {
    kind: fc.constantFrom("app", "quota", "é"),
    id: fc.string({ unit: "grapheme", maxLength: 6 }),
    version: fc.integer({ min: 1, max: 9 }),
    value: fc.jsonValue().map((value) => JSON.stringify(value)),
  },
  { noNullPrototype: true },
);

test("what is backed up comes out as it went in, however the bytes come", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rowArbitrary), fc.integer({ min: 1, max: 200 }), async (rows, size) => {
      const store = storeOf(rows);
      const found = await read(await make(store), size);
      assert.deepEqual(found.rows, rows);
      assert.deepEqual(found.head, { ...facts, createdAt: "1970-01-01T00:00:00.000Z", revision: 7 });
      assert.equal(store.open, 0, "the snapshot is closed");
    }),
    { numRuns: 50 },
  );
});

const three: readonly BackupRow[] = [
  { kind: "app", id: "/web", version: 1, value: '{"cmd":"sleep 1"}' },
  { kind: "app", id: "/db", version: 1, value: '{"cmd":"sleep 2"}' },
  { kind: "quota", id: "dev", version: 1, value: "{}" },
];

test("any bit that changed is seen, and any byte that is missing", async () => {
  const bytes = await make(storeOf(three));
  for (let at = 0; at < bytes.length; at += 1) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    await faultOf(flipped);
    const cut = await faultOf(bytes.subarray(0, at));
    assert.match(cut, at === 0 ? /it is empty/ : /cut short|no backup of Unum/);
  }
});

test("what is none of ours, or of a newer format, is refused with what it is", async () => {
  assert.match(await faultOf(Buffer.from('{"apps":[]}\n')), /it is no backup of Unum/);
  assert.match(await faultOf(Buffer.from("SQLite format 3\0".repeat(1_000))), /it is no backup of Unum/);
  assert.match(await faultOf(Buffer.alloc(limits.backupLineBytesMax + 100, 1), 1 << 20), /a line has no end/);
  const bytes = await make(storeOf(three));
  const newer = Buffer.from(bytes.toString().replace('"version":1', '"version":2'));
  assert.match(
    await faultOf(newer),
    /it has the format 2, written by release 1\.2\.3; this one reads format 1/,
  );
  assert.match(
    await faultOf(Buffer.concat([bytes, Buffer.from("more\n")])),
    /something follows after its end/,
  );
});

test("one whose making failed says why, and is refused", async () => {
  const bytes = await make(storeOf(three, true));
  assert.match(await faultOf(bytes), /not whole, for making it failed: the disk is gone/);
});

test("a sum that is right for rows that are too few is refused", async () => {
  const text = formatHead({ ...facts, createdAt: "now", revision: 1 }) + formatRow(three[0] as BackupRow);
  const sha256 = createHash("sha256").update(text).digest("hex");
  assert.match(
    await faultOf(Buffer.from(text + formatTail({ ok: true, rows: 2, sha256 }))),
    /of 2 rows it holds 1/,
  );
});

test("so many are made at once, and no more until one is over or given up", () => {
  const backups = createBackups(storeOf(three), facts, () => 0);
  const made = Array.from({ length: limits.backupsMax }, () => backups.start());
  assert.ok(made.every((backup) => backup !== undefined));
  assert.equal(backups.start(), undefined);
  made[0]?.cancel();
  const source = backups.start()?.write({ write: () => true, end: () => {} });
  assert.equal(backups.start(), undefined);
  source?.closed();
  assert.ok(backups.start() !== undefined);
});
