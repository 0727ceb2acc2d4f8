import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import type { CommitOutcome, LoadOutcome, Store, StoredRow } from "#ports/store.ts";
import { testSnapshotContract } from "../../../../test/snapshot-contract.ts";
import { type StoreWorld, testStoreContract } from "../../../../test/store-contract.ts";
import { until } from "../../../../test/until.ts";
import { formatVersion } from "./examine.ts";
import { type EmbeddedStore, openEmbeddedStore } from "./store.ts";

testStoreContract("embedded store", (): StoreWorld => {
  const directory = temporaryDirectory();
  let store: EmbeddedStore | undefined;
  return {
    open: () => {
      store = openEmbeddedStore(join(directory, "unum.db"));
      return store;
    },
    close: () => store?.close(),
    until: (condition) => until("the store's answer", condition).then(() => undefined),
    destroy: async () => {
      await store?.close();
      rmSync(directory, { recursive: true });
    },
  };
});

testSnapshotContract("embedded store", async () => {
  const directory = temporaryDirectory();
  const store = openEmbeddedStore(join(directory, "unum.db"));
  return {
    store,
    destroy: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});

test("kill -9 in the middle of committing loses nothing acknowledged and keeps no batch in part", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "unum.db");
  try {
    let acknowledged = 0;
    for (let round = 0; round < 3; round += 1) {
      acknowledged = await commitUntilKilled(path, acknowledged + 1, 25 + 40 * round);
      const rows = await withStore(path, load);
      assert.equal(rows.length, 3);
      assert.equal(new Set(rows.map((row) => row.value)).size, 1, "the rows of one batch agree");
      const found = Number(rows[0]?.value);
      assert.ok(found >= acknowledged, `${acknowledged} was acknowledged, ${found} is there`);
      acknowledged = found;
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a batch over the bounds fails, and with it every later commit; what came before stays", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "unum.db");
  try {
    await withStore(path, async (store) => {
      await load(store);
      const good = commit(store, [row("a", "1", "true")]);
      const large = commit(store, [
        row("a", "2", "true"),
        row("a", "3", "x".repeat(limits.storeRowBytesMax + 1)),
      ]);
      const later = commit(store, [row("a", "4", "true")]);
      assert.equal((await good).ok, true);
      const outcome = await large;
      assert.match(outcome.ok ? "" : outcome.reason, /row a 3 is over the bound/);
      assert.deepEqual(await later, outcome);
    });
    assert.deepEqual(await withStore(path, load), [row("a", "1", "true")]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a failed write poisons the store: later commits fail although they would succeed", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "unum.db");
  try {
    await withStore(path, load);
    const database = new DatabaseSync(path);
    database.exec(
      "CREATE TRIGGER broken BEFORE INSERT ON rows WHEN NEW.id = 'bad' BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    database.close();
    await withStore(path, async (store) => {
      await load(store);
      const outcomes = await Promise.all(
        ["1", "2", "bad", "3"].map((id) => commit(store, [row("a", `with-${id}`, "1"), row("a", id, "1")])),
      );
      assert.deepEqual(
        outcomes.map((outcome) => outcome.ok),
        [true, true, false, false],
      );
      assert.equal((await commit(store, [row("a", "4", "1")])).ok, false);
    });
    const ids = (await withStore(path, load)).map((stored) => stored.id).sort();
    assert.deepEqual(ids, ["1", "2", "with-1", "with-2"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const refusals: readonly [name: string, prepare: (path: string) => void | Promise<void>, message: RegExp][] =
  [
    [
      "a file of a newer format",
      (path) => {
        const database = new DatabaseSync(path);
        database.exec(`PRAGMA application_id = ${0x556e756d}; PRAGMA user_version = ${formatVersion + 1}`);
        database.close();
      },
      /has format 2; this version of Unum reads up to format 1\. Start the version that wrote it/,
    ],
    [
      "a file that is no database",
      (path) => writeFileSync(path, "hello ".repeat(1_000)),
      /is damaged .*Restore it/,
    ],
    [
      "another program's database",
      (path) => {
        const database = new DatabaseSync(path);
        database.exec("CREATE TABLE songs (name TEXT)");
        database.close();
      },
      /is a database of another program/,
    ],
    [
      "a file that was cut short",
      async (path) => {
        await withStore(path, async (store) => {
          await load(store);
          await commit(
            store,
            Array.from({ length: 500 }, (_, index) => row("a", `${index}`, `"${"x".repeat(200)}"`)),
          );
        });
        truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
      },
      /is damaged/,
    ],
  ];

for (const [name, prepare, message] of refusals) {
  test(`${name} is refused with a reason, and left as it is`, async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "unum.db");
    try {
      await prepare(path);
      const size = statSync(path).size;
      const store = openEmbeddedStore(path);
      const outcome = await tryLoad(store);
      assert.ok(!outcome.ok);
      assert.match(outcome.reason, message);
      assert.equal((await commit(store, [row("a", "1", "1")])).ok, false);
      await store.close();
      assert.equal(statSync(path).size, size);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test("a directory that does not exist is said", async () => {
  const store = openEmbeddedStore("/nonexistent-directory/unum.db");
  const outcome = await tryLoad(store);
  assert.ok(!outcome.ok);
  assert.match(outcome.reason, /\/nonexistent-directory\/unum\.db cannot be opened .*directory exists/);
  await store.close();
});

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "unum-store-"));
}

const row = (kind: string, id: string, value: string | undefined): StoredRow => ({
  kind,
  id,
  version: 1,
  value,
});

async function withStore<Value>(path: string, use: (store: EmbeddedStore) => Promise<Value>): Promise<Value> {
  const store = openEmbeddedStore(path);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const tryLoad = (store: Store): Promise<LoadOutcome> => new Promise((resolve) => store.load(["a"], resolve));

async function load(store: Store): Promise<readonly StoredRow[]> {
  const outcome = await tryLoad(store);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.rows;
}

const commit = (store: Store, rows: readonly StoredRow[]): Promise<CommitOutcome> =>
  new Promise((resolve) => store.commit(rows, resolve));

/** A child commits numbers from `first` on; it is killed at `count` acknowledgements. The last one seen. */
async function commitUntilKilled(path: string, first: number, count: number): Promise<number> {
  const program = `
    import { writeSync } from "node:fs";
    const { openEmbeddedStore } = await import(${JSON.stringify(new URL("./store.ts", import.meta.url).href)});
    const store = openEmbeddedStore(${JSON.stringify(path)});
    store.load(["a"], (loaded) => {
      if (!loaded.ok) throw new Error(loaded.reason);
      let number = ${first};
      const next = () => {
        const mine = number++;
        const rows = ["1", "2", "3"].map((id) => ({ kind: "a", id, version: 1, value: String(mine) }));
        store.commit(rows, (outcome) => {
          if (!outcome.ok) throw new Error(outcome.reason);
          writeSync(1, mine + "\\n");
          next();
        });
      };
      for (let index = 0; index < 8; index += 1) next();
    });
  `;
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let last = 0;
  let seen = 0;
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    seen += 1;
    if (seen === count) child.kill("SIGKILL");
  }
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  return last;
}
