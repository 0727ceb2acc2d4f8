/**
 * What Mesos's own tests of its executors and containers look at, as far as a framework sees it: the states in their
 * order, what a status says beside its state, and what a task finds in its environment. On a real cluster with real
 * containers.
 */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import {
  type FrameworkOptions,
  fullInfo,
  type OfferMessage,
  type StatusMessage,
  scalar,
  small,
  type TestFramework,
} from "./support/scheduler-framework.ts";
import { SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-scenarios-");
const cluster = new SemanticsCluster(join(home, "cluster"));

const knowsKilling: FrameworkOptions = {
  info: { capabilities: [...(fullInfo.capabilities ?? []), { type: "TASK_KILLING_STATE" }] },
};

/** All that is said of the task to its end, each acknowledged. */
async function toTheEnd(framework: TestFramework, taskId: string): Promise<readonly StatusMessage[]> {
  const said: StatusMessage[] = [];
  for (;;) {
    const status = await framework.statusOf(taskId);
    said.push(status);
    if (status.uuid !== undefined) await framework.acknowledge(status);
    if (status.state !== "TASK_RUNNING" && status.state !== "TASK_KILLING") return said;
  }
}

async function toRunning(framework: TestFramework, taskId: string): Promise<void> {
  const status = await framework.statusOf(taskId);
  assert.equal(status.state, "TASK_RUNNING", String(status.message));
  await framework.acknowledge(status);
}

const statesOf = (said: readonly StatusMessage[]): readonly unknown[] => said.map(({ state }) => state);

const kill = (framework: TestFramework, { agent_id }: OfferMessage, taskId: string): Promise<void> =>
  framework.call({ type: "KILL", kill: { task_id: { value: taskId }, agent_id } });

type Task = Partial<MessageOf<"TaskInfo">> & { readonly task_id: { readonly value: string } };

const launchGroup = (
  framework: TestFramework,
  { id, agent_id }: OfferMessage,
  ...tasks: readonly Task[]
): Promise<void> =>
  framework.call({
    type: "ACCEPT",
    accept: {
      offer_ids: [id],
      operations: [
        {
          type: "LAUNCH_GROUP",
          launch_group: {
            executor: {
              type: "DEFAULT",
              executor_id: { value: "default" },
              framework_id: { value: framework.frameworkId },
              resources: [...small, scalar("disk", 32)],
            },
            task_group: {
              tasks: tasks.map((task) => ({
                name: task.task_id.value,
                agent_id,
                resources: small,
                command: { value: "sleep 1000" },
                ...task,
              })),
            },
          },
        },
      ],
    },
  });

suite("scenarios of Mesos's executors and containers", { timeout: 120_000 }, () => {
  before(async () => {
    const profiles = join(home, "profiles");
    mkdirSync(profiles);
    writeFileSync(
      join(profiles, "no-directories.json"),
      JSON.stringify({
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }],
      }),
    );
    writeFileSync(join(profiles, "broken"), "{");
    await cluster.startMaster();
    await cluster.startAgent(["--disk", "10240", "--seccomp-config-dir", profiles]);
    await cluster.awaitAgent();
  });
  after(() => cluster.end());

  test("TASK_KILLING is told to frameworks that know it, also of each task of a group, and to no others", async () => {
    const knowing = await cluster.subscribed(knowsKilling);
    const offer = await knowing.offer();
    await knowing.launch(offer, { task_id: { value: "one" } });
    await toRunning(knowing, "one");
    await kill(knowing, offer, "one");
    const said = await toTheEnd(knowing, "one");
    assert.deepEqual(statesOf(said), ["TASK_KILLING", "TASK_KILLED"]);
    const [killing] = said;
    assert.equal(killing?.source, "SOURCE_EXECUTOR");
    assert.deepEqual([killing?.reason, killing?.message], [undefined, undefined]);
    await launchGroup(
      knowing,
      await knowing.offer(),
      { task_id: { value: "a" } },
      { task_id: { value: "b" } },
    );
    for (const id of ["a", "b"]) await toRunning(knowing, id);
    await kill(knowing, offer, "a");
    for (const id of ["a", "b"])
      assert.deepEqual(statesOf(await toTheEnd(knowing, id)), ["TASK_KILLING", "TASK_KILLED"], id);
    await teardown(knowing);

    const other = await cluster.subscribed();
    const its = await other.offer();
    await other.launch(its, { task_id: { value: "one" } });
    await toRunning(other, "one");
    await kill(other, its, "one");
    assert.deepEqual(statesOf(await toTheEnd(other, "one")), ["TASK_KILLED"]);
    await teardown(other);
  });

  test("a task whose time is over is killed at once, and has failed", async () => {
    const framework = await cluster.subscribed(knowsKilling);
    await framework.launch(await framework.offer(), {
      task_id: { value: "late" },
      command: { value: "trap '' TERM; while :; do sleep 1; done" },
      kill_policy: { grace_period: { nanoseconds: 3_600_000_000_000n } },
      max_completion_time: { nanoseconds: 500_000_000n },
    });
    const said = await toTheEnd(framework, "late");
    assert.deepEqual(statesOf(said), ["TASK_RUNNING", "TASK_FAILED"]);
    assert.equal(said.at(-1)?.reason, "REASON_MAX_COMPLETION_TIME_REACHED");
    await teardown(framework);
  });

  test("a task that takes more than it may have is told what it had", async () => {
    const framework = await cluster.subscribed();
    await framework.launch(await framework.offer(), {
      task_id: { value: "balloon" },
      command: { value: "head -c 100000000 /dev/zero | tail" },
    });
    const last = (await toTheEnd(framework, "balloon")).at(-1);
    assert.deepEqual(
      [last?.state, last?.reason, last?.source],
      ["TASK_FAILED", "REASON_CONTAINER_LIMITATION_MEMORY", "SOURCE_AGENT"],
    );
    assert.deepEqual(last?.limitation, { resources: [scalar("mem", 32)] });
    await teardown(framework);
  });

  test("a task knows its role and its directory, alone and in a group", async () => {
    const framework = await cluster.subscribed({ info: { roles: ["eng/web"] } });
    const knows =
      'test "$MESOS_ALLOCATION_ROLE" = eng/web && test -d "$MESOS_DIRECTORY" && test -d "$MESOS_SANDBOX"';
    await framework.launch(await framework.offer(), {
      task_id: { value: "alone" },
      command: { value: knows },
    });
    await launchGroup(framework, await framework.offer(), {
      task_id: { value: "grouped" },
      command: { value: `${knows} && test "$MESOS_CONTAINER_IP" = 127.0.0.1` },
    });
    for (const id of ["alone", "grouped"]) {
      const last = (await toTheEnd(framework, id)).at(-1);
      assert.equal(last?.state, "TASK_FINISHED", `${id}: ${last?.message}`);
    }
    await teardown(framework);
  });

  test("labels are shown as they were written: in order, also twice, also without a value", async () => {
    const framework = await cluster.subscribed();
    const labels = [
      { key: "foo", value: "bar" },
      { key: "bar", value: "baz" },
      { key: "bar", value: "qux" },
      { key: "alone" },
    ];
    await framework.launch(await framework.offer(), { task_id: { value: "labelled" }, labels: { labels } });
    await toRunning(framework, "labelled");
    const tasks = JSON.parse(await cluster.operator({ type: "GET_TASKS" })) as {
      get_tasks: { tasks: readonly { labels: unknown }[] };
    };
    assert.deepEqual(tasks.get_tasks.tasks[0]?.labels, { labels });
    for (const url of [cluster.master, cluster.agent]) {
      const state = await (await fetch(`${url}/state`)).text();
      assert.ok(state.includes(`"labels":${JSON.stringify(labels)}`), `${url}: ${state}`);
    }
    await teardown(framework);
  });

  test("a seccomp profile of the operator's holds the task that names it, and no other", async () => {
    const framework = await cluster.subscribed();
    const asks = (id: string, seccomp: MessageOf<"SeccompInfo"> | undefined) => ({
      task_id: { value: id },
      command: { value: "mkdir directory" },
      ...(seccomp === undefined ? {} : { container: { type: "MESOS" as const, linux_info: { seccomp } } }),
    });
    await framework.launch(
      await framework.offer(),
      asks("usual", undefined),
      asks("held", { profile_name: "no-directories.json" }),
      asks("absent", { profile_name: "nosuch.json" }),
      asks("broken", { profile_name: "broken" }),
      asks("outside", { profile_name: "../no-directories.json" }),
      asks("both", { profile_name: "no-directories.json", unconfined: true }),
      asks("neither", {}),
    );
    for (const [id, state, reason, message] of [
      ["usual", "TASK_FINISHED", undefined, /status 0/],
      ["held", "TASK_FAILED", undefined, /status 1/],
      ["absent", "TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", /"nosuch\.json" is not among those/],
      ["broken", "TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", /"broken" is not JSON/],
      ["outside", "TASK_ERROR", "REASON_TASK_INVALID", /must be the name of a file/],
      ["both", "TASK_ERROR", "REASON_TASK_INVALID", /although it is 'unconfined'/],
      ["neither", "TASK_ERROR", "REASON_TASK_INVALID", /needs a 'profile_name'/],
    ] as const) {
      const last = (await toTheEnd(framework, id)).at(-1);
      assert.deepEqual([last?.state, last?.reason], [state, reason], `${id}: ${last?.message}`);
      assert.match(last?.message ?? "", message);
    }
    await teardown(framework);
  });

  test("an agent tells of a task that has ended what it was and what became of it", async () => {
    const framework = await cluster.subscribed();
    await framework.launch(await framework.offer(), {
      task_id: { value: "over" },
      command: { value: "exit 7" },
    });
    const last = (await toTheEnd(framework, "over")).at(-1);
    const ask = async (): Promise<string> => {
      const answer = await fetch(`${cluster.agent}/api/v1`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ type: "GET_STATE" }),
      });
      return answer.text();
    };
    // The acknowledgement is on its way.
    const [task] = await until("the end of the task to be taken in", async () => {
      const { get_state: state } = JSON.parse(await ask()) as {
        get_state: { get_tasks: { completed_tasks: readonly MessageOf<"Task">[] } };
      };
      const found = state.get_tasks.completed_tasks.filter(({ task_id }) => task_id.value === "over");
      return found.length === 0 ? undefined : found;
    });
    assert.deepEqual(
      [task?.state, task?.name, task?.statuses?.at(-1)?.message],
      [last?.state, "over", last?.message],
    );
    const state = await (await fetch(`${cluster.agent}/state`)).text();
    const listed = /"completed_frameworks":.*/s.exec(state)?.[0] ?? "";
    assert.match(listed, /"completed_tasks":\[\{"id":"over"/);
    await teardown(framework);
  });
});
