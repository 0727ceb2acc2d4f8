import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunSpec } from "#model/pod.ts";
import type { Plugins } from "#ports/plugins.ts";
import {
  asJson,
  callEndpoint,
  clusterEndpoints,
  DoorDriver,
  type JsonAnswer,
} from "../../../test/support/door-driver.ts";

/** Marks what it changes, and wants every definition to have an owner. */
const plugins: Plugins = {
  list: [{ id: "owners", info: { a: 1 }, file: "/etc/owners.mjs" }],
  change: (_kind, body) => {
    const { labels, refused, ...rest } = body as Readonly<Record<string, unknown>>;
    if (refused !== undefined) return { ok: false, fault: "not this one" };
    return { ok: true, value: { ...rest, labels: { ...(labels as object), changed: "yes" } } };
  },
  review: ({ labels }: RunSpec) =>
    labels.owner === undefined ? [{ path: "/labels/owner", errors: ["is missing"] }] : [],
  handle: (id, { path, headers }, done) => {
    if (id === "owners") done({ status: 200, headers: {}, body: JSON.stringify({ path, headers }) });
    return id === "owners";
  },
};

function plugged(): (method: string, path: string, body?: unknown) => JsonAnswer {
  const door = new DoorDriver({ config: { review: plugins.review } });
  const context = { ...door.context, plugins };
  return (method, path, body) =>
    asJson(
      callEndpoint(clusterEndpoints, context, method, path, body, { authorization: "token=x", "x-a": "b" }),
    );
}

const web = { id: "/shop/web", cmd: "sleep 1", cpus: 0.1, mem: 16, labels: { owner: "a" } };
const missing = {
  message: "Object is not valid",
  details: [{ path: "/labels/owner", errors: ["is missing"] }],
};

test("plugins are listed, and answer below their path without seeing the token", () => {
  const call = plugged();
  assert.deepEqual(call("GET", "/v2/plugins").json.plugins, [
    { id: "owners", plugin: "definitions", implementation: "/etc/owners.mjs", info: { a: 1 } },
  ]);
  const { json } = call("GET", "/v2/plugins/owners/some/path");
  assert.deepEqual(json, { path: "/some/path", headers: { "x-a": "b" } });
  assert.equal(call("PUT", "/v2/plugins/none/x").status, 404);
});

test("an app that a plugin is against is refused, however it comes", () => {
  const call = plugged();
  const bare = { ...web, labels: {} };
  const refused = call("POST", "/v2/apps", bare);
  assert.deepEqual([refused.status, refused.json], [422, missing]);
  assert.equal(call("PUT", "/v2/apps/shop/web", bare).status, 422);
  assert.equal(call("PUT", "/v2/apps", [bare]).status, 422);
  assert.equal(call("PUT", "/v2/groups/shop", { apps: [{ ...bare, id: "web" }] }).status, 422);
  assert.equal(call("POST", "/v2/apps", web).status, 201);
  assert.equal(call("PATCH", "/v2/apps/shop/web?force=true", { labels: {} }).status, 422);
  const pod = {
    id: "/pod",
    containers: [{ name: "a", resources: { cpus: 0.1, mem: 32 }, exec: { command: { shell: "x" } } }],
  };
  assert.equal(call("POST", "/v2/pods", pod).status, 422);
  assert.equal(call("POST", "/v2/pods", { ...pod, labels: { owner: "a" } }).status, 201);
});

test("what clients send is changed before it is read, in groups too", () => {
  const call = plugged();
  assert.equal(call("POST", "/v2/apps", web).json.labels.changed, "yes");
  assert.equal(call("PUT", "/v2/apps/shop/web?force=true", { refused: true }).status, 422);
  const group = { groups: [{ id: "in", apps: [{ ...web, id: "one" }] }] };
  assert.equal(call("PUT", "/v2/groups/deep", group).status, 200);
  assert.equal(call("GET", "/v2/apps/deep/in/one").json.app.labels.changed, "yes");
  const inside = { groups: [{ id: "in", apps: [{ ...web, id: "one", refused: 1 }] }] };
  assert.equal(call("PUT", "/v2/groups/deep?force=true", inside).status, 422);
});
