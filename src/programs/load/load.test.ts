/**
 * The frameworks of a load against a master that counts: what they launch, acknowledge and leave behind.
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import { StubMaster } from "../../../test/support/stub-scheduler-master.ts";
import { until } from "../../../test/until.ts";
import { percentile } from "./percentile.ts";
import { roomFor } from "./placement.ts";
import { type LoadPlan, launchAll } from "./run.ts";
import { connectScheduler } from "./scheduler-client.ts";
import { Tally } from "./tally.ts";

type Changes = Partial<LoadPlan> & {
  readonly perAgentMax?: number;
  readonly perAcceptMax?: number;
  readonly offerHeldMs?: number;
};

const planOf = ({ perAgentMax, perAcceptMax, offerHeldMs, ...changes }: Changes): LoadPlan => ({
  frameworks: 1,
  tasks: 100,
  rate: undefined,
  until: "running",
  namePrefix: "load",
  launched: () => {},
  job: {
    role: "*",
    size: { cpus: 0.1, memMib: 1 },
    command: "sleep 1000",
    perAcceptMax: perAcceptMax ?? 100,
    perAgentMax: perAgentMax ?? Number.POSITIVE_INFINITY,
    offerHeldMs: offerHeldMs,
  },
  ...changes,
});

async function run(
  url: string,
  encoding: Encoding,
  changes: Changes = {},
  signal = aMinute(),
): Promise<Tally> {
  const connections = connectScheduler({ url, token: undefined, encoding });
  const tally = new Tally();
  try {
    await launchAll(planOf(changes), connections, tally, signal);
  } finally {
    await connections.close();
  }
  return tally;
}

const aMinute = (): AbortSignal => AbortSignal.timeout(60_000);

for (const encoding of ["json", "protobuf"] as const) {
  test(`load: ${encoding}: every task is launched once, acknowledged once, and removed`, async () => {
    const master = new StubMaster(encoding, 4, 5);
    const tally = await run(await master.listen(), encoding, { tasks: 150, perAcceptMax: 7 });
    assert.deepEqual(master.wrongs, []);
    assert.equal(new Set(master.launched.map(({ task_id }) => task_id.value)).size, 150);
    assert.equal(master.launched.length, 150);
    assert.equal(tally.ran, 150);
    assert.equal(tally.latenciesMs.length, 150);
    assert.equal(tally.callsFailed, 0);
    assert.equal(new Set(master.acknowledged).size, master.acknowledged.length);
    assert.equal(master.called("SUPPRESS").length, 1);
    assert.equal(master.called("TEARDOWN").length, 1);
    for (const { accept } of master.called("ACCEPT")) {
      assert.ok((accept?.operations?.[0]?.launch?.task_infos?.length ?? 0) <= 7);
    }
  });
}

test("load: several frameworks share the tasks, and a wanted rate is not overtaken", async () => {
  const master = new StubMaster("json", 8, 5);
  const startedAtMs = performance.now();
  const tally = await run(await master.listen(), "json", {
    frameworks: 3,
    tasks: 20,
    rate: 100,
    offerHeldMs: 20,
  });
  // The 20th is due 190 ms after the start.
  assert.ok(performance.now() - startedAtMs >= 189);
  assert.equal(tally.ran, 20);
  assert.deepEqual(master.wrongs, []);
  const names = master.launched.map(({ name }) => name.replace(/-\d+$/, ""));
  const counts = ["load-1", "load-2", "load-3"].map((name) => names.filter((each) => each === name).length);
  assert.deepEqual(counts, [7, 7, 6]);
  assert.equal(master.called("TEARDOWN").length, 3);
});

test("load: an agent gets no more than its share, and one that is full is declined", async () => {
  const master = new StubMaster("protobuf", 5, 9);
  await run(await master.listen(), "protobuf", { tasks: 20, perAgentMax: 4, perAcceptMax: 3 });
  const perAgent = Map.groupBy(master.launched, ({ agent_id }) => agent_id.value);
  assert.deepEqual(
    [...perAgent.values()].map((tasks) => tasks.length),
    [4, 4, 4, 4, 4],
  );
  assert.ok(master.called("DECLINE").length > 0);
});

test("load: tasks that end are awaited, and those that fail are told with their state", async () => {
  const master = new StubMaster("json", 2, 5);
  master.becomes = ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"];
  const url = await master.listen();
  const ended = await run(url, "json", { tasks: 10, until: "ended" });
  assert.deepEqual([ended.ran, ended.finished, ended.failed], [10, 10, 0]);
  assert.equal(master.acknowledged.length, 30);

  master.becomes = ["TASK_ERROR"];
  const failed = await run(url, "json", { tasks: 10 });
  assert.deepEqual([failed.ran, failed.finished, failed.failed, failed.settled], [0, 0, 10, 10]);
  assert.deepEqual([...failed.troubles], ["TASK_ERROR: no reason given"]);
});

test("load: what the master refuses is told, and a stream that ends fails the run", async () => {
  const master = new StubMaster("json", 1, 1);
  master.refusal = "not today";
  const ending = new AbortController();
  const url = await master.listen();
  const running = run(url, "json", { tasks: 3 }, ending.signal);
  await until("an ACCEPT", () => master.called("ACCEPT").length > 0);
  ending.abort();
  const tally = await running;
  assert.match([...tally.troubles].join(), /answers ACCEPT with 400: not today/);

  master.refusal = undefined;
  master.becomes = [];
  const seen = master.called("SUBSCRIBE").length;
  const cut = run(url, "json", { tasks: 3 });
  await until("a SUBSCRIBE", () => master.called("SUBSCRIBE").length > seen);
  master.cutStreams();
  await assert.rejects(cut, /ended the stream of events/);
});

test("load: a master that does not lead is followed to the one that does", async () => {
  const master = new StubMaster("protobuf", 2, 5);
  const leader = await master.listen();
  const standby = createServer((_, response) => {
    response.writeHead(307, { location: `//${new URL(leader).host}/api/v1/scheduler` }).end();
  });
  after(() => standby.close());
  await new Promise<void>((resolve) => standby.listen(0, "127.0.0.1", resolve));
  const tally = await run(`http://127.0.0.1:${(standby.address() as AddressInfo).port}`, "protobuf", {
    tasks: 5,
  });
  assert.equal(tally.ran, 5);
});

test("placement: amounts are counted in thousandths, and what is reserved does not count", () => {
  const offer = (cpus: number, role?: string) => ({
    id: { value: "o" },
    framework_id: { value: "f" },
    agent_id: { value: "a" },
    hostname: "a",
    resources: [
      { name: "cpus", type: "SCALAR", scalar: { value: cpus } } as const,
      {
        name: "cpus",
        type: "SCALAR",
        scalar: { value: 100 },
        reservations: [{ type: "STATIC", role: role ?? "r" }],
      } as const,
      { name: "mem", type: "SCALAR", scalar: { value: 64 } } as const,
    ],
  });
  assert.equal(roomFor({ cpus: 0.1, memMib: 1 }, offer(1)), 10);
  assert.equal(roomFor({ cpus: 0.1, memMib: 1 }, offer(0.7)), 7);
  assert.equal(roomFor({ cpus: 0.1, memMib: 32 }, offer(1)), 2);
  assert.equal(roomFor({ cpus: 0.1, memMib: 100 }, offer(1)), 0);
});

test("percentile: the smallest value that so many do not exceed", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)], [50, 99, 100]);
  assert.equal(percentile([7], 0.5), 7);
  assert.equal(percentile([], 0.5), undefined);
});
