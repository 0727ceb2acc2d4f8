import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultAppPort } from "#model/app-defaults.ts";
import type { Constraint, ConstraintOperator } from "#model/constraint.ts";
import { appId, groupId, roleName } from "#model/ids.ts";
import { formatRefusal } from "#model/reason.ts";
import { pushReservation, staticReservation } from "#model/reservation.ts";
import { addResources, milli, resources } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

const on = (operator: ConstraintOperator, value?: string, field = "rack"): Constraint => ({
  field,
  operator,
  value,
});

/** Two agents in rack a, one in b, one in none. */
function racks(seed = 1): AppsDriver {
  const driver = new AppsDriver({ agents: 4, seed });
  driver.agent(1).attributes = { rack: "a" };
  driver.agent(2).attributes = { rack: "a" };
  driver.agent(3).attributes = { rack: "b" };
  return driver;
}

const namesOf = (driver: AppsDriver, id = "/web"): readonly string[] =>
  driver
    .alive(id)
    .map(({ agent }) => agent.name)
    .sort();

const reasons = (driver: AppsDriver, id = "/web") =>
  Object.fromEntries(
    (driver.state.reports.get(appId(id))?.refusedBy ?? []).map(({ agentName, refusals }) => [
      agentName,
      refusals.map(formatRefusal).join(", "),
    ]),
  );

test("one instance a host, and the report says of each agent why there is no more", () => {
  const driver = racks();
  driver.create(testApp("/web", { instances: 5, constraints: [on("UNIQUE", undefined, "hostname")] }));
  driver.advance(6_000);
  assert.deepEqual(namesOf(driver), ["agent-1", "agent-2", "agent-3", "agent-4"]);
  assert.equal(
    reasons(driver)["agent-2"],
    "constraint hostname UNIQUE: 'agent-2.test' has an instance already",
  );
  driver.status(driver.alive("/web")[0]?.spec.taskId as never, "failed");
  driver.advance(60_000);
  assert.deepEqual(namesOf(driver), ["agent-1", "agent-2", "agent-3", "agent-4"], "its place is free again");
});

test("GROUP_BY spreads over the groups first, and over the agents of a group then", () => {
  for (const value of [undefined, "2"]) {
    const driver = racks();
    driver.create(testApp("/web", { instances: 4, constraints: [on("GROUP_BY", value)] }));
    driver.advance(6_000);
    assert.deepEqual(namesOf(driver), ["agent-1", "agent-2", "agent-3", "agent-3"], String(value));
  }
});

test("a new version is placed without regard to the instances that it replaces", () => {
  const driver = racks();
  driver.create(testApp("/web", { instances: 4, constraints: [on("UNIQUE", undefined, "hostname")] }));
  driver.advance(6_000);
  driver.update("/web", { env: { RELEASE: "2" } });
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(namesOf(driver), ["agent-1", "agent-2", "agent-3", "agent-4"]);
});

test("an instance whose agent is away for too long leaves its place to another", () => {
  const driver = racks();
  driver.create(testApp("/web", { instances: 1, constraints: [on("MAX_PER", "1")] }));
  driver.advance(1_000);
  const [first] = driver.alive("/web");
  assert.ok(first !== undefined);
  driver.setReachable(first.agent, false);
  driver.advance(10_000);
  const others = driver.alive("/web").filter(({ agent }) => agent !== first.agent);
  assert.equal(others.length, 1);
});

test("trap: the scale-down order begins with what evens out the groups of a GROUP_BY", () => {
  const driver = racks();
  // All in rack a but the last: the constraint comes when they are there.
  driver.create(testApp("/web", { instances: 3, constraints: [on("LIKE", "a")] }));
  driver.advance(2_000);
  driver.create(testApp("/tall", { instances: 1 }));
  const constraints = [on("GROUP_BY")];
  const app = driver.state.apps.get(appId("/web"));
  assert.ok(app !== undefined);
  driver.state.apps.set(appId("/web"), { ...app, definition: { ...app.definition, constraints } });
  driver.update("/web", { instances: 4 });
  driver.advance(2_000);
  assert.deepEqual(namesOf(driver), ["agent-1", "agent-1", "agent-2", "agent-3"]);
  // By age alone the youngest, the only one of rack b, would go.
  driver.update("/web", { instances: 2 });
  driver.advance(2_000);
  const left = driver.alive("/web").map(({ agent }) => agent.attributes?.rack);
  assert.deepEqual(left.sort(), ["a", "b"]);
});

test("other regions are left alone, but for an app with a constraint on region or zone", () => {
  const driver = new AppsDriver({ agents: 3, config: { region: "here" } });
  driver.agent(1).domain = { region: "here", zone: "z1" };
  driver.agent(2).domain = { region: "there", zone: "z2" };
  driver.create(testApp("/local", { instances: 4 }));
  driver.create(testApp("/far", { instances: 2, constraints: [on("IS", "there", "@region")] }));
  driver.create(testApp("/zones", { instances: 2, constraints: [on("UNIQUE", undefined, "@zone")] }));
  driver.advance(6_000);
  assert.deepEqual(
    namesOf(driver, "/local"),
    ["agent-1", "agent-1", "agent-3", "agent-3"],
    "no domain is local",
  );
  assert.deepEqual(namesOf(driver, "/far"), ["agent-2", "agent-2"]);
  assert.deepEqual(namesOf(driver, "/zones"), ["agent-1", "agent-2"]);
  driver.create(testApp("/wide", { instances: 1, cpus: milli(3.9) }));
  driver.advance(6_000);
  assert.match(reasons(driver, "/wide")["agent-2"] ?? "", /^in region there: only an app with a constraint/);
});

test("trap: agents with GPUs are for apps that need some, unless the app or the service says otherwise", () => {
  const gpus = { ...resources({ cpus: 4, mem: 4096, ports: [[31_000, 31_999]] }), gpus: milli(2) };
  const driver = new AppsDriver({ agents: 2 });
  driver.agent(1).total = gpus;
  driver.create(testApp("/plain", { instances: 3 }));
  driver.create(testApp("/learn", { instances: 3, gpus: milli(1) }));
  driver.create(testApp("/loose", { instances: 2, labels: { GPU_SCHEDULING_BEHAVIOR: "unrestricted" } }));
  driver.advance(6_000);
  assert.deepEqual(new Set(namesOf(driver, "/plain")), new Set(["agent-2"]));
  assert.deepEqual(namesOf(driver, "/learn"), ["agent-1", "agent-1"]);
  assert.deepEqual(namesOf(driver, "/loose"), ["agent-1", "agent-2"]);
  assert.equal(reasons(driver, "/learn")["agent-2"], "gpus, short by 1");
  const shared = new AppsDriver({ agents: 1, config: { sharesGpuAgents: true } });
  shared.agent(1).total = gpus;
  shared.create(testApp("/plain", { instances: 1 }));
  shared.create(testApp("/strict", { instances: 1, labels: { GPU_SCHEDULING_BEHAVIOR: "restricted" } }));
  shared.advance(6_000);
  assert.equal(shared.alive("/plain").length, 1);
  assert.equal(reasons(shared, "/strict")["agent-1"], "its gpus are kept for those that need them");
});

test("what is reserved for the app's role is used first; acceptedResourceRoles narrows what is used", () => {
  const reserved = pushReservation(
    resources({ cpus: 1, mem: 512, ports: [[80, 80]] }),
    staticReservation(roleName("slave_public")),
  );
  const driver = new AppsDriver({ agents: 2 });
  driver.agent(1).total = addResources(driver.agent(1).total, reserved);
  const ports = [{ ...defaultAppPort, hostPort: 80, fixed: true }];
  // A package made for public agents says no role, only whose resources it wants.
  driver.create(
    testApp("/lb", { instances: 2, acceptedResourceRoles: ["slave_public"], ports, requirePorts: true }),
  );
  driver.advance(6_000);
  assert.deepEqual(namesOf(driver, "/lb"), ["agent-1"]);
  const [task] = driver.alive("/lb");
  assert.equal(task?.spec.resources.cpus, 0, "nothing of what is not reserved");
  assert.equal(driver.state.apps.get(appId("/lb"))?.definition.role, "slave_public");
  assert.equal(
    reasons(driver, "/lb")["agent-2"],
    "cpus, short by 0.1, mem, short by 16, port 80 is not one that it offers",
  );
  driver.create(testApp("/any", { instances: 1, cpus: milli(4.5), role: "slave_public" }));
  driver.create(testApp("/none", { instances: 1, cpus: milli(4.2) }));
  driver.advance(30_000);
  assert.deepEqual(namesOf(driver, "/any"), ["agent-1"], "reserved and unreserved together");
  assert.equal(driver.alive("/none").length, 0, "what is reserved is not for role *");
});

test("a role that an app brings is taken up at once, and kept over a restart", () => {
  const driver = new AppsDriver();
  const update = () => driver.calls.filter((call) => call.type === "update-framework");
  driver.create(testApp("/plain"));
  driver.advance(1_000);
  assert.equal(update().length, 0);
  driver.create(testApp("/prod/web", { role: "prod" }));
  driver.advance(1_000);
  assert.deepEqual(update()[0]?.info.roles, ["*", "prod"]);
  assert.equal(driver.alive("/prod/web").length, 1);
  driver.restart();
  const subscriptions = driver.calls.filter((call) => call.type === "subscribe");
  assert.deepEqual(subscriptions.at(-1)?.info.roles, ["*", "prod"]);
});

test("an app's role is the default one, the public one, or that of its top-level group", () => {
  const driver = new AppsDriver();
  const refusal = (id: string, over: Parameters<typeof testApp>[1]): unknown => {
    const outcome = driver.submit({ type: "create-app", definition: testApp(id, over), force: false });
    return outcome !== undefined && "kind" in outcome ? outcome.details : undefined;
  };
  assert.deepEqual(refusal("/web", { role: "prod" }), [
    { path: "/role", errors: ["got prod, expected one of: *, slave_public"] },
  ]);
  assert.deepEqual(refusal("/prod/web", { role: "prod", acceptedResourceRoles: ["*", "dev"] }), [
    { path: "/acceptedResourceRoles", errors: ["can only contain * and prod"] },
  ]);
  assert.equal(refusal("/prod/web", { role: "prod", acceptedResourceRoles: ["*", "prod"] }), undefined);
});

test("a group that enforces its role gives it to all that is new in it, and allows no other", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/dev/old"));
  driver.submit({ type: "enforce-role", id: groupId("/dev"), enforceRole: true });
  driver.create(testApp("/dev/deep/new"));
  const roleOf = (id: string) => driver.state.apps.get(appId(id))?.definition.role;
  assert.deepEqual([roleOf("/dev/old"), roleOf("/dev/deep/new")], [undefined, "dev"]);
  driver.advance(10_000);
  driver.update("/dev/old", { instances: 2 });
  assert.equal(roleOf("/dev/old"), undefined, "it keeps the role that it has");
  const definition = testApp("/dev/other", { role: "slave_public" });
  const outcome = driver.submit({ type: "create-app", definition, force: false });
  assert.ok(outcome !== undefined && "kind" in outcome);
  assert.deepEqual(outcome.details, [{ path: "/role", errors: ["got slave_public, expected one of: dev"] }]);
});
