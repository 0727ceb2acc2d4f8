import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AppDefinition, AppPort, HealthCheck } from "#model/app.ts";
import type { Artifact } from "#model/artifact.ts";
import type { Constraint } from "#model/constraint.ts";
import type { Volume } from "#model/container-volume.ts";
import { appId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";
import { parseJson } from "../json/parse-json.ts";
import { encodeUtf8 } from "../json/text.ts";
import { formatDefinition } from "./app-format.ts";
import { parseApp, parseAppPatch } from "./app-parse.ts";

const name = fc
  .stringMatching(/^[a-z][a-z0-9]{0,8}$/)
  .filter((text) => !["tasks", "restart", "versions"].includes(text));
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((value) => !value.includes("\0") && value.trim() !== "");
const texts = fc.dictionary(name, text, { maxKeys: 4 });
const wholeSecondsMs = fc.integer({ min: 1, max: 10_000 }).map((value) => value * 1000);
const command = fc.oneof(
  text.map((value) => ({ kind: "shell" as const, text: value })),
  fc.array(text, { minLength: 1, maxLength: 4 }).map((argv) => ({ kind: "argv" as const, argv })),
);
const amount = fc.integer({ min: 0, max: 1_000_000 }).map((value) => milli(value / 1000));

const check = (portCount: number): fc.Arbitrary<HealthCheck> => {
  const times = {
    gracePeriodMs: wholeSecondsMs,
    intervalMs: wholeSecondsMs,
    timeoutMs: wholeSecondsMs,
    maxConsecutiveFailures: fc.nat(10),
  };
  const network = fc
    .record({
      ...times,
      protocol: fc.constantFrom("tcp" as const, "http" as const, "https" as const),
      path: fc.constantFrom("/", "/health", "/a?b=c"),
      portIndex: fc.nat(Math.max(0, portCount - 1)),
      port: portCount === 0 ? fc.integer({ min: 1, max: 65_535 }) : fc.constant(undefined),
    })
    .map((value) => ({ ...value, path: value.protocol === "tcp" ? "/" : value.path }));
  return network.map((value): HealthCheck => ({ kind: "network", check: value }));
};

const localCheck = (portCount: number): fc.Arbitrary<HealthCheck> =>
  fc
    .record({
      probe: check(portCount),
      delayMs: wholeSecondsMs,
      family: fc.constantFrom("IPv4" as const, "IPv6" as const),
    })
    .map(({ probe, ...more }) =>
      probe.kind === "network" ? { kind: "local", check: { ...probe.check, ...more } } : probe,
    );

const commandCheck: fc.Arbitrary<HealthCheck> = fc
  .record({
    command,
    delayMs: wholeSecondsMs,
    gracePeriodMs: wholeSecondsMs,
    intervalMs: wholeSecondsMs,
    timeoutMs: wholeSecondsMs,
    maxConsecutiveFailures: fc.nat(10),
  })
  .map((value) => ({ kind: "command", check: value }));

const ports = fc.boolean().chain((requirePorts) =>
  fc
    .uniqueArray(
      fc.record({
        port: fc.integer({ min: 1, max: 65_535 }),
        name: fc.option(name, { nil: undefined }),
        protocol: fc.constantFrom("tcp" as const, "udp" as const, "udp,tcp" as const),
        labels: texts,
      }),
      {
        maxLength: 4,
        comparator: (a, b) => a.port === b.port || (a.name !== undefined && a.name === b.name),
      },
    )
    .map((list) => ({
      requirePorts,
      ports: list.map(
        ({ port, ...rest }): AppPort => ({
          ...rest,
          servicePort: port,
          fixed: requirePorts,
          hostPort: requirePorts ? port : 0,
        }),
      ),
    })),
);

const artifact: fc.Arbitrary<Artifact> = fc.record(
  {
    uri: name.map((path) => `https://files.local/${path}.tgz`),
    extract: fc.boolean(),
    executable: fc.boolean(),
    cache: fc.boolean(),
    outputFile: name.map((path) => `dir/${path}`),
  },
  { requiredKeys: ["uri", "extract", "executable", "cache"] },
);

const volume: fc.Arbitrary<Volume> = fc.record({
  containerPath: name,
  mode: fc.constantFrom("read-write" as const, "read-only" as const),
  source: fc.oneof(
    name.map((path) => ({ kind: "host" as const, path: `/srv/${path}` })),
    name.map((path) => ({ kind: "sandbox" as const, of: "self" as const, path })),
  ),
});

const constraint: fc.Arbitrary<Constraint> = fc.constantFrom<Constraint>(
  { field: "hostname", operator: "UNIQUE", value: undefined },
  { field: "rack", operator: "CLUSTER", value: undefined },
  { field: "rack", operator: "CLUSTER", value: "r1" },
  { field: "@zone", operator: "GROUP_BY", value: undefined },
  { field: "@zone", operator: "GROUP_BY", value: "3" },
  { field: "cpu", operator: "IS", value: "1.5" },
  { field: "os", operator: "UNLIKE", value: "win.*" },
  { field: "rack", operator: "MAX_PER", value: "2" },
);

/** With what follows from it. */
const resident = {
  persistentVolumes: [
    { containerPath: "data", type: "root", size: milli(10) },
    {
      containerPath: "disk",
      type: "mount",
      size: milli(10),
      maxSize: milli(20),
      profileName: "ssd",
      constraints: [{ field: "path", operator: "LIKE", value: "/mnt/.*" }],
    },
  ],
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 },
  unreachableStrategy: "disabled",
} as const;

const definitions: fc.Arbitrary<AppDefinition> = ports.chain((portPart) =>
  fc
    .record({
      id: fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => appId(`/${segments.join("/")}`)),
      command,
      root: fc.oneof(
        fc.constant({ kind: "host" as const }),
        name.map((path) => ({ kind: "file" as const, path: `/images/${path}` })),
        fc.record({
          kind: fc.constant("image" as const),
          reference: name.map((path) => `registry.local:5000/${path}:v1`),
          forcePull: fc.boolean(),
          container: fc.constantFrom("mesos" as const, "docker" as const),
        }),
      ),
      user: fc.option(name, { nil: undefined }),
      env: texts,
      labels: texts,
      instances: fc.nat(100_000),
      cpus: amount,
      mem: amount,
      disk: amount,
      gpus: fc.nat(8).map(milli),
      limits: fc.constantFrom(
        {},
        { cpus: "unlimited" as const },
        { mem: milli(1_000_000), cpus: milli(1_000) },
      ),
      networkChecks: fc.array(check(portPart.ports.length), { maxLength: 3 }),
      agentChecks: fc.array(fc.oneof(commandCheck, localCheck(portPart.ports.length)), { maxLength: 1 }),
      upgradeStrategy: fc.record({
        minimumHealthCapacity: fc.constantFrom(0, 0.5, 1),
        maximumOverCapacity: fc.constantFrom(0, 0.25, 1),
      }),
      backoff: fc.record({
        initialMs: fc.nat(100_000),
        factor: fc.constantFrom(1, 1.15, 2),
        maxMs: fc.nat(1_000_000),
      }),
      killGraceMs: fc.option(fc.nat(100_000), { nil: undefined }),
      killSelection: fc.constantFrom("youngest-first" as const, "oldest-first" as const),
      unreachableStrategy: fc.oneof(
        fc.constant("disabled" as const),
        fc.constant({ inactiveAfterMs: 60_000, expungeAfterMs: 120_000 }),
      ),
      acceptedResourceRoles: fc.constantFrom([], ["*"], ["*", "public"]),
      role: fc.constant("public"),
      isResident: fc.boolean(),
      constraints: fc.uniqueArray(constraint, { minLength: 1, maxLength: 3, selector: JSON.stringify }),
      artifacts: fc.array(artifact, { minLength: 1, maxLength: 3 }),
      volumes: fc.array(volume, { minLength: 1, maxLength: 3 }),
    })
    .map(({ networkChecks, agentChecks, isResident, ...rest }) =>
      // Cloned, since the generator's objects have no prototype and so equal no plain ones.
      structuredClone({
        ...rest,
        ...(isResident ? resident : {}),
        ...portPart,
        workingDirectory: undefined,
        healthChecks: [...networkChecks, ...agentChecks],
      }),
    ),
);

const overTheWire = (value: unknown): unknown => {
  const parsed = parseJson(encodeUtf8(JSON.stringify(value)));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
};

test("an app that is shown and sent back is the same app, with no warning", () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      const parsed = parseApp(overTheWire(formatDefinition(definition)));
      assert.ok(parsed.ok, JSON.stringify(parsed));
      assert.deepEqual(parsed.value, definition);
      assert.deepEqual(parsed.warnings, []);
    }),
  );
});

test("an app that is shown and sent as a change of itself changes nothing", () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      const parsed = parseAppPatch(overTheWire(formatDefinition(definition)), definition);
      assert.ok(parsed.ok, JSON.stringify(parsed));
      assert.deepEqual({ ...definition, ...parsed.value }, definition);
    }),
  );
});
