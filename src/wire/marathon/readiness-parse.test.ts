import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDefinition } from "./app-format.ts";
import { parseApp } from "./app-parse.ts";

const app = { id: "/web", cmd: "serve", portDefinitions: [{ name: "http-api" }, { name: "admin" }] };

function canonical(members: object): Record<string, unknown> {
  const outcome = parseApp({ ...app, ...members });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const shown = formatDefinition(outcome.value) as Record<string, unknown>;
  const again = parseApp(shown);
  assert.ok(again.ok, JSON.stringify(again));
  assert.deepEqual(again.value, outcome.value, "what is shown means the same");
  return shown;
}

function paths(members: object): readonly string[] {
  const outcome = parseApp({ ...app, ...members });
  assert.ok(!outcome.ok);
  assert.ok(typeof outcome.problem.details !== "string");
  return outcome.problem.details.map(({ path }) => path);
}

test("a readiness check has Marathon's defaults", () => {
  assert.deepEqual(canonical({ readinessChecks: [{}] }).readinessChecks, [
    {
      name: "readinessCheck",
      protocol: "HTTP",
      path: "/",
      portName: "http-api",
      intervalSeconds: 30,
      timeoutSeconds: 10,
      httpStatusCodesForReady: [200],
      preserveLastResponse: false,
    },
  ]);
  assert.equal(canonical({}).readinessChecks, undefined);
  assert.equal(canonical({ readinessChecks: [] }).readinessChecks, undefined);
});

test("a readiness check that cannot be is refused at its place", () => {
  const check = (over: object) => ({ readinessChecks: [over] });
  assert.deepEqual(paths(check({ portName: "none" })), ["/readinessChecks(0)/portName"]);
  assert.deepEqual(paths(check({ intervalSeconds: 10, timeoutSeconds: 10 })), [
    "/readinessChecks(0)/timeoutSeconds",
  ]);
  assert.deepEqual(paths(check({ path: "plan" })), ["/readinessChecks(0)/path"]);
  assert.deepEqual(paths(check({ timeoutSeconds: 0 })), ["/readinessChecks(0)/timeoutSeconds"]);
  assert.deepEqual(paths(check({ httpStatusCodesForReady: [99] })), [
    "/readinessChecks(0)/httpStatusCodesForReady(0)",
  ]);
  assert.deepEqual(paths({ readinessChecks: [{}, {}] }), ["/readinessChecks"]);
});

test("a check by the agent is one of three kinds", () => {
  const times = { intervalSeconds: 60, timeoutSeconds: 20, delaySeconds: 15 };
  for (const [given, shown] of [
    [{ http: { path: "/x" } }, { http: { portIndex: 0, path: "/x", scheme: "HTTP" }, ...times }],
    [{ tcp: { port: 8080 } }, { tcp: { port: 8080 }, ...times }],
    [
      { tcp: { portIndex: 1 }, delaySeconds: 0 },
      { tcp: { portIndex: 1 }, ...times, delaySeconds: 0 },
    ],
    [{ exec: { command: { shell: "true" } } }, { exec: { command: { shell: "true" } }, ...times }],
    [{ exec: { command: { argv: ["a", "b"] } } }, { exec: { command: { argv: ["a", "b"] } }, ...times }],
  ]) {
    assert.deepEqual(canonical({ check: given }).check, shown);
  }
  assert.equal(canonical({ check: {} }).check, undefined);
  assert.deepEqual(paths({ check: { intervalSeconds: 1 } }), ["/check"]);
  assert.deepEqual(paths({ check: { tcp: {}, exec: { command: { shell: "true" } } } }), ["/check"]);
  assert.deepEqual(paths({ check: { tcp: { portIndex: 7 } } }), ["/check/tcp/portIndex"]);
  assert.deepEqual(paths({ check: { http: { scheme: "HTTPS" } } }), ["/check/http/scheme"]);
  assert.deepEqual(paths({ check: { http: { path: "a b" } } }), ["/check/http/path"]);
  assert.deepEqual(paths({ check: { exec: { command: {} } } }), ["/check/exec/command"]);
});

test("executorResources are kept with Marathon's defaults and bounds", () => {
  assert.deepEqual(canonical({ executorResources: {} }).executorResources, { cpus: 0.1, mem: 32, disk: 10 });
  assert.deepEqual(canonical({ executorResources: { cpus: 0.5, mem: 64 } }).executorResources, {
    cpus: 0.5,
    mem: 64,
    disk: 10,
  });
  assert.deepEqual(paths({ executorResources: { cpus: 0.01 } }), ["/executorResources/cpus"]);
});

test("ignoreHttp1xx is kept where it means something, and warned of where not", () => {
  const healthChecks = [{ protocol: "HTTP", ignoreHttp1xx: true }];
  const [check] = canonical({ healthChecks }).healthChecks as { readonly ignoreHttp1xx: boolean }[];
  assert.equal(check?.ignoreHttp1xx, true);
  const odd = parseApp({ ...app, healthChecks: [{ protocol: "TCP", ignoreHttp1xx: true }] });
  assert.ok(odd.ok);
  assert.match(odd.warnings.join(), /ignoreHttp1xx/);
});
