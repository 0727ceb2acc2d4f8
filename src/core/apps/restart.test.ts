/**
 * The app service may end at any moment and start again from what was durable: it launches nothing twice
 * and forgets nothing. And whatever users and tasks do, it comes to rest with what is wanted.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { appId } from "#model/ids.ts";
import { networkCheck } from "../../../test/support/apps-checks.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

test("after a restart the apps, their instances and the deployment under way are there, and go on", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 3, healthChecks: [networkCheck()] }));
  driver.advance(20_000);
  driver.auto.run = false;
  const deployment = driver.update("/web", { env: { RELEASE: "2" } });
  driver.advance(1_000);
  const before = driver.instances("/web").map(({ taskId }) => taskId);
  driver.restart();
  assert.deepEqual(
    driver
      .instances("/web")
      .map(({ taskId }) => taskId)
      .sort(),
    [...before].sort(),
  );
  assert.deepEqual([...driver.state.deployments.keys()], [deployment]);
  driver.advance(60_000);
  assert.equal(driver.tasks.size, 6, "nothing is launched twice");
  for (const { spec, state } of driver.alive("/web"))
    if (state === "staging") driver.status(spec.taskId, "running");
  driver.auto.run = true;
  driver.advance(120_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.env.RELEASE),
    ["2", "2", "2"],
  );
});

test("what ended while the app service was away is found out", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2 }));
  const [first] = driver.alive("/web");
  assert.ok(first !== undefined);
  first.state = "failed";
  driver.restart();
  driver.advance(5_000);
  assert.equal(driver.alive("/web").length, 2);
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant("update" as const),
    instances: fc.integer({ min: 0, max: 6 }),
    release: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    kind: fc.constantFrom("restart", "disconnect", "restart-app", "delete", "cancel", "roll-back", "kill"),
  }),
  fc.record({
    kind: fc.constant("status" as const),
    index: fc.nat(10),
    state: fc.constantFrom("running", "failed", "finished", "killed"),
  }),
  fc.record({
    kind: fc.constant("agent" as const),
    index: fc.integer({ min: 1, max: 3 }),
    reachable: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("auto" as const),
    name: fc.constantFrom("run", "kill", "offer", "probe"),
    on: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("lose" as const), on: fc.boolean() }),
  fc.record({ kind: fc.constant("advance" as const), durationMs: fc.constantFrom(1, 1_000, 15_000, 90_000) }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function perform(driver: AppsDriver, each: Step): void {
  const id = appId("/web");
  const force = true;
  switch (each.kind) {
    case "update": {
      const env = { RELEASE: String(each.release) };
      const patch = {
        ...testApp("/web"),
        instances: each.instances,
        env,
        healthChecks: [networkCheck({ gracePeriodMs: 20_000 })],
      };
      driver.submit({
        type: "update-apps",
        updates: [{ id, patch, replace: false, mustExist: false }],
        force,
      });
      return;
    }
    case "restart":
      return driver.restart();
    case "disconnect":
      return driver.disconnect();
    case "restart-app":
      driver.submit({ type: "restart-app", id, force });
      return;
    case "delete":
      driver.submit({ type: "delete-app", id, force });
      return;
    case "roll-back": {
      const [version] = driver.state.versions.get(id)?.keys() ?? [];
      if (version !== undefined) driver.submit({ type: "rollback-app", id, version, force });
      return;
    }
    case "cancel": {
      const [deployment] = driver.state.deployments.keys();
      if (deployment !== undefined)
        driver.submit({ type: "cancel-deployment", id: deployment, force: false });
      return;
    }
    case "kill": {
      const [instance] = driver.instances("/web");
      if (instance !== undefined)
        driver.submit({ type: "kill-tasks", taskIds: [instance.taskId], scale: false, force });
      return;
    }
    case "status": {
      const alive = driver.alive("/web").filter(({ agent }) => agent.reachable);
      const task = alive[each.index % Math.max(1, alive.length)];
      if (task !== undefined) driver.status(task.spec.taskId, each.state as "running");
      return;
    }
    case "agent":
      return driver.setReachable(driver.agent(each.index), each.reachable);
    case "auto":
      driver.auto[each.name as "run"] = each.on;
      return;
    case "lose":
      driver.loseAccept = () => each.on;
      return;
    case "advance":
      return driver.advance(each.durationMs);
    default:
      return;
  }
}

test("whatever happens, in the end just what is wanted runs, in the version that is wanted", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 25 }), (seed, steps) => {
      const driver = new AppsDriver({ seed, config: { taskLaunchTimeoutMs: 60_000 } });
      driver.create(testApp("/web", { instances: 3 }));
      for (const each of steps) perform(driver, each);

      Object.assign(driver.auto, { run: true, kill: true, offer: true, probe: true });
      driver.loseAccept = () => false;
      for (const agent of driver.agents.values()) driver.setReachable(agent, true);
      driver.advance(300_000);
      const app = driver.state.apps.get(appId("/web"));
      const alive = driver.alive("/web");
      assert.equal(driver.state.deployments.size, 0, `still waits: ${driver.waits().join("; ")}`);
      assert.equal(alive.length, app?.definition.instances ?? 0);
      assert.ok(alive.every(({ spec }) => spec.env.RELEASE === app?.definition.env.RELEASE));
      const known = driver.instances("/web").map(({ taskId }) => taskId);
      assert.deepEqual(alive.map(({ spec }) => spec.taskId).sort(), known.sort());
      assert.equal(driver.demandOf("/web"), 0);
    }),
    { numRuns: 150 },
  );
});
