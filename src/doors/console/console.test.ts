/**
 * The console's views over the real rooms: what they say, what they refuse, and what a page is sent when something
 * changes.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamAnswer } from "#ports/door.ts";
import { viewNames } from "#wire/unum/console/params.ts";
import { applyPatch } from "../../../test/support/apply-patch.ts";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const view = (driver: DoorDriver, name: string, params: object = {}) =>
  driver.get(`/unum/v1/views/${name}?params=${encodeURIComponent(JSON.stringify(params))}`);

const app = (id: string, more: object = {}): object => ({ id, cmd: "sleep 1000", cpus: 1, mem: 64, ...more });

test("every view answers over an empty cluster", () => {
  const driver = new DoorDriver();
  const needed: Readonly<Record<string, object>> = { search: { text: "x" } };
  for (const name of viewNames) {
    const params =
      needed[name] ?? (["node", "service", "task", "framework"].includes(name) ? { id: "no" } : {});
    const { status, json } = view(driver, name, params);
    assert.equal(
      status,
      name === "node" || name === "service" || name === "task" || name === "framework" ? 404 : 200,
    );
    assert.ok(json !== undefined);
  }
});

test("what is asked wrongly is refused with what is wrong", () => {
  const driver = new DoorDriver();
  assert.equal(driver.get("/unum/v1/views/nothing").status, 404);
  assert.equal(driver.get("/unum/v1/views/nodes?params={").status, 400);
  assert.equal(view(driver, "nodes", { limit: 501 }).status, 422);
  assert.equal(view(driver, "service", {}).status, 422);
  assert.equal(driver.get("/unum/v1/live").status, 400);
  assert.equal(driver.get("/unum/v1/live?views=[]").status, 422);
});

test("services are told with their health, their groups' sums, and why they wait", () => {
  const driver = new DoorDriver();
  driver.json("POST", "/v2/apps", app("/shop/web", { instances: 2 }));
  driver.finishDeployments();
  driver.json("POST", "/v2/apps", app("/shop/huge", { cpus: 100 }));
  driver.apps.advance(10_000);
  const [shop] = view(driver, "services").json.rows;
  assert.deepEqual(
    [shop.key, shop.kind, shop.services, shop.running, shop.wanted, shop.status],
    ["/shop", "group", 2, 2, 3, "waiting"],
  );
  const below = view(driver, "services", { group: "/shop" }).json;
  assert.deepEqual(
    below.rows.map(({ key }: { key: string }) => key),
    ["/shop/huge", "/shop/web"],
  );
  assert.equal(below.counts.waiting, 1);
  const { placement, service } = view(driver, "service", { id: "/shop/huge" }).json;
  assert.equal(service.status, "waiting");
  assert.match(service.why, /cpus/);
  assert.equal(placement.missing, 1);
  const web = view(driver, "service", { id: "/shop/web" }).json;
  assert.equal(web.rows.length, 2);
  assert.equal(web.rows[0].state, "TASK_RUNNING");
  assert.equal(web.definition.cmd, "sleep 1000");
  assert.equal(web.placement, null);
  assert.deepEqual(view(driver, "search", { text: "huge" }).json.rows[0].id, "/shop/huge");
});

test("of files that are read together, one whose node is unknown is told of, and the others are read", () => {
  const driver = new DoorDriver();
  const { agentId: nodeId } = driver.addAgent("agent-1");
  const read = (sources: readonly object[]) =>
    driver.call("GET", `/unum/v1/log?sources=${encodeURIComponent(JSON.stringify(sources))}`);
  const answer = read([
    { key: "0", nodeId: "nowhere", path: "/x" },
    { key: "1", nodeId, path: "/y" },
  ]);
  assert.ok(answer.kind === "merge");
  assert.deepEqual(
    answer.sources.map(({ key }) => key),
    ["1"],
  );
  assert.deepEqual(answer.missing, [{ key: "0", message: "There is no node 'nowhere', or no longer." }]);
});

test("nodes are told with what they hold, and a lost one is a problem", () => {
  const driver = new DoorDriver();
  const agent = driver.addAgent("agent-1");
  driver.addAgent("agent-10");
  driver.addAgent("agent-2");
  const nodes = view(driver, "nodes").json;
  assert.deepEqual(
    nodes.rows.map(({ name }: { name: string }) => name),
    ["agent-1", "agent-2", "agent-10"],
  );
  assert.equal(nodes.counts.active, 3);
  assert.deepEqual(view(driver, "nodes", { offset: 1, limit: 1 }).json.rows[0].name, "agent-2");
  assert.equal(view(driver, "node-map").json.rows.length, 3);
  const overview = view(driver, "overview").json;
  assert.equal(overview.nodes.total, 3);
  assert.ok(overview.resources.cpus.capacity > 0);
  const id = nodes.rows[0].key;
  assert.equal(view(driver, "node", { id }).json.node.name, "agent-1");
  agent.disconnect();
  assert.equal(view(driver, "node", { id }).json.node.status, "disconnected");
  const { problems } = view(driver, "overview").json;
  assert.ok(problems.some((problem: { text: string }) => /agent-1/.test(problem.text)));
});

type Seen = {
  readonly event: string;
  readonly id: string;
  readonly data: { key: string; [name: string]: unknown };
};

/** Opens a stream and gathers what it is sent. */
function open(driver: DoorDriver, subscriptions: readonly object[], headers: Record<string, string> = {}) {
  const path = `/unum/v1/live?views=${encodeURIComponent(JSON.stringify(subscriptions))}`;
  const answer = driver.call("GET", path, undefined, headers);
  assert.equal(answer.kind, "stream");
  const seen: Seen[] = [];
  const close = (answer as StreamAnswer).open({
    write: (chunk) => {
      const [, id = "", event = "", data = ""] =
        /^id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n$/s.exec(String(chunk)) ?? [];
      seen.push({ id, event, data: JSON.parse(data) });
    },
    end: () => {},
  });
  return { seen, close };
}

test("a page gets each view whole, and then what changes, at most so often", () => {
  const driver = new DoorDriver();
  driver.json("POST", "/v2/apps", app("/web", { instances: 1 }));
  driver.finishDeployments();
  const { seen, close } = open(driver, [
    { key: "s", view: "services" },
    { key: "w", view: "service", params: { id: "/web" } },
  ]);
  assert.deepEqual(
    seen.map(({ event, data }) => [event, data.key]),
    [
      ["view", "s"],
      ["view", "w"],
    ],
  );
  for (let instances = 2; instances <= 6; instances += 1) {
    driver.json("PATCH", "/v2/apps/web", { instances });
    driver.finishDeployments();
  }
  assert.equal(seen.length, 2, "nothing before its time");
  driver.consoleWaits(260);
  const later = seen.slice(2);
  assert.deepEqual(
    later.map(({ event, data }) => [event, data.key]),
    [
      ["patch", "s"],
      ["patch", "w"],
    ],
  );
  let value = seen[1]?.data.value;
  for (const { data } of later) if (data.key === "w") value = applyPatch(value, data);
  assert.deepEqual(value, JSON.parse(JSON.stringify(view(driver, "service", { id: "/web" }).json)));
  assert.equal(view(driver, "about").json.figures.viewers, 1);
  close();
  assert.equal(driver.desk.hub.channels, 0);
  assert.equal(view(driver, "about").json.figures.viewers, 0);
});

test("nothing is sent where nothing changed, and two pages share one look", () => {
  const driver = new DoorDriver();
  driver.json("POST", "/v2/apps", app("/web"));
  driver.finishDeployments();
  driver.consoleWaits(300);
  const first = open(driver, [{ key: "a", view: "service", params: { id: "/web" } }]);
  const second = open(driver, [{ key: "b", view: "service", params: { id: "/web" } }]);
  assert.equal(driver.desk.hub.channels, 1);
  driver.desk.marks.touch("services");
  driver.consoleWaits(1_000);
  assert.deepEqual([first.seen.length, second.seen.length], [1, 1]);
  first.close();
  assert.equal(driver.desk.hub.channels, 1);
  second.close();
});

test("the timeline tells what happened, and what a page missed", () => {
  const driver = new DoorDriver();
  driver.json("POST", "/v2/apps", app("/web"));
  driver.finishDeployments();
  driver.addAgent("agent-7");
  driver.consoleWaits(300);
  const { rows } = view(driver, "timeline").json;
  const texts = rows.map(({ text }: { text: string }) => text);
  assert.ok(texts.includes("/web was created, with 1 instance."), texts.join("\n"));
  assert.ok(texts.includes("Node agent-7 joined."));
  const onlyNodes = view(driver, "timeline", { kind: ["node"] }).json.rows;
  assert.equal(onlyNodes.length, 1);
  const seenLast = rows[0].key;
  driver.addAgent("agent-8");
  driver.consoleWaits(300);
  const { seen, close } = open(driver, [{ key: "t", view: "timeline" }], { "last-event-id": seenLast });
  assert.deepEqual(
    seen.map(({ event }) => event),
    ["missed", "view"],
  );
  assert.deepEqual(seen[0]?.data.rows, view(driver, "timeline", { limit: 1 }).json.rows);
  driver.addAgent("agent-9");
  driver.consoleWaits(1_000);
  assert.equal(seen.at(-1)?.event, "patch");
  close();
});

test("an unknown view, or one asked wrongly, costs the others on the page nothing", () => {
  const driver = new DoorDriver();
  const { seen, close } = open(driver, [
    { key: "x", view: "nothing" },
    { key: "y", view: "nodes", params: { limit: 0 } },
    { key: "z", view: "nodes" },
  ]);
  assert.deepEqual(
    seen.map(({ event, data }) => [event, data.key]),
    [
      ["fault", "x"],
      ["fault", "y"],
      ["view", "z"],
    ],
  );
  close();
});
