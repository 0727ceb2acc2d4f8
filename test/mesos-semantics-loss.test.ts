/**
 * What implementations of Mesos's APIs most easily get wrong about failures, a row each: frameworks that come
 * back, agents and masters that are killed, and what is told of tasks meanwhile.
 */

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { taskStates as allStates, isTerminal } from "#model/task-state.ts";
import { taskStates } from "#wire/mesos/translate/task-names.ts";
import { small, type TestFramework } from "./support/scheduler-framework.ts";
import { SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new SemanticsCluster(temporaryDirectory("unum-loss-"));
const masterOptions = ["--agent-ping-timeout", "1", "--max-agent-ping-timeouts", "2"];
const agentOptions = ["--disk", "1000"];

async function running(framework: TestFramework, taskId: string): Promise<void> {
  const offer = await framework.offer();
  await framework.launch(offer, { task_id: { value: taskId }, resources: small });
  const status = await framework.statusOf(taskId);
  assert.equal(status.state, "TASK_RUNNING");
  await framework.acknowledge(status);
}

async function reconciled(framework: TestFramework, taskId: string, agentId?: string): Promise<string> {
  const task = {
    task_id: { value: taskId },
    ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
  };
  await framework.call({ type: "RECONCILE", reconcile: { tasks: [task] } });
  const { state, reason, uuid } = await framework.statusOf(taskId);
  assert.deepEqual([reason, uuid], ["REASON_RECONCILIATION", undefined]);
  return String(state);
}

const isKnown = async (framework: TestFramework): Promise<boolean> => {
  const text = await cluster.operator({ type: "GET_FRAMEWORKS" });
  const { get_frameworks: found } = JSON.parse(text) as {
    readonly get_frameworks: {
      readonly frameworks: readonly {
        readonly framework_info: { readonly id: { readonly value: string } };
      }[];
    };
  };
  return found.frameworks.some(({ framework_info }) => framework_info.id.value === framework.frameworkId);
};

const old = { capabilities: [{ type: "MULTI_ROLE" as const }] };

suite("semantics of Mesos's failures", { timeout: 180_000 }, () => {
  before(async () => {
    await cluster.startMaster(masterOptions);
    await cluster.startAgent(agentOptions);
    await cluster.awaitAgent();
  });
  after(() => cluster.end());

  test("row 11: the newest stream of a framework wins, an old framework does not come back", async () => {
    const first = await cluster.subscribed({ info: { failover_timeout: 60 } });
    await first.offer();
    const second = await cluster.subscribed(
      { info: { failover_timeout: 60, user: "other", checkpoint: true } },
      first.frameworkId,
    );
    assert.equal((await first.next("ERROR")).error?.message, "Framework failed over");
    await until("the first stream to end", () => first.ended);
    assert.ok(!first.events.some(({ type }) => type === "RESCIND"), "old offers are void without a word");
    assert.notEqual(second.streamId, first.streamId);
    await second.offer();
    assert.equal((await first.send({ type: "REVIVE" })).status, 400);
    await teardown(second);
    const gone = cluster.framework();
    await gone.subscribe(first.frameworkId);
    assert.equal((await gone.next("ERROR")).error?.message, "Framework has been removed");
  });

  test("row 12: without a time to fail over in, a framework goes with its connection, and its tasks", async () => {
    const framework = await cluster.subscribed();
    await running(framework, "short-lived");
    await framework.leave();
    await until("it to be removed", async () => !(await isKnown(framework)));
    await until("its task to have ended", async () => {
      const text = await cluster.operator({ type: "GET_TASKS" });
      const { get_tasks: found } = JSON.parse(text) as {
        readonly get_tasks: Readonly<
          Record<string, readonly { readonly name: string; readonly state: string }[]>
        >;
      };
      return found.completed_tasks?.some(
        ({ name, state }) => name === "short-lived" && state === "TASK_KILLED",
      );
    });
    const waits = await cluster.subscribed({ info: { failover_timeout: 60 } });
    await waits.leave();
    await until("it to be away", async () =>
      (await cluster.operator({ type: "GET_FRAMEWORKS" })).includes('"connected":false'),
    );
    assert.ok(await isKnown(waits));
    const back = await cluster.subscribed({ info: { failover_timeout: 60 } }, waits.frameworkId);
    await teardown(back);
  });

  test("row 13: an update is told until it is acknowledged, one after the other", async () => {
    const framework = await cluster.subscribed({ info: { failover_timeout: 60 } });
    const offer = await framework.offer();
    await framework.launch(offer, { task_id: { value: "updates" }, command: { value: "exit 3" } });
    const first = await framework.statusOf("updates");
    assert.equal(first.uuid?.length, 16);
    const inTasks = async (list: string, state: string): Promise<boolean> => {
      const text = await cluster.operator({ type: "GET_TASKS" });
      const { get_tasks: found } = JSON.parse(text) as {
        readonly get_tasks: Readonly<
          Record<string, readonly { readonly name: string; readonly state: string }[]>
        >;
      };
      return found[list]?.some((task) => task.name === "updates" && task.state === state) ?? false;
    };
    let last = first;
    if (first.state === "TASK_RUNNING") {
      // The end is known to the agent, and not told before the first is acknowledged.
      assert.ok(!framework.events.some(({ update }) => update?.status.state === "TASK_FAILED"));
      const again = await cluster.subscribed({ info: { failover_timeout: 60 } }, framework.frameworkId);
      const repeated = await again.statusOf("updates");
      assert.deepEqual(repeated.uuid, first.uuid);
      await again.acknowledge(repeated);
      last = await again.statusOf("updates");
      assert.equal(last.state, "TASK_FAILED");
      await until("its end to be shown", () => inTasks("tasks", "TASK_FAILED"));
      await again.acknowledge(last);
      await until("it to be history", () => inTasks("completed_tasks", "TASK_FAILED"));
      // What is acknowledged twice, or of an agent that is none, is taken and without effect.
      await again.acknowledge(last);
      await again.acknowledge({ ...last, agent_id: { value: "nobody" } });
      await teardown(again);
    } else assert.fail(`the first update says ${first.state}`);
  });

  test("row 14: which states are terminal", () => {
    const terminal = allStates.filter(isTerminal).map((state) => taskStates[state]);
    assert.deepEqual(
      terminal.toSorted(),
      [
        ...["TASK_DROPPED", "TASK_ERROR", "TASK_FAILED", "TASK_FINISHED", "TASK_GONE"],
        ...["TASK_GONE_BY_OPERATOR", "TASK_KILLED", "TASK_LOST"],
      ].toSorted(),
    );
  });

  test("row 15: an agent out of reach is told in the words of each framework, and keeps its tasks", async () => {
    const aware = await cluster.subscribed({ info: { roles: ["aware"], failover_timeout: 60 } });
    await running(aware, "aware");
    await aware.declineAll(600);
    const unaware = await cluster.subscribed({ info: { ...old, roles: ["unaware"], failover_timeout: 60 } });
    await running(unaware, "unaware");
    await cluster.kill("agent");
    const lost = await aware.statusOf("aware");
    assert.deepEqual([lost.state, lost.uuid], ["TASK_UNREACHABLE", undefined]);
    assert.equal(typeof lost.unreachable_time?.nanoseconds, "bigint");
    assert.equal((await unaware.statusOf("unaware")).state, "TASK_LOST");
    await aware.next("FAILURE");
    await cluster.startAgent(agentOptions);
    for (const [framework, task] of [
      [aware, "aware"],
      [unaware, "unaware"],
    ] as const) {
      const back = await framework.statusOf(task);
      assert.deepEqual([back.state, back.reason], ["TASK_RUNNING", "REASON_AGENT_REREGISTERED"]);
    }
    await cluster.awaitAgent();
    await teardown(aware);
    await teardown(unaware);
  });

  test("row 16: what is said of a task depends on what is known of its agent", async () => {
    const info = { roles: ["sixteen"], failover_timeout: 600 };
    const framework = await cluster.subscribed({ info });
    await running(framework, "known");
    assert.equal(await reconciled(framework, "known", cluster.agentId), "TASK_RUNNING");
    assert.equal(await reconciled(framework, "never", cluster.agentId), "TASK_GONE");
    assert.equal(await reconciled(framework, "never", "nobody"), "TASK_UNKNOWN");
    assert.equal(await reconciled(framework, "never"), "TASK_UNKNOWN");
    await framework.call({ type: "KILL", kill: { task_id: { value: "never" } } });
    assert.equal((await framework.statusOf("never")).state, "TASK_UNKNOWN");
    await cluster.kill("agent");
    assert.equal((await framework.statusOf("known")).state, "TASK_UNREACHABLE");
    assert.equal(await reconciled(framework, "never", cluster.agentId), "TASK_UNREACHABLE");
    await cluster.startAgent(agentOptions);
    assert.equal((await framework.statusOf("known")).state, "TASK_RUNNING");
    await cluster.awaitAgent();

    // After a restart of the master the agent may come back: nothing is said of it, nor of a task without one.
    await cluster.kill("agent");
    await cluster.kill("master");
    await cluster.startMaster(masterOptions);
    const second = await cluster.subscribed({ info }, framework.frameworkId);
    const tasks = [
      { task_id: { value: "never" }, agent_id: { value: cluster.agentId } },
      { task_id: { value: "none" } },
    ];
    await second.call({ type: "RECONCILE", reconcile: { tasks } });
    assert.equal(await reconciled(second, "elsewhere", "nobody"), "TASK_UNKNOWN");
    const told = second.events.flatMap(({ update }) => update?.status.task_id.value ?? []);
    assert.deepEqual(told, ["elsewhere"]);
    await cluster.startAgent(agentOptions);
    await cluster.awaitAgent();
    assert.equal(await reconciled(second, "known", cluster.agentId), "TASK_RUNNING");
    await cluster.operator({
      type: "MARK_AGENT_GONE",
      mark_agent_gone: { agent_id: { value: cluster.agentId } },
    });
    assert.equal((await second.statusOf("known")).state, "TASK_GONE_BY_OPERATOR");
    assert.equal(await reconciled(second, "never", cluster.agentId), "TASK_GONE_BY_OPERATOR");
    const unaware = await cluster.subscribed({ info: { ...old, roles: ["old"] } });
    assert.equal(await reconciled(unaware, "never", cluster.agentId), "TASK_LOST");
    await teardown(second);
  });
});

/** With time enough to come back before anybody is told. */
const patient = new SemanticsCluster(temporaryDirectory("unum-patient-"));

suite("semantics of Mesos's agents", { timeout: 180_000 }, () => {
  before(async () => {
    await patient.startMaster(["--agent-ping-timeout", "60"]);
    await patient.startAgent(agentOptions);
    await patient.awaitAgent();
  });
  after(() => patient.end());

  test("row 23: an agent that is killed finds its tasks again, and nobody is told", async () => {
    const framework = await patient.subscribed({ info: { roles: ["twenty-three"], failover_timeout: 60 } });
    await running(framework, "goes-on");
    const container = async (): Promise<string> => {
      const body = JSON.stringify({ type: "GET_CONTAINERS" });
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(`${patient.agent}/api/v1`, { method: "POST", headers, body });
      return /"container_id":\{"value":"([^"]+)"/.exec(await response.text())?.[1] ?? "";
    };
    const before = await container();
    assert.notEqual(before, "");
    const heard = framework.events.filter(({ type }) => type === "UPDATE").length;
    await patient.kill("agent");
    await patient.startAgent(agentOptions);
    await patient.awaitAgent();
    assert.equal(await container(), before);
    assert.equal(await reconciled(framework, "goes-on", patient.agentId), "TASK_RUNNING");
    assert.equal(framework.events.filter(({ type }) => type === "UPDATE").length, heard + 1);
    await framework.call({ type: "KILL", kill: { task_id: { value: "goes-on" } } });
    assert.equal((await framework.statusOf("goes-on")).state, "TASK_KILLED");
    await teardown(framework);
  });
});
