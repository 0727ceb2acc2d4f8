/**
 * The store in a real etcd: what every store promises, and what only this one may meet: batches beyond a transaction,
 * deposed leaders, an etcd that goes away, what others wrote.
 */

import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import type { CommitOutcome, LoadOutcome, StoredRow } from "#ports/store.ts";
import { type StoreWorld, testStoreContract } from "../../../../test/store-contract.ts";
import { hasEtcd, TestEtcd } from "../../../../test/support/etcd.ts";
import { until } from "../../../../test/until.ts";
import { countTogether, decodePart, encodePart, inParts, newest } from "./batches.ts";
import { Cells } from "./cells.ts";
import { createEtcdClient, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { type EtcdStore, openEtcdStore } from "./etcd-store.ts";
import { encode, keysBelow } from "./keys.ts";
import { campaign, type Leadership } from "./leadership.ts";

const skip = hasEtcd ? false : "etcd is not installed";
let etcd: TestEtcd;
let prefixes = 0;
const newPrefix = (): string => {
  prefixes += 1;
  return `/test-${prefixes}`;
};

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(() => etcd.kill());
}

const unexpected = (reason: string): never => assert.fail(reason);

type Opened = { readonly client: EtcdClient; readonly leadership: Leadership; readonly store: EtcdStore };

async function lead(
  prefix: string,
  { leaseSeconds = 5, onLost = unexpected as (reason: string) => void, patienceMs = 5_000 } = {},
): Promise<Opened> {
  const client = createEtcdClient({ endpoints: [etcd.url] });
  const keys = keysBelow(prefix);
  const leadership = await campaign({ client, keys, name: "m", leaseSeconds, onLost });
  const store = openEtcdStore({ client, keys, fence: leadership.fence, patienceMs });
  return { client, leadership, store };
}

async function leave({ client, leadership, store }: Opened): Promise<void> {
  await store.close();
  await leadership.resign();
  await client.close();
}

const row = (id: string, value: string | undefined, kind = "a"): StoredRow => ({
  kind,
  id,
  version: 1,
  value,
});
const commit = (store: EtcdStore, rows: readonly StoredRow[]): Promise<CommitOutcome> =>
  new Promise((resolve) => store.commit(rows, resolve));
const load = (store: EtcdStore, kinds = ["a"]): Promise<LoadOutcome> =>
  new Promise((resolve) => store.load(kinds, resolve));

if (hasEtcd) {
  testStoreContract("etcd", (): StoreWorld => {
    const prefix = newPrefix();
    let opened: Opened | undefined;
    // The port opens at once; leadership is won behind it.
    const behind = (use: (store: EtcdStore) => void): void => {
      void opening.then(() => opened && use(opened.store));
    };
    let opening: Promise<void> = Promise.resolve();
    const close = async (): Promise<void> => {
      await opening;
      if (opened !== undefined) await leave(opened);
      opened = undefined;
    };
    return {
      open: () => {
        opening = lead(prefix).then((won) => {
          opened = won;
        });
        return {
          load: (kinds, done) => behind((store) => store.load(kinds, done)),
          commit: (rows, done) => behind((store) => store.commit(rows, done)),
        };
      },
      close,
      until: (condition) => until("the store's answer", condition).then(() => undefined),
      destroy: close,
    };
  });
}

describe("etcd store", { skip }, () => {
  it("takes batches beyond a transaction, whole, and rows as large as any", async () => {
    const prefix = newPrefix();
    const first = await lead(prefix);
    const many = Array.from({ length: 1_000 }, (_, index) => row(`${index}`, `"${"x".repeat(index * 10)}"`));
    assert.ok((await commit(first.store, many)).ok);
    const large = [row("large", `"${"語🙂".repeat(466_000)}"`), row("0", undefined)];
    assert.ok((await commit(first.store, large)).ok);
    assert.ok((await commit(first.store, [row("shrunk", `"${"語".repeat(1_300_000)}"`)])).ok);
    assert.ok((await commit(first.store, [row("shrunk", '"small"')])).ok);
    await leave(first);
    const second = await lead(prefix);
    const outcome = await load(second.store);
    assert.ok(outcome.ok);
    assert.equal(outcome.rows.length, 1_001);
    assert.deepEqual(
      new Map(outcome.rows.map(({ id, value }) => [id, value])),
      new Map(
        [...many.slice(1), large[0] as StoredRow, row("shrunk", '"small"')].map(({ id, value }) => [
          id,
          value,
        ]),
      ),
    );
    await leave(second);
  });

  it("finishes a batch that was made valid, and forgets one that was not", async () => {
    for (const isValid of [true, false]) {
      const prefix = newPrefix();
      const keys = keysBelow(prefix);
      const cells = new Cells(keys);
      const first = await lead(prefix);
      assert.ok((await commit(first.store, [row("before", "1"), row("gone", "1")])).ok);
      const parts = [[row("one", "1"), row("gone", undefined)], [row("two", "2")]];
      for (const [index, part] of parts.entries()) {
        await first.client.call("kv/put", {
          key: encode(keys.stagedPart(index)),
          value: encode(encodePart(part.flatMap((each) => cells.of(each)))),
        });
      }
      if (isValid) await first.client.call("kv/put", { key: encode(keys.stagedCount), value: encode("2") });
      await leave(first);
      const second = await lead(prefix);
      const outcome = await load(second.store);
      assert.ok(outcome.ok);
      const ids = outcome.rows.map(({ id }) => id).sort();
      assert.deepEqual(ids, isValid ? ["before", "one", "two"] : ["before", "gone"]);
      const left = await second.client.call("kv/range", {
        key: encode(`${prefix}/staged/`),
        range_end: encode(`${prefix}/staged0`),
      });
      assert.equal(left.kvs, undefined);
      await leave(second);
    }
  });

  it("is whole wherever its leader dies, also when only the answer was lost", async () => {
    const old = Array.from({ length: 300 }, (_, index) => row(`${index}`, '"old"'));
    const young = old.map(({ id }) => row(id, Number(id) % 3 === 0 ? undefined : '"new"'));
    for (const isAnswerLost of [false, true]) {
      for (let calls = 1; calls <= 10; calls += 1) {
        const prefix = newPrefix();
        const first = await lead(prefix);
        assert.ok((await commit(first.store, old)).ok);
        let left = calls;
        const dying: EtcdClient = {
          ...first.client,
          call: async (path, body) => {
            left -= 1;
            if (left === 0 && isAnswerLost) await first.client.call(path, body);
            if (left <= 0) throw new EtcdError("the process has died", false);
            return first.client.call(path, body);
          },
        };
        const keys = keysBelow(prefix);
        const store = openEtcdStore({ client: dying, keys, fence: first.leadership.fence, patienceMs: 0 });
        const outcome = await commit(store, young);
        await leave(first);
        const second = await lead(prefix);
        const found = await load(second.store);
        assert.ok(found.ok);
        const values = new Set(found.rows.map(({ value }) => value));
        assert.equal(values.size, 1, `${calls} calls: ${[...values]}`);
        assert.equal(found.rows.length, values.has('"new"') ? 200 : 300);
        if (outcome.ok) assert.ok(values.has('"new"'));
        await leave(second);
      }
    }
  });

  it("writes nothing any more once another leads, whatever it believes itself", async () => {
    const prefix = newPrefix();
    const deposed = await lead(prefix);
    assert.ok((await commit(deposed.store, [row("x", "1")])).ok);
    // Its lease is taken away, as when it was cut off for too long.
    await deposed.client.call("kv/deleterange", { key: encode(`${prefix}/leader`) });
    const next = await lead(prefix);
    const outcome = await commit(deposed.store, [row("x", "2")]);
    assert.ok(!outcome.ok);
    assert.match(outcome.reason, /another master leads/);
    assert.ok(!(await commit(deposed.store, [row("y", "1")])).ok, "and nothing after it");
    const found = await load(next.store);
    assert.ok(found.ok);
    assert.deepEqual(found.rows, [row("x", "1")]);
    await leave(next);
    // Or it would be told of its loss, after the test.
    await deposed.leadership.resign();
    await deposed.client.close();
  });

  it("does nothing twice: a write that was said again and arrives late changes nothing", async () => {
    for (const isFirstLost of [false, true]) {
      const opened = await lead(newPrefix());
      let late: (() => Promise<unknown>) | undefined;
      const slow: EtcdClient = {
        ...opened.client,
        call: async (path, body) => {
          if (path !== "kv/txn" || late !== undefined || !JSON.stringify(body).includes(encode('1 "first"')))
            return opened.client.call(path, body);
          late = () => opened.client.call(path, body);
          // It is on its way still, or was carried out: nobody knows.
          if (isFirstLost) await opened.client.call(path, body);
          throw new EtcdError("no answer in time", true);
        },
      };
      const { fence } = opened.leadership;
      const keys = keysBelow(`/test-${prefixes}`);
      const store = openEtcdStore({ client: slow, keys, fence, patienceMs: 5_000 });
      assert.ok((await commit(store, [row("x", '"first"')])).ok);
      assert.ok((await commit(store, [row("x", '"second"')])).ok);
      assert.ok(late !== undefined);
      await late();
      assert.ok((await commit(store, [row("y", "1")])).ok);
      const found = await load(store);
      assert.ok(found.ok);
      assert.deepEqual(found.rows, [row("x", '"second"'), row("y", "1")]);
      await leave(opened);
    }
  });

  it("waits for an etcd that is away for a moment, and loses nothing", async () => {
    const opened = await lead(newPrefix(), { leaseSeconds: 30 });
    assert.ok((await commit(opened.store, [row("x", "1")])).ok);
    etcd.pause();
    const pending = commit(opened.store, [row("x", "2")]);
    etcd.resume();
    assert.ok((await pending).ok);
    await etcd.kill();
    const later = commit(opened.store, [row("x", "3")]);
    await etcd.start();
    assert.ok((await later).ok);
    const found = await load(opened.store);
    assert.ok(found.ok);
    assert.deepEqual(found.rows, [row("x", "3")]);
    await leave(opened);
  });

  it("refuses what others wrote below its prefix, and changes nothing there", async () => {
    const prefix = newPrefix();
    const client = createEtcdClient({ endpoints: [etcd.url] });
    const key = encode(`${prefix}/row/a/1`);
    await client.call("kv/put", { key, value: encode("not ours") });
    const opened = await lead(prefix);
    const outcome = await load(opened.store);
    assert.ok(!outcome.ok);
    assert.match(outcome.reason, /Unum did not write/);
    assert.ok(!(await commit(opened.store, [row("x", "1")])).ok);
    const { kvs } = await client.call("kv/range", { key });
    assert.equal((kvs as readonly { value: string }[])[0]?.value, encode("not ours"));
    await client.call("kv/put", { key: encode(`${prefix}/format`), value: encode("unum 99") });
    const newer = openEtcdStore({
      client,
      keys: keysBelow(prefix),
      fence: opened.leadership.fence,
      patienceMs: 1_000,
    });
    const refused = await load(newer);
    assert.ok(!refused.ok);
    assert.match(refused.reason, /format "unum 99"/);
    await leave(opened);
    await client.close();
  });
});

describe("etcd leadership", { skip }, () => {
  it("is one master's at a time, and another's soon after that one is gone", async () => {
    const prefix = newPrefix();
    const first = await lead(prefix, { leaseSeconds: 2 });
    const client = createEtcdClient({ endpoints: [etcd.url] });
    const seen: string[] = [];
    let isNext = false;
    const next = campaign({
      client,
      keys: keysBelow(prefix),
      name: "next",
      leaseSeconds: 2,
      onLost: unexpected,
      onStandby: (leader) => seen.push(leader ?? "nobody"),
    });
    void next.then(() => {
      isNext = true;
    });
    await until("the standby to see the leader", () => seen.length > 0);
    assert.deepEqual([seen, isNext], [["m"], false]);
    await leave(first);
    const won = await next;
    await won.resign();
    await client.close();
  });

  it("tells its holder when it is lost", async () => {
    const prefix = newPrefix();
    let lost = "";
    const held = await lead(prefix, {
      leaseSeconds: 2,
      onLost: (reason) => {
        lost = reason;
      },
    });
    const { leases } = await held.client.call("lease/leases", {});
    for (const { ID } of leases as readonly { ID: string }[]) await held.client.call("lease/revoke", { ID });
    await until("the loss to be told", () => lost !== "");
    assert.match(lost, /lease at etcd has run out/);
    await held.client.close();
  });
});

const cellArbitrary = fc.record(
  {
    key: fc.string({ unit: "binary" }),
    value: fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
  },
  { noNullPrototype: true },
);

test("a part of a batch comes out as it went in", () => {
  fc.assert(
    fc.property(fc.array(cellArbitrary), (cells) => {
      assert.deepEqual(decodePart(encodePart(cells)), cells);
    }),
  );
});

test("parts hold every cell once, in order, and none is too large unless one cell alone is", () => {
  const sized = fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 300 });
  fc.assert(
    fc.property(sized, (sizes) => {
      const cells = sizes.map((size, index) => ({ key: `${index}`, value: "x".repeat(size) }));
      const parts = inParts(cells);
      assert.deepEqual(parts.flat(), cells);
      for (const part of parts) {
        assert.ok(part.length <= limits.etcdOperationsMax);
        const bytes = part.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        assert.ok(bytes <= limits.etcdTransactionBytesMax);
      }
      assert.ok(countTogether(parts) >= Math.min(1, parts.length));
    }),
    { numRuns: 20 },
  );
});

test("of a key that is named twice the newest cell is written", () => {
  const cells = [
    { key: "x", value: "1" },
    { key: "y", value: "1" },
    { key: "x", value: undefined },
  ];
  assert.deepEqual(newest(cells), [cells[2], cells[1]]);
});

test("a row of any size comes out of its cells, and leaves nothing of a larger one behind", async () => {
  const keys = keysBelow("/p");
  const size = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 300_000, max: 1_400_000 }));
  const text = fc
    .tuple(size, fc.constantFrom("x", "語", "🙂", "a🙂"))
    .map(([length, unit]) => unit.repeat(length / unit.length));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(text, { nil: undefined }), { minLength: 1, maxLength: 4 }),
      async (values) => {
        const cells = new Cells(keys);
        const stored = new Map<string, string>();
        for (const value of values) {
          for (const cell of cells.of(row("x", value))) {
            if (cell.value === undefined) stored.delete(cell.key);
            else stored.set(cell.key, cell.value);
            assert.ok(Buffer.byteLength(cell.value ?? "") < limits.etcdTransactionBytesMax);
          }
        }
        const last = values.at(-1);
        const first = stored.get(keys.row(row("x", "")));
        if (last === undefined) return assert.equal(stored.size, 0);
        const read = await new Cells(keys).row("a", "x", first ?? "", async (key) => stored.get(key));
        assert.equal(read.value, last);
        const pieces = Number(/^1\+(\d+)/.exec(first ?? "")?.[1] ?? 0);
        assert.equal(stored.size, 1 + pieces);
      },
    ),
    { numRuns: 20 },
  );
});
