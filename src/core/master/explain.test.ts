/**
 * Why not: each gate gives its reason.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrameworkInfo } from "#model/framework.ts";
import { frameworkId, roleName } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver, runningScene, scene, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";
import { explainAgents } from "./explain.ts";

test("explain: an agent that is offered has no gate, and says what is free", () => {
  const { driver, agent, framework } = scene();
  const [answer] = explainAgents(driver.state, framework.id, driver.nowMs);
  assert.equal(answer?.gate, undefined);
  assert.equal(answer?.agentId, agent.id);
  assert.equal(answer?.agentName, "agent-1");
  assert.equal(answer?.free.cpus, 4_000);
});

test("explain: declined until, and free without what tasks use", () => {
  const { driver, framework, offer } = runningScene();
  const [answer] = explainAgents(driver.state, framework.id, driver.nowMs);
  assert.deepEqual(answer?.gate, {
    kind: "declined",
    untilMs: driver.nowMs + 100_000_000,
    by: { call: "accept", offerId: offer.offerId, atMs: driver.nowMs },
  });
  assert.equal(answer?.used.cpus, 1_000);
  assert.equal(answer?.free.cpus, 3_000);
  assert.equal(
    explainAgents(driver.state, framework.id, driver.nowMs + 100_000_001)[0]?.gate,
    undefined,
    "a filter that is over is no gate",
  );
});

test("explain: suppressed", () => {
  const { driver, framework, offer } = scene();
  framework.call({ type: "suppress", roles: [] });
  framework.decline([offer], 0);
  const [answer] = explainAgents(driver.state, framework.id, driver.nowMs);
  assert.deepEqual(answer?.gate, { kind: "suppressed", role: "*" });
});

test("explain: offered elsewhere, by name", () => {
  const { driver } = scene();
  const other = new TestFramework(driver);
  other.subscribe();
  const [answer] = explainAgents(driver.state, other.id, driver.nowMs);
  assert.deepEqual(answer?.gate, { kind: "offered-elsewhere", framework: "test" });
  assert.equal(answer?.free.cpus, 4_000);
});

test("explain: too little left to offer", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id, resources({ cpus: 3.995, mem: 4090 }))]);
  const [answer] = explainAgents(driver.state, framework.id, driver.nowMs);
  assert.deepEqual(answer?.gate, { kind: "scalar", resource: "cpus", short: 0.005 });
});

test("explain: an agent that is away", () => {
  const { driver, agent, framework } = scene();
  agent.disconnect();
  const gate = () => explainAgents(driver.state, framework.id, driver.nowMs)[0]?.gate;
  assert.deepEqual(gate(), { kind: "agent-state", state: "disconnected" });
  driver.advance(60_000);
  assert.deepEqual(gate(), { kind: "agent-state", state: "unreachable" });
});

test("explain: a framework that nobody knows is offered nothing", () => {
  const { driver } = scene();
  const [answer] = explainAgents(driver.state, frameworkId("nobody"), driver.nowMs);
  assert.deepEqual(answer?.gate, { kind: "suppressed", role: "*" });
});

test("explain: who is ahead by fair share, with both shares", () => {
  const { driver, agent, framework, offer } = scene({}, { roles: [roleName("a/x")] });
  framework.launch([offer], [taskSpec("t1", agent.id, resources({ cpus: 1, mem: 100 }))], 0);
  const other = new TestFramework(driver, { roles: [roleName("b")] });
  other.subscribe();
  driver.advance(1_000);
  for (const each of driver.state.tables.offer.values())
    (each.frameworkId === other.id ? other : framework).decline([each], 0);
  const gate = (of: TestFramework) => explainAgents(driver.state, of.id, driver.nowMs)[0]?.gate;
  assert.deepEqual(gate(framework), { kind: "fair-share", role: "b", share: 0, ownShare: 0.25 });
  assert.equal(gate(other), undefined);
});

test("explain: the chain, gate by gate, each closed gate hiding those after it", () => {
  const role = roleName("a");
  const constraint = {
    selector: { kind: "attribute", name: "rack" },
    predicate: { kind: "exists" },
  } as const;
  const info = { roles: [role], offerConstraints: { a: [[constraint]] } };
  const { driver, agent, framework } = emptyScene(info);
  const gate = () => explainAgents(driver.state, framework.id, driver.nowMs)[0]?.gate?.kind;
  driver.input({ type: "deactivate-agent", agentId: agent.id });
  framework.call({ type: "suppress", roles: [] });
  const none = { cpus: milli(0), mem: milli(0), disk: milli(0) };
  driver.input({ type: "update-quotas", quotas: [{ role, guarantees: {}, limits: none }], force: true });
  assert.equal(gate(), "agent-state");
  driver.input({ type: "reactivate-agent", agentId: agent.id });
  assert.equal(gate(), "constraint");
  const open = { ...framework.info, offerConstraints: undefined };
  framework.call({ type: "update-framework", info: open, suppressedRoles: [role] });
  assert.equal(gate(), "suppressed");
  framework.call({ type: "revive", roles: [] });
  assert.equal(gate(), "quota-limit");
  driver.input({ type: "update-quotas", quotas: [{ role, guarantees: {}, limits: {} }], force: true });
  assert.equal(gate(), undefined);
});

function emptyScene(info: Partial<FrameworkInfo>) {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const framework = new TestFramework(driver, info);
  framework.subscribe();
  return { driver, agent, framework };
}
