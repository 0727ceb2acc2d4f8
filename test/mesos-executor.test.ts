/**
 * Custom executors over the real executor API: a program of a framework's own that runs many tasks, in a real
 * cluster with real containers, in JSON and in protobuf.
 */

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { request } from "undici";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { TestCluster } from "./support/cluster.ts";
import { Conversation, executorInfo, taskOf, visibleToExecutors } from "./support/executor-conversation.ts";
import { type OfferMessage, small, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-executor-");
const cluster = new TestCluster(home);
const frameworks: TestFramework[] = [];

before(async () => {
  chmodSync(home, 0o755);
  await cluster.start(...visibleToExecutors);
});
afterEach(async () => {
  for (const framework of frameworks.splice(0)) {
    await framework.call({ type: "TEARDOWN" });
    await framework.leave();
  }
});
after(async () => {
  assert.equal(await cluster.end("SIGTERM"), 0);
});

type Options = NonNullable<ConstructorParameters<typeof TestFramework>[1]>;

async function subscribed(encoding: Encoding, info: Options["info"] = {}): Promise<TestFramework> {
  const headers = { authorization: `Bearer ${cluster.token}` };
  const made = new TestFramework(cluster.file.masterUrl, {
    encoding,
    headers,
    info: { user: "", checkpoint: true, failover_timeout: 60, ...info },
  });
  frameworks.push(made);
  await made.subscribe();
  await made.next("SUBSCRIBED");
  return made;
}

/** With one task that runs. */
async function started(encoding: Encoding, taskId: string, executorId = "runner"): Promise<Conversation> {
  const framework = await subscribed(encoding);
  const offer = await framework.offer();
  await framework.launch(offer, taskOf(taskId, executorInfo(encoding, executorId)));
  const conversation = new Conversation(framework, offer, executorId);
  await conversation.status(taskId, "TASK_RUNNING");
  return conversation;
}

type Answer = { readonly status: number; readonly text: string };

/** GET without a body. Not `fetch`, which leaves some of the ports out that a cluster may have got. */
async function ask(url: string, token: string | undefined, body?: unknown): Promise<Answer> {
  const answer = await request(url, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

async function listedExecutors(): Promise<readonly MessageOf<"ExecutorInfo">[]> {
  const { status, text } = await ask(`${cluster.file.masterUrl}/api/v1`, cluster.token, {
    type: "GET_EXECUTORS",
  });
  assert.equal(status, 200, text);
  const answer = JSON.parse(text) as {
    get_executors: { executors?: readonly { executor_info: MessageOf<"ExecutorInfo"> }[] };
  };
  return (answer.get_executors.executors ?? []).map(({ executor_info }) => executor_info);
}

const agentUrl = ({ url }: OfferMessage): string => `http://${url?.address.ip}:${url?.address.port}`;

async function agentState(offer: OfferMessage): Promise<{ frameworks: readonly AgentFramework[] }> {
  const { status, text } = await ask(`${agentUrl(offer)}/state`, cluster.token);
  assert.equal(status, 200, text);
  return JSON.parse(text) as { frameworks: readonly AgentFramework[] };
}
type AgentFramework = {
  readonly id: string;
  readonly executors: readonly {
    readonly id: string;
    readonly type: string;
    readonly resources: { readonly cpus: number };
    readonly tasks: readonly { readonly id: string; readonly executor_id: string }[];
  }[];
};

for (const encoding of ["json", "protobuf"] as const)
  test(`${encoding}: one executor runs many tasks in one process, and talks with its framework`, async () => {
    const framework = await subscribed(encoding);
    const offer = await framework.offer();
    const executor = executorInfo(encoding);
    await framework.launch(offer, taskOf("1", executor), taskOf("2", executor));
    const talk = new Conversation(framework, offer);
    for (const id of ["1", "2"]) {
      const status = await talk.status(id, "TASK_RUNNING");
      assert.equal(status.executor_id?.value, "runner");
      assert.equal(status.source, "SOURCE_EXECUTOR");
      assert.deepEqual(status.labels, { labels: [{ key: "by", value: "test" }] });
      assert.deepEqual(status.check_status, { type: "COMMAND", command: { exit_code: 7 } });
      assert.match(new TextDecoder().decode(status.data), /^of [0-9a-f-]+$/);
    }
    const who = await talk.ask("who");
    assert.match(who, /^process [0-9a-f-]+ subscriptions 1$/);

    const again = await framework.offer(({ agent_id }) => agent_id.value === offer.agent_id.value);
    await framework.launch(again, taskOf("3", executor));
    await talk.status("3", "TASK_RUNNING");
    assert.equal(await talk.ask("who"), who, "it is the same process");

    const env = JSON.parse(await talk.ask("env")) as Record<string, string>;
    assert.equal(env.MESOS_FRAMEWORK_ID, framework.frameworkId);
    assert.equal(env.MESOS_EXECUTOR_ID, "runner");
    assert.equal(env.MESOS_AGENT_ID, offer.agent_id.value);
    assert.equal(env.MESOS_SLAVE_PID, `slave(1)@${env.MESOS_AGENT_ENDPOINT}`);
    assert.deepEqual([env.MESOS_CHECKPOINT, env.MESOS_HTTP_COMMAND_EXECUTOR], ["1", "0"]);

    const shown = (await agentState(offer)).frameworks.find(({ id }) => id === framework.frameworkId);
    const [held] = shown?.executors ?? [];
    assert.deepEqual([held?.id, held?.type, held?.resources.cpus], ["runner", "CUSTOM", 0.4]);
    assert.deepEqual(held?.tasks.map(({ id, executor_id }) => `${id} ${executor_id}`).sort(), [
      "1 runner",
      "2 runner",
      "3 runner",
    ]);
    assert.deepEqual(
      (await listedExecutors()).map(({ name }) => name),
      ["test runner"],
    );

    await framework.call({ type: "KILL", kill: { task_id: { value: "1" }, agent_id: offer.agent_id } });
    await talk.status("1", "TASK_KILLED");
    await talk.tell("update 2 TASK_FINISHED");
    await talk.status("2", "TASK_FINISHED");
    assert.equal(await talk.ask("who"), who, "it outlives its tasks");

    const shutdown = { executor_id: { value: "runner" }, agent_id: offer.agent_id };
    await framework.call({ type: "SHUTDOWN", shutdown });
    assert.equal((await talk.status("3", "TASK_FAILED")).reason, "REASON_EXECUTOR_TERMINATED");
    const { failure } = await framework.next("FAILURE");
    assert.deepEqual(failure, { ...shutdown, status: 0 });
    assert.deepEqual(await listedExecutors(), []);
  });

test("an executor that crashes takes its tasks with it, and its framework learns how", async () => {
  const talk = await started("json", "doomed");
  await talk.tell("crash");
  const status = await talk.status("doomed", "TASK_FAILED");
  assert.equal(status.reason, "REASON_EXECUTOR_TERMINATED");
  const { failure } = await talk.framework.next("FAILURE");
  assert.deepEqual([failure?.executor_id?.value, failure?.status], ["runner", 3 << 8]);
});

const disk = { name: "disk", type: "SCALAR", scalar: { value: 10 } } as const;

async function launchGroup(
  framework: TestFramework,
  offer: OfferMessage,
  executor: MessageOf<"ExecutorInfo">,
  tasks: readonly string[],
): Promise<void> {
  const own = { ...executor, framework_id: { value: framework.frameworkId }, resources: [...small, disk] };
  const infos = tasks.map((id) => ({
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: small,
    command: { value: "sleep 1000" },
  }));
  await framework.call({
    type: "ACCEPT",
    accept: {
      offer_ids: [offer.id],
      operations: [{ type: "LAUNCH_GROUP", launch_group: { executor: own, task_group: { tasks: infos } } }],
    },
  });
}

for (const encoding of ["json", "protobuf"] as const)
  test(`${encoding}: a custom executor is given a group of tasks at once`, async () => {
    const framework = await subscribed(encoding);
    const offer = await framework.offer();
    await launchGroup(framework, offer, executorInfo(encoding), ["g1", "g2"]);
    const talk = new Conversation(framework, offer);
    for (const id of ["g1", "g2"]) await talk.status(id, "TASK_RUNNING");
    await talk.tell("update g1 TASK_FINISHED");
    await talk.status("g1", "TASK_FINISHED");
    assert.match(await talk.ask("who"), /subscriptions 1$/);
  });

test("the tasks of a group of the default executor share a life, and it ends with the last", async () => {
  const framework = await subscribed("json");
  const offer = await framework.offer();
  const executor = { executor_id: { value: "pod" }, type: "DEFAULT" } as const;
  await launchGroup(framework, offer, executor, ["p1", "p2"]);
  const talk = new Conversation(framework, offer, "pod");
  const statuses: string[] = [];
  const hear = async (id: string): Promise<string> => {
    const status = await framework.statusOf(id);
    await framework.acknowledge(status);
    statuses.push(`${id} ${status.state}`);
    return String(status.state);
  };
  for (const id of ["p1", "p2"]) await until(`${id} to run`, async () => (await hear(id)) === "TASK_RUNNING");
  assert.deepEqual(
    (await listedExecutors()).map(({ executor_id, type }) => `${executor_id.value} ${type}`),
    ["pod DEFAULT"],
  );
  await framework.call({ type: "KILL", kill: { task_id: { value: "p1" }, agent_id: offer.agent_id } });
  for (const id of ["p1", "p2"])
    await until(`${id} to be killed`, async () => (await hear(id)) === "TASK_KILLED");
  const { failure } = await framework.next("FAILURE");
  assert.equal(failure?.executor_id?.value, talk.executorId);
  assert.deepEqual(await listedExecutors(), []);
});

test("tasks and executors that cannot be are refused in Mesos's words", async () => {
  const framework = await subscribed("json");
  const offer = await framework.offer();
  const executor = executorInfo("json");
  await framework.launch(
    offer,
    taskOf("no-command", { ...executor, command: undefined, type: "CUSTOM" }),
    taskOf("first", executor),
    taskOf("other", { ...executor, name: "another" }),
  );
  const refused = await framework.statusOf("no-command");
  assert.deepEqual(
    [refused.state, refused.reason, refused.message],
    ["TASK_ERROR", "REASON_TASK_INVALID", "'ExecutorInfo.command' must be set for 'CUSTOM' executor"],
  );
  const other = await framework.statusOf("other");
  assert.equal(other.state, "TASK_ERROR");
  assert.match(other.message ?? "", /^ExecutorInfo is not compatible with existing ExecutorInfo/);
  const talk = new Conversation(framework, offer);
  await talk.status("first", "TASK_RUNNING");
  const again = await framework.offer(({ agent_id }) => agent_id.value === offer.agent_id.value);
  await framework.launch(again, taskOf("later", { ...executor, name: "another" }));
  const later = await framework.statusOf("later");
  assert.equal(later.state, "TASK_ERROR");
  assert.match(later.message ?? "", /^ExecutorInfo is not compatible with existing ExecutorInfo/);
});

test("two frameworks use the same ids on one agent at once", async () => {
  const first = await started("json", "same");
  await first.framework.call({ type: "SUPPRESS", suppress: {} });
  await first.framework.declineAll(1_000);
  const framework = await subscribed("protobuf");
  const offer = await framework.offer(({ agent_id }) => agent_id.value === first.offer.agent_id.value);
  await framework.launch(offer, taskOf("same", executorInfo("protobuf")));
  const second = new Conversation(framework, offer);
  await second.status("same", "TASK_RUNNING");
  assert.notEqual(await first.ask("who"), await second.ask("who"));
  await second.tell("update same TASK_FINISHED");
  await second.status("same", "TASK_FINISHED");
  await first.tell("update same TASK_FAILED");
  await first.status("same", "TASK_FAILED");
});

test("an executor's token is its own, opens its own API only, and nothing else opens that", async () => {
  const one = await started("json", "one", "one");
  const offer = await one.framework.offer(({ agent_id }) => agent_id.value === one.offer.agent_id.value);
  await one.framework.launch(offer, taskOf("two", executorInfo("json", "two")));
  const two = new Conversation(one.framework, offer, "two");
  await two.status("two", "TASK_RUNNING");
  const tokenOf = async (talk: Conversation): Promise<string> => {
    const env = JSON.parse(await talk.ask("env")) as Record<string, string>;
    return env.MESOS_EXECUTOR_AUTHENTICATION_TOKEN ?? assert.fail("no token");
  };
  const [own, others] = [await tokenOf(one), await tokenOf(two)];
  assert.notEqual(own, others);
  const url = agentUrl(one.offer);
  const call = async (token: string | undefined): Promise<string> => {
    const { status, text } = await ask(`${url}/api/v1/executor`, token, {
      type: "MESSAGE",
      executor_id: { value: "one" },
      framework_id: { value: one.framework.frameworkId },
      message: { data: "aGVsbG8=" },
    });
    return `${status} ${text}`;
  };
  assert.equal(await call(own), "202 ");
  const { message } = await one.framework.next("MESSAGE");
  assert.equal(new TextDecoder().decode(message?.data), "hello");
  assert.match(await call(others), /^403 .*does not contain an 'eid' claim with the executor ID one/);
  for (const wrong of [undefined, "wrong", cluster.token]) assert.match(await call(wrong), /^401 /);
  for (const path of ["/state", "/files/debug", "/flags"]) {
    assert.equal((await ask(url + path, own)).status, 401, path);
  }
  const { frameworks: shown } = await agentState(one.offer);
  assert.ok(!JSON.stringify(shown).includes(own), "it is shown to nobody");
});
