import assert from "node:assert/strict";
import { test } from "node:test";
import { resources } from "#model/resources.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, taskSpec } from "../../../test/support/agent-fixtures.ts";

const using = (id: string, gpus: number) => taskSpec(id, { resources: resources({ mem: 32, gpus }) });

test("a running executor gets no GPUs that it was launched without", () => {
  const driver = AgentDriver.registered();
  const executor = executorSpec("exec");
  driver.runAt(executor, [using("first", 1)]);
  driver.runAt(executor, [using("more", 1)]);
  const { state, latest } = driver.task("more") ?? {};
  assert.deepEqual([state, latest?.reason], ["dropped", "container-update-failed"]);
  assert.match(latest?.message ?? "", /asks for 1 GPUs, and of the 1 .* 1 are used/);
  driver.runAt(executor, [using("none", 0)]);
  assert.equal(driver.task("none")?.state, "staging");
  // The same after a restart of the agent, which knows it from its row.
  driver.containers.start("exec");
  driver.deliver();
  driver.crash();
  driver.deliver();
  driver.join();
  driver.runAt(executor, [using("again", 1)]);
  assert.equal(driver.task("again")?.state, "dropped");
  driver.runAt(executorSpec("bare"), [using("bare1", 0)]);
  driver.runAt(executorSpec("bare"), [using("bare2", 1)]);
  assert.equal(driver.task("bare2")?.state, "dropped");
});
