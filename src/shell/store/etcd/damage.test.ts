/**
 * What may be found below a prefix of etcd and is none of ours, newer, or damaged: it is refused with what is wrong, and stays.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { LoadOutcome } from "#ports/store.ts";
import { hasEtcd, TestEtcd } from "../../../../test/support/etcd.ts";
import { createEtcdClient, type EtcdClient } from "./etcd-client.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { encode, formatVersion, keysBelow } from "./keys.ts";
import { campaign } from "./leadership.ts";

describe("etcd that is not as we left it", { skip: hasEtcd ? false : "etcd is not installed" }, () => {
  let etcd: TestEtcd;
  let client: EtcdClient;
  let prefixes = 0;
  before(async () => {
    etcd = await TestEtcd.start();
    client = createEtcdClient({ endpoints: [etcd.url] });
  });
  after(async () => {
    await client.close();
    await etcd.kill();
  });

  const all = async (prefix: string): Promise<unknown> => {
    const { kvs } = await client.call("kv/range", {
      key: encode(`${prefix}/`),
      range_end: encode(`${prefix}0`),
    });
    return ((kvs ?? []) as readonly { key: string; value: string }[]).map(({ key, value }) => [key, value]);
  };

  const refuses = async (values: Readonly<Record<string, string>>, message: RegExp): Promise<void> => {
    prefixes += 1;
    const prefix = `/bad-${prefixes}`;
    for (const [name, value] of Object.entries(values))
      await client.call("kv/put", { key: encode(`${prefix}/${name}`), value: encode(value) });
    const found = await all(prefix);
    const keys = keysBelow(prefix);
    const onLost = (reason: string): never => assert.fail(reason);
    const leadership = await campaign({ client, keys, name: "m", leaseSeconds: 5, onLost });
    const store = openEtcdStore({ client, keys, fence: leadership.fence, patienceMs: 1_000 });
    const outcome = await new Promise<LoadOutcome>((resolve) => store.load(["app"], resolve));
    await store.close();
    await leadership.resign();
    assert.ok(!outcome.ok);
    assert.match(outcome.reason, message);
    assert.deepEqual(await all(prefix), found, "nothing was changed");
  };

  const ours = { format: formatVersion };

  it("what another program keeps there", () =>
    refuses(
      { "config/db": "x" },
      /below \/bad-\d+\/ lies what Unum did not write; give another prefix, or remove it/,
    ));
  it("what another program keeps there, after our election's key", () =>
    refuses({ "zoo/keeper": "x" }, /lies what Unum did not write/));
  it("a newer format", () =>
    refuses({ format: "unum 2" }, /lies the format "unum 2"; this release reads "unum 1"/));
  it("a row that is none", () =>
    refuses(
      { ...ours, "row/app//web": "hello" },
      /row app \/web is none that Unum wrote; restore the store/,
    ));
  it("a row of which a piece is missing", () =>
    refuses(
      { ...ours, "row/app//web": '1+2 {"a":' },
      /row app \/web is not whole; the store is damaged, restore it/,
    ));
  it("a staged batch of which a part is missing", () =>
    refuses(
      { ...ours, "staged/count": "3", "staged/part/00000000": "" },
      /a batch of 3 parts has 1; the store is damaged, restore it/,
    ));
  for (const part of ["???", '["/bad","x"]\n', '["/elsewhere",1]\n1', '["/bad-1/row/app/x",9]\nshort']) {
    it(`a staged part that is ${JSON.stringify(part)}`, () =>
      refuses(
        { ...ours, "staged/count": "1", "staged/part/00000000": part },
        /staged\/part\/00000000 is no part of a batch; the store is damaged/,
      ));
  }
});
