import assert from "node:assert/strict";
import { test } from "node:test";
import { matchSpec } from "#core/apps/match.ts";
import { Crowd } from "#core/apps/placement.ts";
import type { AgentExplanation } from "#core/master/explain.ts";
import { agentId } from "#model/ids.ts";
import { summariseRefusals } from "#model/reason.ts";
import { milli, noResources, type Resources, resources } from "#model/resources.ts";
import { testApp } from "../../../test/support/apps-driver.ts";
import { DoorDriver } from "../../../test/support/door-driver.ts";
import { agentInfo } from "../../../test/support/master-fixtures.ts";
import { explainService } from "../views/explain.ts";

const total = resources({ cpus: 4, mem: 4096, disk: 1_000, ports: [[8_000, 8_999]] });

const alone = { taken: noResources, nowMs: 0, crowd: new Crowd([], 1) };

const agent = (name: string, free: Resources, over: Partial<AgentExplanation> = {}): AgentExplanation => ({
  agentId: agentId(name),
  agentName: name,
  info: agentInfo(name, total),
  state: "active",
  total,
  used: noResources,
  free,
  gate: undefined,
  ...over,
});

test("agents that lack something are counted by what they lack, and the nearest is found", () => {
  const port = {
    hostPort: 8_080,
    fixed: true,
    servicePort: 8_080,
    protocol: "tcp",
    name: undefined,
    labels: {},
  } as const;
  const app = testApp("/web", { cpus: milli(1), ports: [port], requirePorts: true });
  const short = resources({ cpus: 0.6, mem: 4096, ports: [[8_000, 8_999]] });
  const taken = resources({ cpus: 4, mem: 4096, ports: [[8_000, 8_079]] });
  const { fits, refusedBy, nearest } = explainService(
    app,
    [agent("agent-1", short), agent("agent-2", short), agent("agent-3", taken)],
    alone,
  );
  assert.equal(fits, 0);
  assert.equal(summariseRefusals(refusedBy), "2 agents: cpus, short by 0.4; 1 agent: port 8080 taken");
  assert.equal(nearest?.agentName, "agent-1");
});

test("nearest is where only room lacks; else where there is room, and what keeps it away is said", () => {
  const inRack = (name: string, rack: string, free: Resources): AgentExplanation =>
    agent(name, free, { info: { ...agentInfo(name, total), attributes: { rack } } });
  const constraints = [{ field: "rack", operator: "IS", value: "a" }] as const;
  const app = testApp("/web", { cpus: milli(2), constraints });
  const crowd = new Crowd(constraints, 1);
  const [little, less] = [resources({ cpus: 1, mem: 4096, ports: [[8_000, 8_999]] }), noResources];
  const explain = (...agents: readonly AgentExplanation[]) =>
    explainService(app, agents, { ...alone, crowd }).nearest;
  const roomy = inRack("agent-2", "b", total);
  assert.equal(explain(roomy, inRack("agent-1", "a", little))?.agentName, "agent-1");
  const kept = explain(inRack("agent-3", "b", little), roomy);
  assert.equal(kept?.agentName, "agent-2");
  assert.deepEqual(kept?.refusals, [{ kind: "placement", constraint: "rack IS 'a'", found: "rack is 'b'" }]);
  assert.equal(explain(inRack("agent-3", "b", less), inRack("agent-4", "b", little)), undefined);
  assert.equal(explain(agent("agent-5", total, { state: "unreachable" })), undefined);
});

test("an agent that the master withholds has room all the same, unless others hold it", () => {
  const app = testApp("/web");
  const withheld = agent("agent-1", total, { gate: { kind: "suppressed", role: "*" } });
  assert.equal(explainService(app, [withheld], alone).fits, 1);
  const elsewhere = agent("agent-1", total, { gate: { kind: "offered-elsewhere", framework: "other" } });
  assert.deepEqual(explainService(app, [elsewhere], alone).refusedBy, [
    { agentName: "agent-1", refusals: [{ kind: "offered-elsewhere", framework: "other" }] },
  ]);
  const away = agent("agent-1", total, { state: "unreachable" });
  assert.equal(explainService(app, [away], alone).fits, 0);
});

test("what the explanation says of an agent is what a match says of an offer of all that is free there", () => {
  const app = testApp("/web", { cpus: milli(8) });
  const [verdict] = explainService(app, [agent("agent-1", total)], alone).verdicts;
  const match = matchSpec(app, { agent: agentInfo("agent-1", total), resources: total, role: "*" }, alone);
  assert.deepEqual(verdict?.refusals, match.kind === "refused" ? match.refusals : []);
});

test("an app that finds no place is explained in a sentence and agent by agent", () => {
  const door = new DoorDriver();
  door.addAgent("agent-2");
  door.addAgent("agent-10");
  door.json("POST", "/v2/apps", { id: "/group/big", cmd: "x", cpus: 64, mem: 16 });
  door.apps.advance(1_000);
  const { status, json } = door.get("/unum/v1/explain/app/group/big");
  assert.equal(status, 200);
  assert.match(
    json.summary,
    /^\/group\/big has 0 of 1 instance running\. No agent can take another: 2 agents: cpus, short by 60\./,
  );
  assert.deepEqual([json.wanted, json.running, json.missing], [1, 0, 1]);
  assert.equal(json.agents[0].refusals[0].text, "cpus, short by 60");
  assert.equal(json.agents[0].fits, false);
  assert.equal(json.agents[0].free.cpus, 4);
  assert.equal(json.nearest.text, "cpus, short by 60");
  assert.equal(json.deployments.length, 1);
  assert.equal(door.get("/unum/v1/explain/app/none").status, 404);
});

test("an app that runs as it should says so, and one without agents says that", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { id: "/web", cmd: "x", cpus: 0.1, mem: 16, instances: 2 });
  door.finishDeployments();
  assert.equal(door.get("/unum/v1/explain/app/web").json.summary, "/web has 2 of 2 instances running.");
  const empty = new DoorDriver({ agents: 0 });
  empty.json("POST", "/v2/apps", { id: "/web", cmd: "x" });
  assert.match(empty.get("/unum/v1/explain/app/web").json.summary, /There are no agents\.$/);
});

test("a pod is explained as an app is, by the sum of its containers, at either path", () => {
  const door = new DoorDriver();
  const containers = ["one", "two"].map((name) => ({
    name,
    resources: { cpus: 3, mem: 16 },
    exec: { command: { shell: "x" } },
  }));
  door.addAgent("agent-1");
  door.json("POST", "/v2/pods", { id: "/group/pod", containers });
  door.apps.advance(1_000);
  const { status, json } = door.get("/unum/v1/explain/pod/group/pod");
  assert.equal(status, 200);
  assert.match(json.summary, /^\/group\/pod has 0 of 1 instance running\. No agent .*cpus, short by 2\.1/);
  assert.equal(json.deployments.length, 1);
  assert.deepEqual(door.get("/unum/v1/explain/app/group/pod").json, json);
  assert.equal(door.get("/unum/v1/explain/pod/none").status, 404);
});

test("a pod that runs as it should says so", () => {
  const door = new DoorDriver();
  const container = { name: "one", resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: "x" } } };
  door.json("POST", "/v2/pods", { id: "/pod", containers: [container], scaling: { instances: 2 } });
  door.finishDeployments();
  assert.equal(door.get("/unum/v1/explain/pod/pod").json.summary, "/pod has 2 of 2 instances running.");
});

test("where all volumes are in use, one more instance would get a place of its own", () => {
  const door = new DoorDriver();
  door.addAgent("agent-1");
  const container = {
    type: "MESOS",
    volumes: [{ containerPath: "data", mode: "RW", persistent: { size: 8 } }],
  };
  door.json("POST", "/v2/apps", { id: "/db", cmd: "x", cpus: 0.1, mem: 16, container });
  door.finishDeployments();
  const verdict = () => door.get("/unum/v1/explain/app/db").json.agents[0];
  assert.deepEqual([verdict().fits, verdict().refusals], [true, []]);
});
