import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition, HealthCheck, NetworkCheck } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appId } from "#model/ids.ts";
import type { PersistentVolume } from "#model/persistent-volume.ts";
import { milli } from "#model/resources.ts";
import { appProblems } from "./app-rules.ts";

const app = (over: Partial<AppDefinition> = {}): AppDefinition => ({
  ...defaultAppDefinition(appId("/web")),
  command: { kind: "shell", text: "sleep 1" },
  ...over,
});

const networkCheck = (over: Partial<NetworkCheck> = {}): HealthCheck => ({
  kind: "network",
  check: {
    protocol: "http",
    path: "/",
    portIndex: 0,
    port: undefined,
    gracePeriodMs: 300_000,
    intervalMs: 60_000,
    timeoutMs: 20_000,
    maxConsecutiveFailures: 3,
    ...over,
  },
});

const port = (hostPort: number, name?: string) => ({
  hostPort,
  fixed: false,
  servicePort: 0,
  protocol: "tcp" as const,
  name,
  labels: {},
});

const volume = (over: Partial<PersistentVolume>): PersistentVolume => ({
  containerPath: "data",
  type: "root",
  size: milli(10),
  ...over,
});

/** An app with a volume, and what follows from it. */
const resident = (over: Partial<AppDefinition>): Partial<AppDefinition> => ({
  persistentVolumes: [volume({})],
  upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
  unreachableStrategy: "disabled",
  ...over,
});

test("the defaults and a command are a whole app", () => {
  assert.deepEqual(appProblems(app()), []);
  assert.deepEqual(appProblems(app({ instances: 0, cpus: milli(0), mem: milli(1), ports: [] })), []);
});

test("each broken rule names its field as Marathon does", () => {
  const table: readonly (readonly [path: string, over: Partial<AppDefinition>])[] = [
    ["/", { command: undefined }],
    ["/", { cpus: milli(0), mem: milli(0), ports: [] }],
    ["/cmd", { command: { kind: "shell", text: " " } }],
    ["/args", { command: { kind: "argv", argv: [] } }],
    ["/instances", { instances: -1 }],
    ["/instances", { instances: 1.5 }],
    ["/instances", { instances: 1_000_000 }],
    ["/cpus", { cpus: milli(-1) }],
    ["/mem", { mem: milli(Number.NaN) }],
    ["/resourceLimits/cpus", { cpus: milli(1), limits: { cpus: milli(0.5) } }],
    ["/portDefinitions(1)/port", { ports: [port(8080), port(8080)] }],
    ["/portDefinitions(0)/port", { ports: [port(70_000)] }],
    ["/portDefinitions(1)/name", { ports: [port(0, "a"), port(0, "a")] }],
    ["/healthChecks(1)/portIndex", { healthChecks: [networkCheck(), networkCheck({ portIndex: 1 })] }],
    ["/healthChecks(0)/port", { healthChecks: [networkCheck({ port: 0 })] }],
    ["/healthChecks(0)/intervalSeconds", { healthChecks: [networkCheck({ intervalMs: 0 })] }],
    ["/healthChecks(0)/timeoutSeconds", { healthChecks: [networkCheck({ timeoutMs: 0 })] }],
    ["/healthChecks(0)/gracePeriodSeconds", { healthChecks: [networkCheck({ gracePeriodMs: -1 })] }],
    [
      "/healthChecks(0)/maxConsecutiveFailures",
      { healthChecks: [networkCheck({ maxConsecutiveFailures: -1 })] },
    ],
    [
      "/upgradeStrategy/minimumHealthCapacity",
      { upgradeStrategy: { minimumHealthCapacity: 1.1, maximumOverCapacity: 1 } },
    ],
    [
      "/upgradeStrategy/maximumOverCapacity",
      { upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: -0.1 } },
    ],
    ["/backoffSeconds", { backoff: { initialMs: -1, factor: 2, maxMs: 1 } }],
    ["/backoffFactor", { backoff: { initialMs: 1, factor: 0.5, maxMs: 1 } }],
    ["/maxLaunchDelaySeconds", { backoff: { initialMs: 1, factor: 2, maxMs: -1 } }],
    [
      "/unreachableStrategy/expungeAfterSeconds",
      { unreachableStrategy: { inactiveAfterMs: 2_000, expungeAfterMs: 1_000 } },
    ],
    ["/unreachableStrategy", resident({ unreachableStrategy: { inactiveAfterMs: 0, expungeAfterMs: 0 } })],
    [
      "/upgradeStrategy/maximumOverCapacity",
      resident({ upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 } }),
    ],
    [
      "/container/volumes(0)/containerPath",
      resident({ persistentVolumes: [volume({ containerPath: "a/b" })] }),
    ],
    ["/container/volumes(0)/persistent/size", resident({ persistentVolumes: [volume({ size: milli(0) })] })],
    [
      "/container/volumes(0)/persistent/maxSize",
      resident({ persistentVolumes: [volume({ maxSize: milli(100) })] }),
    ],
    ["/container/volumes(1)/containerPath", resident({ persistentVolumes: [volume({}), volume({})] })],
    [
      "/container/volumes(0)/persistent/constraints",
      resident({
        persistentVolumes: [volume({ constraints: [{ field: "path", operator: "LIKE", value: "/x" }] })],
      }),
    ],
    [
      "/container/volumes(0)/persistent/constraints",
      resident({
        persistentVolumes: [
          volume({ type: "path", constraints: [{ field: "path", operator: "IS", value: "/x" }] }),
        ],
      }),
    ],
    ["/taskKillGracePeriodSeconds", { killGraceMs: -1 }],
    [
      "/instances",
      {
        instances: 2,
        labels: { MARATHON_SINGLE_INSTANCE_APP: "true" },
        upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
      },
    ],
    ["/upgradeStrategy", { labels: { MARATHON_SINGLE_INSTANCE_APP: "true" } }],
    ["/healthChecks", { healthChecks: Array.from({ length: 9 }, () => networkCheck()) }],
  ];
  for (const [path, over] of table) {
    const problems = appProblems(app(over));
    assert.deepEqual(
      problems.map((problem) => problem.path),
      [path],
      JSON.stringify({ over, problems }),
    );
    assert.ok(problems.every((problem) => problem.errors.every((error) => error.length > 5)));
  }
});

test("a check with a port of its own needs no port of the app", () => {
  assert.deepEqual(appProblems(app({ ports: [], healthChecks: [networkCheck({ port: 8080 })] })), []);
});

test("what was merged from many requests is bounded as a whole", () => {
  const entries = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`N${index}`, "x".repeat(50_000)]));
  assert.deepEqual(appProblems(app({ env: entries(10), labels: entries(9) })), []);
  const [problem] = appProblems(app({ env: entries(10), labels: entries(11) }));
  assert.equal(problem?.path, "/");
  assert.match(
    problem?.errors[0] ?? "",
    /^is too large: 105\d{4} characters, and at most 1000000 are possible$/,
  );
});
