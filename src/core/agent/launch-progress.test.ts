/** How far a launch is goes into reports while it is under way, and no longer. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";

/** What the next report says of the task. */
function reported(driver: AgentDriver): string | undefined {
  driver.read();
  driver.master({ type: "ping" });
  const [report] = driver.read();
  assert.ok(report?.type === "report");
  return report.tasks[0]?.progress;
}

function says(driver: AgentDriver, message: string): void {
  driver.containers.outcomes.push({ type: "progress", containerId: driver.containerOf("web"), message });
  driver.deliver();
}

test("a task that is launched", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  assert.equal(reported(driver), undefined);
  says(driver, "Pulling web: 1 of 2 MB");
  assert.equal(reported(driver), "Pulling web: 1 of 2 MB");
  says(driver, "Pulling web: 2 of 2 MB");
  driver.containers.start("web");
  driver.deliver();
  assert.equal(reported(driver), undefined);
  says(driver, "late");
  assert.equal(reported(driver), undefined);
});

test("of a launch that takes long its framework hears now and then, if it takes in what it hears", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  const heard = () => driver.read().flatMap((message) => (message.type === "update" ? [message.status] : []));
  const states = () => heard().map(({ state, source, message }) => [state, source, message]);
  says(driver, "Pulling web: 1 of 9 MB");
  assert.deepEqual(states(), []);
  driver.advance(limits.launchNewsAfterMs);
  says(driver, "Pulling web: 2 of 9 MB");
  const [first] = heard();
  assert.deepEqual(
    [first?.state, first?.source, first?.message],
    ["starting", "agent", "Pulling web: 2 of 9 MB"],
  );
  // Repeated until it is acknowledged, and never overtaken.
  driver.advance(limits.launchNewsIntervalMs);
  says(driver, "Pulling web: 3 of 9 MB");
  assert.ok(heard().every(({ updateId }) => updateId === first?.updateId));
  driver.acknowledge(first ?? assert.fail());
  says(driver, "Pulling web: 4 of 9 MB");
  const [second] = heard();
  assert.equal(second?.message, "Pulling web: 4 of 9 MB");
  driver.acknowledge(second ?? assert.fail());
  // Not yet again.
  says(driver, "Pulling web: 5 of 9 MB");
  assert.deepEqual(states(), []);
  driver.containers.start("web");
  driver.deliver();
  assert.deepEqual(states(), [["running", "executor", ""]]);
});

test("one that fails, and one of an agent that died", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  says(driver, "Fetching x: 1 MB");
  driver.containers.failToStart("web", "no such file");
  driver.deliver();
  assert.equal(reported(driver), undefined);
  assert.equal(driver.state.launchProgress.size, 0);
});
