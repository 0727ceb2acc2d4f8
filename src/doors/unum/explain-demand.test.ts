import assert from "node:assert/strict";
import { test } from "node:test";
import { roleName } from "#model/ids.ts";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";
import { TestFramework } from "../../../test/support/master-driver.ts";

function scene() {
  const door = new DoorDriver();
  for (const name of ["agent-1", "agent-2"]) door.addAgent(name);
  const framework = new TestFramework(door.master, { name: "spark", roles: [roleName("prod/web")] });
  framework.subscribe();
  return { door, framework };
}

test("explain: a framework by its id or its name, a role by its path, all in the same shape", () => {
  const { door, framework } = scene();
  const byName = door.get("/unum/v1/explain/framework/spark");
  assert.equal(byName.status, 200);
  assert.equal(byName.json.summary, "Framework spark is offered 2 of 2 agents.");
  assert.deepEqual(byName.json.subject, { kind: "framework", id: framework.id, name: "spark" });
  assert.equal(byName.json.need, null);
  assert.deepEqual(door.get(`/unum/v1/explain/framework/${framework.id}`).json, byName.json);
  const role = door.get("/unum/v1/explain/role/prod/web").json;
  assert.deepEqual([role.subject, role.frameworks], [{ kind: "role", name: "prod/web" }, 1]);
  assert.equal(
    door.get("/unum/v1/explain/role/new").json.summary,
    "Role new, which no framework is in, is offered 0 of 2 agents. " +
      "Most often: its free resources are offered to spark.",
  );
});

test("explain: where a task would fit, and what less of one thing would do", () => {
  const { door } = scene();
  const { json } = door.get("/unum/v1/explain/framework/spark?cpus=8&mem=512");
  assert.deepEqual(json.need, { cpus: 8, mem: 512 });
  assert.deepEqual(json.open, { agents: 0, examples: [] });
  const gate = { kind: "scalar", text: "cpus, short by 4", agents: 2, examples: ["agent-1", "agent-2"] };
  assert.deepEqual(json.gates, [gate]);
  assert.equal(json.nearest[0].text, "would fit on 2 agents with cpus ≤ 4");
  assert.equal(
    json.summary,
    "Framework spark could place a task of cpus 8, mem 512 on 0 of 2 agents. " +
      "Most often: cpus, short by 4. It would fit on 2 agents with cpus ≤ 4.",
  );
});

test("explain: what nobody can answer is refused with its reason", () => {
  const { door, framework } = scene();
  new TestFramework(door.master, { name: "spark" }).subscribe();
  const tries = [
    ["framework/spark", 409, new RegExp(framework.id)],
    ["framework/none", 404, /'none'/],
    [`framework/${framework.id}?role=other`, 400, /not in role other/],
    [`framework/${framework.id}?cpus=many`, 400, /'cpus'.*'many'/],
    [`framework/${framework.id}?mem=-1`, 400, /'mem'/],
    [`framework/${framework.id}?mem=1e300`, 400, /'mem'/],
    ["role/a%2F%2Fb", 400, /no role/],
  ] as const;
  for (const [path, status, message] of tries) {
    const answer = door.get(`/unum/v1/explain/${path}`);
    assert.equal(answer.status, status, path);
    assert.match(answer.json.message, message);
  }
});

test("EXPLAIN: a call of the operator API beside Mesos's own", () => {
  const { door, framework } = scene();
  const send = (explain: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const type = { "content-type": "application/json" };
    const answer = asBody(
      door.call("POST", "/api/v1", { type: "EXPLAIN", explain }, { ...type, ...headers }),
    );
    return { status: answer.status, text: String(answer.body) };
  };
  const cpus = { name: "cpus", type: "SCALAR", scalar: { value: 3.5 } };
  const asked = send({ framework_id: { value: framework.id }, resources: [cpus, cpus] });
  assert.equal(asked.status, 200);
  const { type, explain } = JSON.parse(asked.text);
  assert.equal(type, "EXPLAIN");
  assert.deepEqual(explain.framework_id, { value: framework.id });
  assert.deepEqual(explain.nearest[0], {
    resource: "cpus",
    at_most: 4,
    agents: 2,
    text: "would fit on 2 agents with cpus ≤ 4",
  });
  assert.equal(JSON.parse(send({ role: "prod/web" }).text).explain.role, "prod/web");
  assert.equal(send({ role: "prod/web" }, { accept: "application/x-protobuf" }).status, 406);
  for (const [bad, message] of [
    [undefined, /'explain' to be present/],
    [{}, /'framework_id' or 'role'/],
    [{ role: 1 }, /'role' must be text/],
    [{ role: "a", resources: {} }, /must be a list/],
    [{ role: "a", resources: [{}] }, /name/],
  ] as const) {
    const { status, text } = send(bad);
    assert.equal(status, 400);
    assert.match(text, message);
  }
  assert.equal(send({ framework_id: { value: "none" } }).status, 404);
});
