/**
 * Row 23, the executors' part: who comes back to an agent that was away, how long it may take, and what it says
 * then; with real processes.
 */

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import { Conversation, executorInfo, taskOf, visibleToExecutors } from "./support/executor-conversation.ts";
import type { EventMessage } from "./support/scheduler-framework.ts";
import { SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-recovery-");
const cluster = new SemanticsCluster(home);
const agentOptions = ["--disk", "1000", ...visibleToExecutors];
/** The longest that there are: nothing here depends on how fast the machine is. */
const patient = [...agentOptions, "--executor-reregistration-timeout", "15"];

before(async () => {
  chmodSync(home, 0o755);
  await cluster.startMaster();
  await cluster.startAgent(patient);
  await cluster.awaitAgent();
});
after(() => cluster.end());

async function restartAgent(options: readonly string[]): Promise<void> {
  await cluster.kill("agent");
  await cluster.startAgent(options);
}

async function started(encoding: Encoding, taskId: string): Promise<Conversation> {
  const info = { user: "", checkpoint: true, failover_timeout: 60 };
  const framework = await cluster.subscribed({ encoding, info });
  const offer = await framework.offer();
  await framework.launch(offer, taskOf(taskId, executorInfo(encoding)));
  const talk = new Conversation(framework, offer);
  await talk.status(taskId, "TASK_RUNNING");
  return talk;
}

const textOf = ({ message }: EventMessage): string => new TextDecoder().decode(message?.data);

for (const encoding of ["json", "protobuf"] as const)
  test(`${encoding}: row 23: an executor comes back to an agent that was killed, and says once what it missed`, async () => {
    const talk = await started(encoding, "kept");
    const who = await talk.ask("who");
    assert.equal(await talk.ask("later kept TASK_FINISHED"), "later");
    await restartAgent(patient);
    await talk.status("kept", "TASK_FINISHED");
    const { events } = talk.framework;
    const back = await until("the executor to be heard again", async () => {
      await talk.tell("who");
      return events.find((event) => event.type === "MESSAGE" && /subscriptions 2$/.test(textOf(event)));
    });
    assert.equal(textOf(back), who.replace(/1$/, "2"), "it is the same process");
    const told = events.filter(
      ({ update }) => update?.status.task_id.value === "kept" && update.status.state === "TASK_FINISHED",
    );
    assert.equal(new Set(told.map(({ update }) => String(update?.status.uuid))).size, 1);
    await teardown(talk.framework);
  });

test("an executor outlives its master, and the next one learns of it from the agent", async () => {
  const before = await started("json", "adopted");
  const who = await before.ask("who");
  const { frameworkId } = before.framework;
  await cluster.kill("master");
  await cluster.startMaster();
  await cluster.awaitAgent();
  const info = { user: "", checkpoint: true, failover_timeout: 60 };
  const talk = new Conversation(await cluster.subscribed({ info }, frameworkId), before.offer);
  await until("the executor to be known", async () =>
    (await cluster.operator({ type: "GET_EXECUTORS" })).includes('"executor_id":{"value":"runner"}'),
  );
  assert.equal(await talk.ask("who"), who);
  const shutdown = { executor_id: { value: "runner" }, agent_id: talk.offer.agent_id };
  await talk.framework.call({ type: "SHUTDOWN", shutdown });
  const { failure } = await talk.framework.next("FAILURE");
  assert.deepEqual(failure, { ...shutdown, status: 0 });
  await teardown(talk.framework);
});

test("row 23: an executor that does not come back to its agent is ended, with its tasks", async () => {
  const talk = await started("json", "lost");
  assert.equal(await talk.ask("deaf"), "deaf");
  await restartAgent([...agentOptions, "--executor-reregistration-timeout", "1"]);
  const status = await talk.status("lost", "TASK_GONE");
  assert.equal(status.reason, "REASON_EXECUTOR_REREGISTRATION_TIMEOUT");
  assert.equal(status.executor_id?.value, "runner");
  await teardown(talk.framework);
});

test("row 23: an executor that never subscribes is ended, with its tasks", async () => {
  await restartAgent([...agentOptions, "--executor-registration-timeout", "1"]);
  const framework = await cluster.subscribed({ info: { user: "" } });
  const offer = await framework.offer();
  const silent = { ...executorInfo("json"), command: { value: "sleep 1000" } };
  await framework.launch(offer, taskOf("waiting", silent));
  const status = await framework.statusOf("waiting");
  assert.deepEqual([status.state, status.reason], ["TASK_FAILED", "REASON_EXECUTOR_REGISTRATION_TIMEOUT"]);
  await framework.acknowledge(status);
  await framework.next("FAILURE", ({ failure }) => failure?.executor_id?.value === "runner");
  await teardown(framework);
});
