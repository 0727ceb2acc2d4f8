/**
 * Why not, over all agents: the chain in its order, counted, with the nearest miss.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limits } from "#base/limits.ts";
import type { DemandExplanation } from "#model/explanation.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import { roleName } from "#model/ids.ts";
import type { Quantities } from "#model/quota.ts";
import { milli, type Resources, resources } from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";
import { explainDemand } from "./explain-demand.ts";

const a = roleName("a");
const needOf = (cpus: number, mem: number): Quantities => ({ cpus: milli(cpus), mem: milli(mem) });

class Scene {
  readonly driver = new MasterDriver();
  readonly framework: TestFramework;

  constructor(info: Partial<FrameworkInfo> = {}) {
    this.framework = new TestFramework(this.driver, { roles: [a], ...info });
  }

  addAgent(name: string, amount: Resources): TestAgent {
    const agent = new TestAgent(this.driver, name, amount);
    agent.connect();
    return agent;
  }

  ofFramework(need: Quantities = {}): DemandExplanation {
    const { driver, framework } = this;
    return explainDemand(driver.state, { frameworkId: framework.id, role: undefined, need }, driver.nowMs);
  }

  ofRole(role: string, need: Quantities = {}): DemandExplanation {
    const { driver } = this;
    return explainDemand(driver.state, { frameworkId: undefined, role: roleName(role), need }, driver.nowMs);
  }
}

const kindsOf = ({ gates }: DemandExplanation) => gates.map(({ refusal, agents }) => [refusal.kind, agents]);

describe("explain a framework", () => {
  it("counts the agents at each gate, with a few by name", () => {
    const scene = new Scene();
    scene.framework.subscribe();
    for (let count = 0; count < 8; count += 1)
      scene.addAgent(`small-${count}`, resources({ cpus: count === 3 ? 2.5 : 1, mem: 1_024 }));
    scene.addAgent("large", resources({ cpus: 8, mem: 8_192 }));
    const off = scene.addAgent("off", resources({ cpus: 8, mem: 8_192 }));
    scene.driver.input({ type: "deactivate-agent", agentId: off.id });
    const all = scene.ofFramework();
    assert.deepEqual([all.agents, all.open.agents, all.roles], [10, 9, ["a"]]);
    assert.deepEqual(kindsOf(all), [["agent-state", 1]]);
    const fit = scene.ofFramework(needOf(4, 4_096));
    assert.deepEqual(fit.open, { agents: 1, examples: ["large"] });
    assert.deepEqual(kindsOf(fit), [
      ["scalar", 8],
      ["agent-state", 1],
    ]);
    assert.equal(fit.gates[0]?.examples.length, limits.explainedExamplesMax);
    assert.deepEqual(
      [fit.gates[0]?.refusal, fit.gates[0]?.shortMost],
      [{ kind: "scalar", resource: "cpus", short: 1.5 }, 3],
    );
  });

  it("says of which one resource less would do, and where", () => {
    const scene = new Scene();
    scene.framework.subscribe();
    scene.addAgent("agent-1", resources({ cpus: 4, mem: 3_584 }));
    scene.addAgent("agent-2", resources({ cpus: 4, mem: 2_048 }));
    scene.addAgent("agent-3", resources({ cpus: 1, mem: 8_192 }));
    scene.addAgent("agent-4", resources({ cpus: 1, mem: 1_024 }));
    const { nearest, open } = scene.ofFramework(needOf(2, 4_096));
    assert.equal(open.agents, 0);
    assert.deepEqual(nearest, [
      { resource: "cpus", atMost: milli(1), agents: 1 },
      { resource: "mem", atMost: milli(3_584), agents: 1 },
      { resource: "mem", atMost: milli(2_048), agents: 2 },
    ]);
  });

  it("declined: by which call, and until when", () => {
    const scene = new Scene();
    const agent = scene.addAgent("agent-1", resources({ cpus: 4, mem: 4_096 }));
    scene.framework.subscribe();
    const { driver, framework } = scene;
    const offer = [...driver.state.tables.offer.values()][0];
    assert.ok(offer !== undefined);
    framework.launch([offer], [taskSpec("t1", agent.id)], 60_000);
    const [gate] = scene.ofFramework().gates;
    const by = { call: "accept", offerId: offer.offerId, atMs: driver.nowMs };
    assert.deepEqual(gate?.refusal, { kind: "declined", untilMs: driver.nowMs + 60_000, by });
    assert.equal(gate?.untilMostMs, driver.nowMs + 60_000);
  });

  it("goes by the one of its roles that comes farthest", () => {
    const scene = new Scene({ roles: [a, roleName("b")], capabilities: ["multi-role"] });
    scene.framework.subscribe([a]);
    scene.addAgent("agent-1", resources({ cpus: 4, mem: 4_096 }));
    assert.equal(scene.ofFramework().open.agents, 1);
    scene.framework.call({ type: "suppress", roles: [] });
    for (const offer of scene.driver.state.tables.offer.values()) scene.framework.decline([offer], 0);
    assert.deepEqual(kindsOf(scene.ofFramework()), [["suppressed", 1]]);
  });

  it("that is away, or in no role, is offered nothing for that", () => {
    const scene = new Scene({ roles: [], capabilities: ["multi-role"] });
    scene.addAgent("agent-1", resources({ cpus: 4, mem: 4_096 }));
    scene.framework.subscribe();
    assert.deepEqual(scene.ofFramework().gates[0]?.refusal, { kind: "framework-state", state: "in no role" });
    const info = { ...scene.framework.info, roles: [a] };
    scene.framework.call({ type: "update-framework", info, suppressedRoles: [] });
    assert.equal(scene.ofFramework().open.agents, 1);
    scene.framework.disconnect();
    assert.deepEqual(scene.ofFramework().gates[0]?.refusal, {
      kind: "framework-state",
      state: "disconnected",
    });
  });

  it("what another holds in offers is not missing, but elsewhere; unless it would not do either", () => {
    const scene = new Scene();
    scene.addAgent("agent-1", resources({ cpus: 4, mem: 4_096 }));
    const other = new TestFramework(scene.driver, { name: "other" });
    other.subscribe();
    scene.framework.subscribe();
    const elsewhere = { kind: "offered-elsewhere", framework: "other" };
    assert.deepEqual(scene.ofFramework(needOf(2, 64)).gates[0]?.refusal, elsewhere);
    const short = { kind: "scalar", resource: "cpus", short: 1 };
    assert.deepEqual(scene.ofFramework(needOf(5, 64)).gates[0]?.refusal, short);
  });
});

describe("explain a role", () => {
  it("of nobody: as any framework that came new would be served", () => {
    const scene = new Scene();
    scene.addAgent("agent-1", resources({ cpus: 4, mem: 4_096 }));
    const answer = scene.ofRole("new", needOf(1, 64));
    assert.deepEqual([answer.frameworks, answer.open.agents], [0, 1]);
    const role = roleName("new");
    const limit = { cpus: milli(0.5) };
    const quotas = [{ role, guarantees: {}, limits: limit }];
    scene.driver.input({ type: "update-quotas", quotas, force: true });
    assert.equal(scene.ofRole("new").open.agents, 1, "half a cpu may be offered");
    assert.deepEqual(scene.ofRole("new", needOf(1, 64)).gates[0]?.refusal, {
      kind: "quota-limit",
      role: "new",
      resource: "cpus",
    });
  });

  it("of several frameworks: one that is let through is enough", () => {
    const scene = new Scene();
    scene.addAgent("agent-1", resources({ cpus: 4, mem: 4_096 }));
    scene.framework.subscribe([a]);
    assert.deepEqual(kindsOf(scene.ofRole("a")), [["suppressed", 1]]);
    new TestFramework(scene.driver, { roles: [a] }).subscribe();
    const answer = scene.ofRole("a");
    assert.deepEqual([answer.frameworks, answer.open.agents], [2, 1]);
  });

  it("is bounded: gates beyond the first ones are only counted", () => {
    const scene = new Scene();
    const { framework, driver } = scene;
    framework.subscribe([a]);
    const count = limits.explainedGatesMax + 5;
    for (let n = 0; n < count; n += 1) {
      const agent = scene.addAgent(`agent-${n}`, resources({ cpus: 1, mem: 512 }));
      const other = new TestFramework(driver, { name: `other-${n}`, roles: [roleName(`r${n}`)] });
      other.subscribe();
      driver.advance(1_000);
      other.call({ type: "suppress", roles: [] });
      assert.equal(driver.state.indexes.offersByAgent.get(agent.id)?.size, 1);
    }
    framework.call({ type: "revive", roles: [] });
    const answer = scene.ofRole("a", needOf(0.5, 64));
    assert.equal(answer.gates.length, limits.explainedGatesMax);
    assert.equal(answer.others, 5);
  });
});
