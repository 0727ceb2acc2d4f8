/** What is to be fetched reaches the launcher, of tasks and of executors, and is not kept of what is refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, taskSpec } from "../../../test/support/agent-fixtures.ts";
import { outlineOf } from "./outline.ts";

const artifacts = [
  { uri: "http://files/a.tgz", extract: true, executable: false, cache: true, outputFile: "dir/a.tgz" },
];

test("a task's artifacts, and an executor's, are its container's", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web", { artifacts }));
  driver.runAt(executorSpec("exec", { artifacts }), [taskSpec("a", { command: undefined })]);
  driver.run(taskSpec("bare"));
  assert.deepEqual(driver.containers.spec("web").artifacts, artifacts);
  assert.deepEqual(driver.containers.spec("exec").artifacts, artifacts);
  assert.equal(driver.containers.spec("bare").artifacts, undefined);
});

test("a task that is too large to be kept is kept without them", () => {
  assert.equal(outlineOf(taskSpec("web", { artifacts })).artifacts, undefined);
});
