/**
 * Launches with executors: what frameworks bring along is kept as they wrote it, and refused in Mesos's words.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { frameworkId } from "#model/ids.ts";
import { anyMessage } from "../../../../test/support/mesos-messages.ts";
import type { MessageOf } from "../proto/tables.ts";
import { executorFromMessage, executorInfoMessage, handedMessage } from "./executor-info.ts";
import { groupFromMessage, launchFromMessage } from "./launches.ts";

const context = { frameworkId: frameworkId("F"), user: "spark" };

const executor: MessageOf<"ExecutorInfo"> = {
  executor_id: { value: "e" },
  framework_id: { value: "F" },
  command: { value: "./run", environment: { variables: [{ name: "A", value: "1" }] } },
  resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 0.5 } }],
  data: new Uint8Array([1, 2, 3]),
};
const task = (id: string, more: Partial<MessageOf<"TaskInfo">> = {}): MessageOf<"TaskInfo"> => ({
  name: id,
  task_id: { value: id },
  agent_id: { value: "S0" },
  resources: [{ name: "mem", type: "SCALAR", scalar: { value: 32 } }],
  ...more,
});

const launch = (...infos: readonly MessageOf<"TaskInfo">[]) =>
  launchFromMessage({ task_infos: infos }, context);

test("what pulls an executor's image is shown to nobody", () => {
  const secret = { type: "VALUE", value: { data: new TextEncoder().encode('{"auths":{}}') } } as const;
  const withConfig = (config: typeof secret | undefined): MessageOf<"ExecutorInfo"> => ({
    ...executor,
    container: { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: "web", config } } } },
  });
  const translated = executorFromMessage(withConfig(secret), context);
  assert.ok(translated.ok);
  assert.ok(translated.value.root.kind === "image" && translated.value.root.pullConfig !== undefined);
  const without = executorFromMessage(withConfig(undefined), context);
  assert.ok(without.ok);
  const shown = executorInfoMessage(translated.value, "F");
  assert.deepEqual(shown, executorInfoMessage(without.value, "F"));
  assert.equal(shown.container?.mesos?.image?.docker?.name, "web");
});

test("a task with an executor names it, and both are handed over as they were written", () => {
  const data = new Uint8Array([9]);
  const { framework_id: _, ...withoutFramework } = executor;
  const { operation, taskFaults } = launch(task("t", { executor: withoutFramework, data }));
  assert.deepEqual(taskFaults, []);
  assert.ok(operation?.kind === "launch");
  const [spec] = operation.tasks;
  const [brought] = operation.executors;
  assert.deepEqual([spec?.executorId, spec?.command, spec?.groupId], ["e", undefined, undefined]);
  const handed = handedMessage("TaskInfo", spec?.handed ?? "");
  assert.deepEqual(handed?.data, data);
  assert.deepEqual(handed?.executor?.framework_id, { value: "F" });
  assert.ok(brought !== undefined);
  const { kind, command, env, user, shutdownGraceMs, name } = brought;
  assert.deepEqual(
    { kind, command, env, user, shutdownGraceMs, name },
    {
      kind: "custom",
      command: { kind: "shell", text: "./run" },
      env: { A: "1" },
      user: "spark",
      shutdownGraceMs: 5_000,
      name: "",
    },
  );
  assert.equal(brought.resources.cpus, 500);
  assert.deepEqual(executorInfoMessage(brought, "F").data, new Uint8Array([1, 2, 3]));
  assert.deepEqual(executorInfoMessage(brought, "F").framework_id, { value: "F" });
});

test("each executor comes once, and two that differ under one id are not the same", () => {
  const other = { ...executor, name: "other" };
  const { operation, taskFaults } = launch(
    task("1", { executor }),
    task("2", { executor }),
    task("3", { executor: other }),
    task("4", { command: { value: "true" } }),
    task("5", { executor: { ...executor, executor_id: { value: "f" } } }),
  );
  assert.ok(operation?.kind === "launch");
  assert.deepEqual(
    operation.tasks.map(({ taskId }) => taskId),
    ["1", "2", "4", "5"],
  );
  assert.deepEqual(
    operation.executors.map(({ executorId }) => executorId),
    ["e", "f"],
  );
  assert.deepEqual(
    taskFaults.map(({ taskId, reason }) => [taskId, reason]),
    [["3", "task-invalid"]],
  );
  assert.match(taskFaults[0]?.message ?? "", /not compatible with existing ExecutorInfo/);
});

test("an executor is the same in whatever order its variables are written", () => {
  const variables = [
    { name: "A", value: "1" },
    { name: "B", value: "2" },
  ];
  const withVariables = (list: typeof variables) => ({
    ...executor,
    command: { value: "./run", environment: { variables: list } },
  });
  const { taskFaults } = launch(
    task("1", { executor: withVariables(variables) }),
    task("2", { executor: withVariables(variables.toReversed()) }),
  );
  assert.deepEqual(taskFaults, []);
});

test("executors are refused in Mesos's words and order", () => {
  const without = (name: keyof typeof executor) => ({ ...executor, [name]: undefined });
  const image = { type: "MESOS", mesos: { image: { type: "DOCKER" } } } as const;
  const cases: readonly (readonly [Partial<MessageOf<"TaskInfo">>, RegExp])[] = [
    [{}, /at least one \(but not both\)/],
    [{ executor, command: { value: "x" } }, /at least one \(but not both\)/],
    [{ executor: without("command") }, /^'ExecutorInfo\.command' must be set$/],
    [
      { executor: { ...without("command"), type: "CUSTOM" } },
      /^'ExecutorInfo\.command' must be set for 'CUSTOM' executor$/,
    ],
    [{ executor: { ...executor, type: "DEFAULT" } }, /must not be set for 'DEFAULT' executor$/],
    [
      { executor: { ...without("command"), type: "DEFAULT", container: { type: "DOCKER" } } },
      /^'ExecutorInfo\.container\.type' must be 'MESOS' for 'DEFAULT' executor$/,
    ],
    [
      { executor: { ...without("command"), type: "DEFAULT", container: image } },
      /container\.mesos\.image' must not be set for 'DEFAULT' executor$/,
    ],
    [{ executor: { ...without("command"), type: "DEFAULT" } }, /^'ExecutorInfo\.type' must be 'CUSTOM'$/],
    [{ executor: { ...executor, executor_id: { value: "a/b" } } }, /contains invalid characters$/],
    [
      { executor: { ...executor, shutdown_grace_period: { nanoseconds: -1n } } },
      /^ExecutorInfo's 'shutdown_grace_period' must be non-negative$/,
    ],
    [
      { executor: { ...executor, command: { value: "x", environment: { variables: [{ name: "A" }] } } } },
      /^Executor's `CommandInfo` is invalid: .*value set$/,
    ],
    [{ executor: { ...executor, container: { type: "DOCKER" } } }, /^Executor's `ContainerInfo` is invalid/],
    [
      { executor: { ...executor, framework_id: { value: "G" } } },
      /^ExecutorInfo has an invalid FrameworkID \(Actual: G vs Expected: F\)$/,
    ],
    [
      {
        executor: { ...executor, resources: [{ name: "cpus", type: "SCALAR", scalar: { value: -1 } }] },
      },
      /^Executor uses invalid resources: /,
    ],
    [{ executor: { ...executor, data: new Uint8Array(limits.handedBytesMax) } }, /bytes; \d+ are possible/],
  ];
  for (const [more, fault] of cases) {
    const { taskFaults, operation } = launch(task("t", more));
    assert.equal(operation, undefined, String(fault));
    assert.match(taskFaults[0]?.message ?? "", fault);
  }
});

const { command: _, ...withoutCommand } = executor;
const groupExecutor: MessageOf<"ExecutorInfo"> = { ...withoutCommand, type: "DEFAULT" };
const run = { command: { value: "true" } };

test("the tasks of a group share the id of the first, and the agent runs them by itself", () => {
  const { operation, taskFaults } = groupFromMessage(
    { executor: groupExecutor, task_group: { tasks: [task("1", run), task("2", run)] } },
    context,
  );
  assert.deepEqual(taskFaults, []);
  assert.ok(operation?.kind === "launch-group");
  assert.deepEqual(
    operation.tasks.map(({ groupId, executorId, command, handed }) => [
      groupId,
      executorId,
      command?.kind,
      handed,
    ]),
    [
      ["1", "e", "shell", undefined],
      ["1", "e", "shell", undefined],
    ],
  );
  assert.equal(operation.executor.kind, "default");
});

test("a group of a custom executor is handed over to it", () => {
  const { operation } = groupFromMessage(
    { executor: { ...executor, type: "CUSTOM" }, task_group: { tasks: [task("1", run), task("2")] } },
    context,
  );
  assert.ok(operation?.kind === "launch-group");
  assert.equal(operation.executor.kind, "custom");
  const [first] = operation.tasks;
  assert.equal(first?.command, undefined);
  assert.deepEqual(handedMessage("TaskInfo", first?.handed ?? "")?.command, { value: "true" });
});

test("one wrong task, or a wrong executor, spoils the whole group", () => {
  const cases: readonly (readonly [MessageOf<"Offer.Operation.LaunchGroup">, RegExp])[] = [
    [
      { executor: groupExecutor, task_group: { tasks: [task("1", run), task(".", run)] } },
      /^Task '\.' is invalid: '\.' is disallowed$/,
    ],
    [
      {
        executor: groupExecutor,
        task_group: {
          tasks: [task("1", run), task("2", { ...run, limits: new Map([["mem", { value: 64 }]]) })],
        },
      },
      /^Task '2' is invalid: Resource limits may only be set/,
    ],
    [
      {
        executor: groupExecutor,
        task_group: { tasks: [task("1", { ...run, executor }), task("2", run)] },
      },
      /^The `ExecutorInfo` of task '1' is different from executor 'e'$/,
    ],
    [
      { executor: { ...groupExecutor, framework_id: undefined }, task_group: { tasks: [task("1", run)] } },
      /^'ExecutorInfo\.framework_id' must be set$/,
    ],
    [
      { executor: { ...executor, type: undefined }, task_group: { tasks: [task("1", run)] } },
      /^'ExecutorInfo\.type' must be set$/,
    ],
  ];
  for (const [message, fault] of cases) {
    const { operation, taskFaults } = groupFromMessage(message, context);
    assert.equal(operation, undefined, String(fault));
    assert.equal(taskFaults.length, message.task_group.tasks?.length);
    for (const each of taskFaults) {
      assert.match(each.message, fault);
      assert.equal(each.reason, "task-group-invalid");
    }
  }
});

test("no message makes it throw", () => {
  fc.assert(
    fc.property(anyMessage("ExecutorInfo"), anyMessage("TaskInfo"), (executorInfo, taskInfo) => {
      const info = executorInfo as unknown as MessageOf<"ExecutorInfo">;
      const one = taskInfo as unknown as MessageOf<"TaskInfo">;
      executorFromMessage(info, context);
      launch(one, { ...one, executor: info });
      groupFromMessage({ executor: info, task_group: { tasks: [one] } }, context);
    }),
    { numRuns: 300 },
  );
});
