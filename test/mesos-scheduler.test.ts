/**
 * The scheduler API as frameworks meet it: real HTTP against a real cluster, in JSON and in protobuf.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Agent } from "undici";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import { TestCluster } from "./support/cluster.ts";
import { malformedBodies } from "./support/malformed-bodies.ts";
import { scalar, small, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-scheduler-");
const cluster = new TestCluster(home);
const frameworks: TestFramework[] = [];
const credentials = join(home, "credentials.json");

before(async () => {
  writeFileSync(credentials, JSON.stringify({ credentials: [{ principal: "spark", secret: "s3cret" }] }));
  await cluster.start("--credentials", credentials);
});
// One that held its offers would starve the next.
afterEach(async () => {
  for (const framework of frameworks.splice(0)) await framework.leave();
});
after(async () => {
  assert.equal(await cluster.end("SIGTERM"), 0);
});

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

function framework(options: ConstructorParameters<typeof TestFramework>[1] = {}): TestFramework {
  const headers = { authorization: `Bearer ${cluster.token}`, ...options.headers };
  const made = new TestFramework(cluster.file.masterUrl, { ...options, headers });
  frameworks.push(made);
  return made;
}

async function subscribed(
  options: ConstructorParameters<typeof TestFramework>[1] = {},
): Promise<TestFramework> {
  const made = framework(options);
  await made.subscribe();
  await made.next("SUBSCRIBED");
  return made;
}

for (const encoding of ["json", "protobuf"] as const satisfies readonly Encoding[])
  test(`${encoding}: a framework's life`, async () => {
    const scheduler = await subscribed({ encoding, info: { failover_timeout: 60 } });
    assert.equal(scheduler.responseHeaders["transfer-encoding"], "chunked");
    const mediaType = encoding === "json" ? "application/json" : "application/x-protobuf";
    assert.equal(scheduler.responseHeaders["content-type"], mediaType);
    assert.match(scheduler.frameworkId, /^[0-9a-f-]{36}-\d{4}$/);
    assert.equal(scheduler.events[0]?.type, "SUBSCRIBED");
    assert.equal(scheduler.events[0]?.subscribed?.heartbeat_interval_seconds, 15);
    await scheduler.next("HEARTBEAT");

    const offer = await scheduler.offer();
    assert.match(offer.id.value, /^[0-9a-f-]{36}-O\d+$/);
    assert.match(offer.agent_id.value, /^[0-9a-f-]{36}-S\d+$/);
    assert.equal(offer.allocation_info?.role, "test");
    assert.ok(offer.resources?.every((resource) => resource.allocation_info?.role === "test"));

    const taskId = `life-${encoding}`;
    const task_id = { value: taskId };
    await scheduler.launch(offer, { task_id });
    const running = await scheduler.statusOf(taskId);
    assert.equal(running.state, "TASK_RUNNING");
    assert.equal(running.uuid?.length, 16);
    assert.equal(running.executor_id?.value, taskId);
    await scheduler.acknowledge(running);

    await scheduler.call({
      type: "RECONCILE",
      reconcile: {
        tasks: [
          { task_id, agent_id: offer.agent_id },
          { task_id: { value: "unknown" } },
          { task_id: { value: "unknown-there" }, agent_id: offer.agent_id },
        ],
      },
    });
    const explicit = await scheduler.statusOf(taskId);
    assert.deepEqual(
      [explicit.state, explicit.reason, explicit.source, explicit.uuid],
      ["TASK_RUNNING", "REASON_RECONCILIATION", "SOURCE_MASTER", undefined],
    );
    assert.equal((await scheduler.statusOf("unknown")).state, "TASK_UNKNOWN");
    assert.equal((await scheduler.statusOf("unknown-there")).state, "TASK_GONE");
    await scheduler.call({ type: "RECONCILE", reconcile: {} });
    assert.equal((await scheduler.statusOf(taskId)).reason, "REASON_RECONCILIATION");

    await scheduler.call({ type: "KILL", kill: { task_id, agent_id: offer.agent_id } });
    const killed = await scheduler.statusOf(taskId);
    assert.equal(killed.state, "TASK_KILLED");
    await scheduler.acknowledge(killed);

    await scheduler.call({ type: "TEARDOWN" });
    await until("the stream to end", () => scheduler.ended);
    const after = await scheduler.send({ type: "REVIVE" });
    assert.deepEqual(after, { status: 400, text: "Framework cannot be found" });
  });

test("declined offers stay away until they are revived, suppressed roles get none", async () => {
  const scheduler = await subscribed({ info: { name: "choosy" } });
  const agents = (): ReadonlySet<string> => new Set(scheduler.offers.map(({ agent_id }) => agent_id.value));
  await until("an offer of each agent", async () => {
    await scheduler.declineAll(600);
    return agents().size === 2;
  });
  const before = scheduler.offers.length;
  await scheduler.call({ type: "SUPPRESS" });
  await scheduler.call({ type: "REVIVE" });
  await until("offers after reviving", async () => {
    await scheduler.declineAll(600);
    return scheduler.offers.length > before;
  });
  // One role that it is not in spoils the call, which is taken all the same.
  await scheduler.call({ type: "REVIVE", revive: { roles: ["other"] } });
  await scheduler.call({ type: "TEARDOWN" });
});

test("the newest stream of a framework is the right one", async () => {
  const first = await subscribed({ info: { name: "failing-over", failover_timeout: 60 } });
  const offer = await first.offer();
  const task_id = { value: "survivor" };
  await first.launch(offer, { task_id });
  assert.equal((await first.statusOf("survivor")).state, "TASK_RUNNING");

  const second = framework({ encoding: "protobuf", info: { name: "failing-over", failover_timeout: 60 } });
  await second.subscribe(first.frameworkId);
  await second.next("SUBSCRIBED");
  assert.equal(second.frameworkId, first.frameworkId);
  assert.equal((await first.next("ERROR")).error?.message, "Framework failed over");
  await until("the first stream to end", () => first.ended);
  const stale = await first.send({ type: "REVIVE" });
  assert.equal(stale.status, 400);
  assert.match(
    stale.text,
    new RegExp(`^The stream ID '${first.streamId}' included in this request didn't match`),
  );

  // What was not acknowledged is said again.
  const again = await second.statusOf("survivor");
  assert.equal(again.state, "TASK_RUNNING");
  await second.acknowledge(again);

  await second.leave();
  const third = framework({ info: { name: "failing-over", failover_timeout: 60 } });
  await third.subscribe(first.frameworkId);
  await third.next("SUBSCRIBED");
  await third.call({ type: "RECONCILE", reconcile: { tasks: [{ task_id }] } });
  assert.equal((await third.statusOf("survivor")).state, "TASK_RUNNING");
  await third.call({ type: "TEARDOWN" });
});

test("a framework that is gone is forbidden to call until it subscribes again", async () => {
  const scheduler = await subscribed({ info: { name: "away", failover_timeout: 60 } });
  const id = { value: scheduler.frameworkId };
  await scheduler.leave();
  const other = framework();
  await until("the master to see it", async () => {
    const answer = await cluster.client.request({ method: "GET", path: "/mesos/state" });
    const list = (answer.json as { frameworks: readonly { id: string; active: boolean }[] }).frameworks;
    return list.some((each) => each.id === id.value && !each.active);
  });
  const call = { type: "REVIVE", framework_id: id } as const;
  const answer = await other.send(call, { "mesos-stream-id": scheduler.streamId }).catch(() => undefined);
  assert.equal(answer, undefined, "it has no id of its own");
  const successor = await subscribed({ info: { name: "other" } });
  assert.deepEqual(await successor.send(call), { status: 403, text: "Framework is not subscribed" });
  await successor.call({ type: "TEARDOWN" });
});

test("an older framework sees offers in the older format", async () => {
  const scheduler = await subscribed({ info: { name: "old", roles: [], role: "old", capabilities: [] } });
  const offer = await scheduler.offer();
  assert.equal(offer.allocation_info, undefined);
  for (const resource of offer.resources ?? []) {
    assert.equal(resource.allocation_info, undefined);
    assert.equal(resource.role, "*");
  }
  await scheduler.call({ type: "RECONCILE", reconcile: { tasks: [{ task_id: { value: "nobody" } }] } });
  assert.equal((await scheduler.statusOf("nobody")).state, "TASK_LOST");
  await scheduler.call({ type: "TEARDOWN" });
});

test("tasks that cannot be run are refused one by one, with the reason", async () => {
  const scheduler = await subscribed({ info: { name: "demanding" } });
  const offer = await scheduler.offer();
  const command = { value: "true" };
  await scheduler.launch(
    offer,
    { task_id: { value: "uris" }, command: { ...command, uris: [{ value: "hdfs://x/y" }] } },
    { task_id: { value: "docker" }, container: { type: "DOCKER", docker: { image: "Web" } } },
    { task_id: { value: "both" }, command, executor: { executor_id: { value: "e" }, command } },
    { task_id: { value: "negative" }, resources: [scalar("cpus", -1), scalar("mem", 32)] },
    { task_id: { value: ".." } },
    { task_id: { value: "too-big" }, resources: [scalar("cpus", 1_000)] },
    { task_id: { value: "good" }, command: { value: "exit 3" } },
    {
      task_id: { value: "argv" },
      command: { shell: false, value: "/bin/sh", arguments: ["sh", "-c", "exit 4"] },
    },
  );
  const refused: readonly (readonly [taskId: string, message: RegExp])[] = [
    ["uris", /"hdfs", which agents cannot fetch/],
    ["docker", /Image 'Web'/],
    ["both", /at least one \(but not both\) of CommandInfo or ExecutorInfo/],
    ["negative", /^Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0$/],
    ["..", /^'\.\.' is disallowed$/],
    ["too-big", /is more than available/],
  ];
  for (const [taskId, message] of refused) {
    const status = await scheduler.statusOf(taskId);
    assert.deepEqual([status.state, status.reason], ["TASK_ERROR", "REASON_TASK_INVALID"], taskId);
    assert.match(status.message ?? "", message);
    assert.equal(status.uuid, undefined);
  }
  for (const taskId of ["good", "argv"]) {
    const running = await scheduler.statusOf(taskId);
    if (running.state === "TASK_RUNNING") await scheduler.acknowledge(running);
    const last = running.state === "TASK_RUNNING" ? await scheduler.statusOf(taskId) : running;
    assert.equal(last.state, "TASK_FAILED");
    assert.match(last.message ?? "", taskId === "good" ? /status 3/ : /status 4/);
  }
  await scheduler.call({ type: "TEARDOWN" });
});

test("resources are reserved and made into a volume, and told of", async () => {
  const scheduler = await subscribed({ info: { name: "keeper" } });
  const offer = await scheduler.offer();
  const reserved = {
    ...scalar("disk", 16),
    allocation_info: { role: "test" },
    reservations: [{ type: "DYNAMIC", role: "test" }],
  } as const;
  const volume = {
    ...reserved,
    disk: { persistence: { id: "v1" }, volume: { mode: "RW", container_path: "data" } },
  } as const;
  const accept = (
    id: typeof offer.id,
    operations: NonNullable<Parameters<typeof scheduler.call>[0]["accept"]>["operations"],
  ) =>
    scheduler.call({
      type: "ACCEPT",
      accept: { offer_ids: [id], operations, filters: { refuse_seconds: 0 } },
    });
  await accept(offer.id, [
    { type: "RESERVE", id: { value: "op-1" }, reserve: { resources: [reserved] } },
    { type: "CREATE", create: { volumes: [volume] } },
    { type: "RESERVE", id: { value: "op-2" }, reserve: { resources: [scalar("disk", -1)] } },
  ]);
  const statuses = [
    await scheduler.next("UPDATE_OPERATION_STATUS"),
    await scheduler.next("UPDATE_OPERATION_STATUS"),
  ];
  const byId = new Map(
    statuses.map(({ update_operation_status: update }) => [
      update?.status.operation_id?.value,
      update?.status,
    ]),
  );
  assert.equal(byId.get("op-1")?.state, "OPERATION_FINISHED");
  assert.equal(byId.get("op-2")?.state, "OPERATION_ERROR");
  const uuid = byId.get("op-1")?.uuid?.value ?? assert.fail("op-1 is to be acknowledged");
  await scheduler.call({
    type: "ACKNOWLEDGE_OPERATION_STATUS",
    acknowledge_operation_status: { agent_id: offer.agent_id, uuid, operation_id: { value: "op-1" } },
  });
  const hasVolume = ({ resources }: typeof offer): boolean =>
    (resources ?? []).some(({ disk }) => disk?.persistence?.id === "v1");
  const next = await scheduler.offer(hasVolume);
  const offered = next.resources?.find(({ disk }) => disk !== undefined);
  assert.deepEqual(offered?.reservations, [{ type: "DYNAMIC", role: "test" }]);
  await accept(next.id, [
    { type: "DESTROY", destroy: { volumes: [volume] } },
    { type: "UNRESERVE", id: { value: "op-3" }, unreserve: { resources: [reserved] } },
  ]);
  const undone = await scheduler.next("UPDATE_OPERATION_STATUS");
  assert.equal(undone.update_operation_status?.status.state, "OPERATION_FINISHED");
  await scheduler.call({ type: "TEARDOWN" });
});

test("a framework changes what it said of itself, within limits", async () => {
  const scheduler = await subscribed({ info: { name: "changing" } });
  const id = { value: scheduler.frameworkId };
  const update = (info: Partial<typeof scheduler.info>) =>
    scheduler.send({
      type: "UPDATE_FRAMEWORK",
      update_framework: { framework_info: { ...scheduler.info, id, ...info } },
    });
  assert.deepEqual(await update({ name: "changed", roles: ["test", "more"] }), { status: 200, text: "" });
  // What it holds in its first role is offered in the second when it is declined there for a while.
  await scheduler.declineAll(600);
  await scheduler.next("OFFERS", ({ offers }) =>
    (offers?.offers ?? []).some(({ allocation_info }) => allocation_info?.role === "more"),
  );
  assert.deepEqual(await update({ user: "nobody" }), {
    status: 400,
    text:
      "FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported; " +
      "attempted to update from 'root' to 'nobody'",
  });
  await scheduler.call({ type: "TEARDOWN" });
});

test("who has a credential comes in as its principal, and nobody without one", async () => {
  const stranger = new TestFramework(cluster.file.masterUrl);
  await assert.rejects(stranger.subscribe(), /^AssertionError.*401/s);
  const wrong = new TestFramework(cluster.file.masterUrl, { headers: basic("spark", "guess") });
  await assert.rejects(wrong.subscribe(), /401/);
  const spark = new TestFramework(cluster.file.masterUrl, {
    headers: basic("spark", "s3cret"),
    info: { name: "spark" },
  });
  frameworks.push(spark);
  await spark.subscribe();
  await spark.next("SUBSCRIBED");

  const liar = new TestFramework(cluster.file.masterUrl, {
    headers: basic("spark", "s3cret"),
    info: { principal: "flink" },
  });
  await assert.rejects(liar.subscribe(), /Authenticated principal 'spark' does not match principal 'flink'/);
  const other = await subscribed({ info: { name: "other", principal: "flink" } });
  const seized = new TestFramework(cluster.file.masterUrl, { headers: basic("spark", "s3cret") });
  frameworks.push(seized);
  await seized.subscribe(other.frameworkId);
  assert.match((await seized.next("ERROR")).error?.message ?? "", /principal/);
  await until("the stream to end", () => seized.ended);
  for (const each of [spark, other]) await each.call({ type: "TEARDOWN" });
});

test("no malformed body is taken, in whichever encoding it says to be", async () => {
  const http = new Agent();
  for (const mediaType of ["application/json", "application/x-protobuf"])
    for (const { name, bytes } of malformedBodies()) {
      const answer = await http.request({
        origin: cluster.file.masterUrl,
        path: "/api/v1/scheduler",
        method: "POST",
        headers: { authorization: `Bearer ${cluster.token}`, "content-type": mediaType },
        body: bytes,
      });
      await answer.body.dump();
      assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${name}: ${answer.statusCode}`);
    }
  await http.close();
});

test("the gateway serves the API below /mesos", async () => {
  const headers = { authorization: `Bearer ${cluster.token}` };
  const path = "/mesos/api/v1/scheduler";
  const scheduler = new TestFramework(cluster.file.url, { headers, path });
  frameworks.push(scheduler);
  await scheduler.subscribe();
  await scheduler.next("OFFERS");
  await scheduler.call({ type: "TEARDOWN" });
});

test("frameworks outlive the master", async () => {
  const first = await subscribed({ info: { name: "patient", failover_timeout: 600 } });
  const id = first.frameworkId;
  const offer = await first.offer();
  const task_id = { value: "outlives" };
  await first.launch(offer, { task_id, resources: small });
  const running = await first.statusOf("outlives");
  await first.acknowledge(running);
  const before = cluster.pidOf("master");
  process.kill(before, "SIGKILL");
  await until("a new master", () => ![0, before].includes(cluster.pidOf("master")));
  const second = await until("to be subscribed again", async () => {
    const made = framework({ info: { name: "patient", failover_timeout: 600 } });
    return made.subscribe(id).then(
      () => made,
      () => undefined,
    );
  });
  await second.next("SUBSCRIBED");
  assert.equal(second.frameworkId, id);
  await until("the agent to be back with the task", async () => {
    await second.call({ type: "RECONCILE", reconcile: { tasks: [{ task_id, agent_id: offer.agent_id }] } });
    return second.events.some(({ update }) => update?.status.state === "TASK_RUNNING");
  });
  await second.call({ type: "TEARDOWN" });
});
