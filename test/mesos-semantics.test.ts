/**
 * What implementations of Mesos's APIs most easily get wrong, a row each, over real HTTP: calls, encodings,
 * ids, roles. Offers, and what happens when agents and masters are lost, stand in files of their own beside
 * this one; what is arithmetic, in the rooms' own tests, under the same rows.
 */

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { FrameworkOptions } from "./support/scheduler-framework.ts";
import { jsonHeaders, SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new SemanticsCluster(temporaryDirectory("unum-semantics-"));
const scheduler = "/api/v1/scheduler";
const revive = (id: string) => ({ type: "REVIVE", framework_id: { value: id } });

async function refusal(
  body: unknown,
  headers: Readonly<Record<string, string>> = jsonHeaders,
): Promise<readonly [number, string]> {
  const response = await cluster.post(scheduler, body, headers);
  return [response.status, await response.text()];
}

const noId = "All non-subscribe calls should include the 'Mesos-Stream-Id' header";
const notThere = "Framework cannot be found";

suite("semantics of Mesos's APIs", { timeout: 120_000 }, () => {
  before(() => cluster.start());
  after(() => cluster.end());

  test("row 1: subscribe, stream ids, and the order in which calls are checked", async () => {
    const framework = await cluster.subscribed({ info: { failover_timeout: 60 } });
    const { frameworkId, streamId } = framework;
    assert.match(streamId, /^[0-9a-f-]{36}$/);
    const withId = (id: string) => ({ ...jsonHeaders, "Mesos-Stream-Id": id });
    const subscribe = { type: "SUBSCRIBE", subscribe: { framework_info: framework.info } };
    assert.deepEqual(await refusal(subscribe, withId("x")), [
      400,
      "Subscribe calls should not include the 'Mesos-Stream-Id' header",
    ]);
    assert.deepEqual(await refusal(revive(frameworkId)), [400, noId]);
    const [status, sentence] = await refusal(revive(frameworkId), withId("x"));
    assert.equal(status, 400);
    assert.match(sentence, /^The stream ID 'x' included in this request didn't match/);
    // Who it is comes before its stream.
    assert.deepEqual(await refusal(revive("nobody")), [400, notThere]);
    // The media type is taken as it stands, and before the body.
    for (const type of ["text/plain", "application/json; charset=utf-8"])
      assert.equal((await refusal("{", { "Content-Type": type }))[0], 415, type);
    assert.match((await refusal("{"))[1], /^Failed to parse body into JSON/);
    // Its shape before whose it is.
    const shapeless = { type: "KILL", framework_id: { value: "nobody" } };
    assert.match((await refusal(shapeless))[1], /Expecting 'kill' to be present$/);
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await fetch(cluster.master + scheduler, { method });
      assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"]);
      await response.body?.cancel();
    }
    await framework.leave();
    await until("the framework to be away", async () => {
      // That it is away comes before its stream, which is not even asked for.
      const [code, text] = await refusal(revive(frameworkId));
      return code === 403 && text === "Framework is not subscribed";
    });
    await cluster.operator({ type: "TEARDOWN", teardown: { framework_id: { value: frameworkId } } });
  });

  test("row 2: calls are taken with 202 and nothing, faults of a subscription come on its stream", async () => {
    const framework = await cluster.subscribed();
    assert.deepEqual(await framework.send({ type: "REVIVE" }), { status: 202, text: "" });
    const id = { value: framework.frameworkId };
    const update = (info: object) =>
      framework.send({
        type: "UPDATE_FRAMEWORK",
        update_framework: { framework_info: { ...framework.info, id, ...info } },
      });
    assert.deepEqual(await update({ name: "other" }), { status: 200, text: "" });
    assert.equal((await update({ checkpoint: true })).status, 400);
    const wrong = cluster.framework({ info: { roles: ["a//b"] } });
    await wrong.subscribe();
    assert.match((await wrong.next("ERROR")).error?.message ?? "", /two adjacent slashes/);
    await until("its stream to end", () => wrong.ended);
    assert.equal(wrong.events.length, 1);
    await teardown(framework);
  });

  test("row 3: streams are chunked records, and the leader is told without a scheme", async () => {
    const framework = await cluster.subscribed();
    assert.equal(framework.responseHeaders["transfer-encoding"], "chunked");
    const redirect = await fetch(`${cluster.master}/redirect`, { redirect: "manual" });
    assert.deepEqual(
      [redirect.status, redirect.headers.get("location")],
      [307, `//127.0.0.1:${cluster.masterPort}`],
    );
    await teardown(framework);
  });

  test("row 4: the first heartbeat comes at once, the next as late as was said", async () => {
    const framework = await cluster.subscribed({ encoding: "protobuf" });
    const [subscription] = framework.events;
    assert.equal(subscription?.subscribed?.heartbeat_interval_seconds, 15);
    await framework.next("HEARTBEAT");
    await teardown(framework);
  });

  test("row 5: Mesos's JSON: lenient in, defaults and whole integers out", async () => {
    const lenient = await cluster.post(scheduler, {
      type: "SUBSCRIBE",
      nonsense: 1,
      subscribe: { framework_info: { user: "root", name: "n", failover_timeout: "2.5", checkpoint: null } },
    });
    assert.equal(lenient.status, 200);
    await until("its framework", async () =>
      (await cluster.operator({ type: "GET_FRAMEWORKS" })).includes(':2.5,"ch'),
    );
    const frameworks = await cluster.operator({ type: "GET_FRAMEWORKS" });
    assert.match(frameworks, /"failover_timeout":2\.5,"checkpoint":false/);
    await lenient.body?.cancel();
    assert.match(
      await cluster.operator({ type: "GET_AGENTS" }),
      /"registered_time":\{"nanoseconds":\d{19}\}/,
    );
    const missing = await cluster.operator({ type: "READ_FILE", read_file: { path: "/x" } }, 400);
    assert.match(missing, /Missing required fields: read_file\.offset$/);
    assert.equal(
      await cluster.operator({ type: "NO_SUCH_CALL" }, 400),
      "Failed to validate master::Call: Expecting 'type' to be present",
    );
    const drain = (max_grace_period: unknown) => ({
      type: "DRAIN_AGENT",
      drain_agent: { agent_id: { value: "nope" }, max_grace_period },
    });
    // A duration of protobuf's own is an object, and no text.
    assert.match(await cluster.operator(drain("10mins"), 400), /max_grace_period/);
    assert.doesNotMatch(await cluster.operator(drain({ seconds: 1 }), 400), /max_grace_period/);
  });

  test("row 6: ids have Mesos's forms, and those of others are looked at", async () => {
    const framework = await cluster.subscribed();
    const offer = await framework.offer();
    const master = cluster.masterId;
    assert.match(master, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.match(framework.frameworkId, new RegExp(`^${master}-\\d{4}$`));
    assert.match(offer.id.value, new RegExp(`^${master}-O\\d+$`));
    assert.match(offer.agent_id.value, new RegExp(`^${master}-S\\d+$`));
    const bad = ["", ".", "..", "a/b", "a\\b", "a\u0007", "x".repeat(256)];
    await framework.launch(offer, ...bad.map((value) => ({ task_id: { value } })));
    for (const value of bad) {
      const status = await framework.statusOf(value);
      assert.deepEqual([status.state, status.reason], ["TASK_ERROR", "REASON_TASK_INVALID"], value);
    }
    await teardown(framework);
  });

  test("row 21: roles by capability, and quotas on roles of the first level only", async () => {
    const error = async (info: FrameworkOptions["info"]): Promise<string> => {
      const framework = cluster.framework({ info: info ?? {} });
      await framework.subscribe();
      return (await framework.next("ERROR")).error?.message ?? "";
    };
    assert.match(await error({ capabilities: [] }), /'FrameworkInfo\.roles' must not be set/);
    assert.match(await error({ role: "x" }), /'FrameworkInfo\.role' must not be set/);
    for (const role of ["/a", "a/", "a//b", ".", "a/..", "*/a", "-a", "a b"])
      assert.match(await error({ roles: [role] }), /contains invalid role/, role);
    const quota = (role: string) => ({
      type: "UPDATE_QUOTA",
      update_quota: { quota_configs: [{ role, limits: { cpus: { value: 1 } } }] },
    });
    await cluster.operator(quota("a/b"), 400);
    await cluster.operator(quota("row-21"));
    await cluster.operator({ type: "UPDATE_QUOTA", update_quota: { quota_configs: [{ role: "row-21" }] } });
  });

  test("row 24: where Mesos's documents and its code differ, the code is right", async () => {
    const wrong = await cluster.post(scheduler, {
      type: "SUBSCRIBE",
      subscribe: { framework_info: { user: "", name: "n", role: "." } },
    });
    assert.match(await wrong.text(), /^\d+\n\{"type":"ERROR","error":\{"message":"/);
    await cluster.operator({
      type: "UPDATE_QUOTA",
      update_quota: { quota_configs: [{ role: "row-24", limits: { cpus: { value: 1 } } }] },
    });
    const { get_quota: shown } = JSON.parse(await cluster.operator({ type: "GET_QUOTA" })) as {
      readonly get_quota: { readonly status: { readonly infos: unknown; readonly configs: unknown } };
    };
    assert.ok(Array.isArray(shown.status.infos) && Array.isArray(shown.status.configs));
    await cluster.operator({ type: "UPDATE_QUOTA", update_quota: { quota_configs: [{ role: "row-24" }] } });
  });
});
