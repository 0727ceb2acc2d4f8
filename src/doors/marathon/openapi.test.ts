/**
 * The OpenAPI document against what is served: every operation is answered, every endpoint is described, and answers
 * have the shape that the document gives them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { apiOperations } from "#wire/marathon/openapi/operations.ts";
import { apiSchemas } from "#wire/marathon/openapi/schemas.ts";
import { DoorDriver } from "../../../test/support/door-driver.ts";
import { marathonEndpoints } from "./endpoints.ts";

// biome-ignore lint/suspicious/noExplicitAny: a document, looked at by path
type Document = any;

const web = { id: "/shop/web", cmd: "sleep 1000", cpus: 0.1, mem: 16, healthChecks: [{ protocol: "HTTP" }] };

const pod = {
  id: "/shop/pod",
  containers: [
    { name: "one", resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: "sleep 1000" } } },
  ],
};

function readDocument(): Document {
  const { status, json } = new DoorDriver().get("/v2/openapi.json");
  assert.equal(status, 200);
  return JSON.parse(JSON.stringify(json));
}

test("the document is whole: references lead somewhere, parameters of paths are declared, ids are unique", () => {
  const document = readDocument();
  assert.equal(document.openapi, "3.1.0");
  const names = new Set(Object.keys(document.components.schemas));
  for (const [, name = ""] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(names.has(name), `${name} is not defined`);
  }
  const ids: string[] = [];
  for (const [path, item] of Object.entries<Document>(document.paths)) {
    const declared = (item.parameters ?? []).map((parameter: Document) => parameter.name);
    assert.deepEqual(
      declared,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      path,
    );
    for (const [method, operation] of Object.entries<Document>(item)) {
      if (method !== "parameters") ids.push(operation.operationId);
    }
  }
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, apiOperations.length);
  const { properties } = document.components.schemas.App;
  for (const name of ["cmd", "healthChecks", "constraints", "upgradeStrategy"])
    assert.ok(properties[name], name);
});

/** A table's `/v2/apps/*` serves `/v2/apps/{appId}/tasks`. */
const serves = (endpointPath: string, path: string): boolean =>
  new RegExp(`^${endpointPath.replaceAll(/:\w+/g, "[^/]+").replaceAll("*", ".+")}$`).test(path);

test("what is described is served, and what is served is described", () => {
  for (const { method, path } of apiOperations) {
    assert.ok(
      marathonEndpoints.some((served) => served.method === method.toUpperCase() && serves(served.path, path)),
      `${method} ${path}`,
    );
  }
  const described = (method: string, path: string): boolean =>
    apiOperations.some(
      (operation) => operation.method === method.toLowerCase() && serves(path, operation.path),
    );
  const own = new Set(["/v2/openapi.json", "/config", "/logging", "/v2/plugins", "/v2/plugins/:id/*"]);
  const missing = marathonEndpoints.filter(({ method, path }) => !own.has(path) && !described(method, path));
  assert.deepEqual(
    missing.map(({ method, path }) => `${method} ${path}`),
    [],
  );
});

test("answers have the shape that is described", () => {
  const door = new DoorDriver();
  const calls: readonly (readonly [
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    operation: string,
    body?: unknown,
  ])[] = [
    ["POST", "/v2/apps", "/v2/apps", web],
    ["GET", "/v2/apps?embed=apps.tasks", "/v2/apps"],
    ["GET", "/v2/apps/shop/web", "/v2/apps/{appId}"],
    ["GET", "/v2/apps/none", "/v2/apps/{appId}"],
    ["PUT", "/v2/apps/shop/web?force=true", "/v2/apps/{appId}", { instances: 2 }],
    ["PUT", "/v2/apps/shop/web", "/v2/apps/{appId}", { instances: -1 }],
    ["GET", "/v2/apps/shop/web/tasks", "/v2/apps/{appId}/tasks"],
    ["GET", "/v2/apps/shop/web/versions", "/v2/apps/{appId}/versions"],
    ["GET", "/v2/tasks", "/v2/tasks"],
    ["POST", "/v2/apps", "/v2/apps", { id: "/big", cmd: "x", cpus: 1_000 }],
    ["POST", "/v2/pods", "/v2/pods", pod],
    ["POST", "/v2/pods", "/v2/pods", pod],
    ["PUT", "/v2/pods/shop/pod?force=true", "/v2/pods/{podId}", { ...pod, user: "nobody" }],
    ["GET", "/v2/pods", "/v2/pods"],
    ["GET", "/v2/pods/shop/pod::status", "/v2/pods/{podId}::status"],
    ["GET", "/v2/pods/::status", "/v2/pods/::status"],
    ["GET", "/v2/pods/shop/pod::versions", "/v2/pods/{podId}::versions"],
    ["GET", "/v2/deployments", "/v2/deployments"],
    ["GET", "/v2/queue", "/v2/queue"],
    ["GET", "/v2/info", "/v2/info"],
    ["GET", "/v2/leader", "/v2/leader"],
  ];
  for (const [method, path, described, body] of calls) {
    const { status, json } =
      body === undefined && method === "GET" ? door.get(path) : door.json(method, path, body);
    const operation = apiOperations.find(
      (each) => each.method === method.toLowerCase() && each.path === described,
    );
    const name = operation?.answers[status];
    assert.ok(name !== undefined && name in apiSchemas, `${method} ${path}: ${status} is not described`);
    const schema = apiSchemas[name as keyof typeof apiSchemas];
    assert.deepEqual(Value.Errors(schema, json).slice(0, 3), [], `${method} ${path}`);
  }
});
