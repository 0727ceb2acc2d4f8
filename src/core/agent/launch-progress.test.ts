/** How far a launch is goes into reports while it is under way, and no longer. */

import assert from "node:assert/strict";
import { test } from "node:test";
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

test("one that fails, and one of an agent that died", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  says(driver, "Fetching x: 1 MB");
  driver.containers.failToStart("web", "no such file");
  driver.deliver();
  assert.equal(reported(driver), undefined);
  assert.equal(driver.state.launchProgress.size, 0);
});
