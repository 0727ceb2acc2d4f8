import assert from "node:assert/strict";
import { test } from "node:test";
import { appId, versionId } from "#model/ids.ts";
import type { PodDefinition } from "#model/pod.ts";
import { milli } from "#model/resources.ts";
import type { Json } from "./app-format.ts";
import { formatPod, formatPodDefinition } from "./pod-format.ts";
import { parsePod } from "./pod-parse.ts";

const command = { exec: { command: { shell: "sleep 1000" } } };
const small = { name: "one", resources: { cpus: 0.1, mem: 32 }, ...command };

function parse(body: unknown): PodDefinition {
  const parsed = parsePod(body);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

/** The faults of a body, as `path: sentences`. */
function faults(body: unknown): readonly string[] {
  const parsed = parsePod(body);
  assert.ok(!parsed.ok, "the body is refused");
  assert.equal(parsed.problem.status, 422);
  const { details } = parsed.problem;
  return typeof details === "string"
    ? [details]
    : details.map(({ path, errors }) => `${path}: ${errors.join("; ")}`);
}

test("what a pod leaves out has Marathon's defaults, and is shown", () => {
  const definition = parse({ id: "/simple", containers: [{ name: "one", resources: {}, ...command }] });
  assert.deepEqual(formatPod({ definition, version: versionId("2026-01-01T00:00:00.000Z") } as never), {
    id: "/simple",
    containers: [{ name: "one", exec: command.exec, resources: { cpus: 1, mem: 128, disk: 0, gpus: 0 } }],
    scaling: { kind: "fixed", instances: 1 },
    scheduling: {
      backoff: { backoff: 1, backoffFactor: 1.15, maxLaunchDelay: 300 },
      upgrade: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
      killSelection: "YOUNGEST_FIRST",
      unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    },
    executorResources: { cpus: 0.1, mem: 32, disk: 10 },
    role: "*",
    version: "2026-01-01T00:00:00.000Z",
  });
});

const full = {
  id: "/shop/full",
  labels: { tier: "front" },
  user: "nobody",
  environment: { A: "1", TOKEN: { secret: "key" } },
  secrets: { key: { source: "shop/key" }, registry: { source: "registry" } },
  containers: [
    {
      name: "web",
      exec: { command: { argv: ["run", "it"] }, overrideEntrypoint: true },
      resources: { cpus: 0.5, mem: 64, disk: 10, gpus: 0 },
      resourceLimits: { cpus: "unlimited", mem: 128 },
      endpoints: [
        { name: "http", hostPort: 0, protocol: ["tcp", "udp"], labels: { VIP_0: "/web:80" } },
        { name: "admin", hostPort: 31_005 },
      ],
      image: { kind: "DOCKER", id: "nginx:1.27", forcePull: true, pullConfig: { secret: "registry" } },
      environment: { B: "2", KEY: { secret: "key" } },
      tty: true,
      user: "root",
      healthCheck: {
        http: { endpoint: "admin", path: "/health", scheme: "HTTPS" },
        gracePeriodSeconds: 10,
        intervalSeconds: 5,
        maxConsecutiveFailures: 2,
        timeoutSeconds: 4,
        delaySeconds: 1,
      },
      check: {
        http: { endpoint: "admin", path: "/check", scheme: "HTTP" },
        intervalSeconds: 5,
        timeoutSeconds: 4,
        delaySeconds: 1,
      },
      volumeMounts: [
        { name: "scratch", mountPath: "work", readOnly: false },
        { name: "files", mountPath: "/etc/files", readOnly: true },
        { name: "secret", mountPath: "key", readOnly: true },
      ],
      artifacts: [
        { uri: "http://files/a.tgz", extract: true, executable: false, cache: false, destPath: "a/b" },
      ],
      labels: { own: "yes" },
      lifecycle: { killGracePeriodSeconds: 2.5 },
    },
    {
      name: "side",
      exec: { command: { shell: "sleep 1000" } },
      resources: { cpus: 0.1, mem: 32, disk: 0, gpus: 0 },
      healthCheck: {
        exec: { command: { shell: "true" } },
        gracePeriodSeconds: 300,
        intervalSeconds: 60,
        maxConsecutiveFailures: 3,
        timeoutSeconds: 20,
        delaySeconds: 15,
      },
      linuxInfo: { seccomp: { unconfined: true }, ipcInfo: { mode: "PRIVATE", shmSize: 16 } },
      check: {
        exec: { command: { argv: ["look", "twice"] } },
        intervalSeconds: 60,
        timeoutSeconds: 20,
        delaySeconds: 15,
      },
    },
  ],
  volumes: [{ name: "scratch" }, { name: "files", host: "/srv/files" }, { name: "secret", secret: "key" }],
  networks: [{ mode: "host" }],
  scaling: { kind: "fixed", instances: 3 },
  scheduling: {
    backoff: { backoff: 2, backoffFactor: 2, maxLaunchDelay: 60 },
    upgrade: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
    placement: {
      constraints: [{ fieldName: "hostname", operator: "UNIQUE" }],
      acceptedResourceRoles: ["*"],
    },
    killSelection: "OLDEST_FIRST",
    unreachableStrategy: "disabled",
  },
  executorResources: { cpus: 0.2, mem: 64, disk: 20 },
  role: "*",
};

test("what came in in canonical form goes out the same, and is the same again", () => {
  const definition = parse(full);
  const shown = formatPodDefinition(definition);
  assert.deepEqual(shown, full);
  assert.deepEqual(parse(shown), definition);
  assert.equal(definition.containers[0]?.killGraceMs, 2_500);
  assert.deepEqual(definition.executorResources, { cpus: milli(0.2), mem: milli(64), disk: milli(20) });
});

test("oddities of clients: nulls, a scheme in lower case, an id without its slash, unknown members", () => {
  const parsed = parsePod({
    id: "simple",
    version: null,
    maintainer: "me",
    containers: [
      {
        ...small,
        endpoints: [{ name: "http", containerPort: null, hostPort: 0, protocol: ["http"], labels: {} }],
        healthCheck: { http: { endpoint: "http", scheme: "http" }, intervalSeconds: 2, timeoutSeconds: 1 },
      },
    ],
    networks: [{ name: null, mode: "host", labels: {} }],
  });
  assert.ok(parsed.ok);
  assert.equal(parsed.value.id, "/simple");
  assert.equal(parsed.value.containers[0]?.endpoints[0]?.containerPort, undefined);
  assert.deepEqual(parsed.warnings, ["unknown fields were ignored: maintainer"]);
});

test("an endpoint without a host port gets one on the host's network", () => {
  const { containers } = parse({ id: "/p", containers: [{ ...small, endpoints: [{ name: "http" }] }] });
  assert.equal(containers[0]?.endpoints[0]?.hostPort, 0);
});

test("every broken rule is told at its path", () => {
  const found = faults({
    id: "/bad",
    containers: [
      {
        name: "One",
        resources: { cpus: 0, mem: 0 },
        endpoints: [
          { name: "http", containerPort: 80 },
          { name: "http", hostPort: 31_000, protocol: ["tcp", "tcp"] },
        ],
        healthCheck: { tcp: { endpoint: "other" } },
        volumeMounts: [
          { name: "none", mountPath: "a/../b" },
          { name: "twice", mountPath: "x" },
        ],
      },
      { ...small, endpoints: [{ name: "more", hostPort: 31_000 }] },
      { ...small, resourceLimits: { mem: 16 } },
    ],
    volumes: [{ name: "twice" }, { name: "twice" }, { name: "unused" }],
    networks: [{ mode: "host" }],
    scheduling: { placement: { constraints: [{ fieldName: "rack", operator: "NEAR" }] } },
  });
  for (const path of [
    "/containers(0)/name",
    "/containers(0)/exec",
    "/containers(0)/resources",
    "/containers(0)/endpoints(0)/containerPort",
    "/containers(0)/endpoints(1)/protocol",
    "/containers(0)/healthCheck/tcp/endpoint",
    "/containers(0)/volumeMounts(0)/name",
    "/containers(0)/volumeMounts(0)/mountPath",
    "/containers(2)/resourceLimits/mem",
    "/containers",
    "/volumes",
    "/volumes(2)",
    "/scheduling/placement/constraints(0)",
  ])
    assert.ok(
      found.some((fault) => fault.startsWith(`${path}: `)),
      `${path} is told: ${found.join("\n")}`,
    );
  const whole = found.find((fault) => fault.startsWith("/: "));
  assert.match(String(whole), /endpoint names must be unique across all containers: http/);
  assert.match(String(whole), /host ports must be unique across all containers: 31000/);
});

test("checks are of one kind, and shorter than their interval", () => {
  const check = (healthCheck: Json) => faults({ id: "/p", containers: [{ ...small, healthCheck }] });
  assert.match(String(check({})), /healthCheck: Only one/);
  assert.match(String(check({ exec: command.exec, tcp: { endpoint: "x" } })), /Only one/);
  assert.match(
    String(check({ exec: command.exec, intervalSeconds: 5, timeoutSeconds: 5 })),
    /healthCheck\/timeoutSeconds: must be less/,
  );
});

test("what is of the wrong type is no JSON of a pod", () => {
  assert.match(String(faults({ containers: [small] })), /\/id: is missing/);
  assert.match(String(faults({ id: "/p", containers: {} })), /\/containers: must be an array/);
  assert.match(String(faults({ id: "/p", containers: [] })), /\/containers: must not be empty/);
  assert.match(
    String(faults({ id: "/p", containers: [{ ...small, resources: { cpus: "1" } }] })),
    /\/containers\(0\)\/resources\/cpus/,
  );
});

test("the id of a request and of its body are one", () => {
  const other = parsePod({ id: "/other", containers: [small] }, appId("/one"));
  assert.ok(!other.ok);
  assert.equal(other.problem.status, 400);
  assert.equal(other.problem.message, "'/one' does not match definition's id ('/other')");
});

test("ids so long that a task's would be too long are refused", () => {
  const id = `/${"a".repeat(180)}`;
  assert.deepEqual(faults({ id, containers: [{ ...small, name: "b".repeat(40) }] }), [
    "/containers(0)/name: is too long, together with the pod's id, to be part of a task's id",
  ]);
  parse({ id, containers: [small] });
});

test("secrets are named, kept where the pod may read them, and used by their names", () => {
  const found = faults({
    id: "/shop/p",
    secrets: { far: { source: "office/key" } },
    environment: { A: { secret: "none" } },
    containers: [{ ...small, environment: { B: { secret: "nowhere" } } }],
  });
  assert.deepEqual(found, [
    "/secrets/far/source: is for apps at /office and below it, and this one is /shop/p",
    "/environment/A/secret: references an undefined secret named 'none'",
    "/containers(0)/environment/B/secret: references an undefined secret named 'nowhere'",
  ]);
});

test("a pod with persistent volumes waits for its instances, and stops them before it starts others", () => {
  const containers = [{ ...small, volumeMounts: [{ name: "data", mountPath: "data" }] }];
  const volumes = [{ name: "data", persistent: { size: 10, type: "root", constraints: [] } }];
  const shown = formatPodDefinition(parse({ id: "/p", containers, volumes }));
  assert.deepEqual(shown.volumes, volumes);
  const { upgrade, unreachableStrategy } = shown.scheduling as Record<string, unknown>;
  assert.deepEqual(upgrade, { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 });
  assert.equal(unreachableStrategy, "disabled");
  const scheduling = {
    unreachableStrategy: { inactiveAfterSeconds: 1, expungeAfterSeconds: 2 },
    upgrade: { maximumOverCapacity: 1 },
  };
  assert.deepEqual(
    faults({ id: "/p", containers, volumes, scheduling }).map((fault) => fault.split(":")[0]),
    ["/", "/upgrade/maximumOverCapacity"],
  );
  const [odd] = faults({ id: "/p", containers, volumes: [{ name: "../x" }, ...volumes] });
  assert.match(String(odd), /^\/volumes\(0\)\/name: is made of/);
});

test("what is not done is refused by name", () => {
  const found = faults({
    id: "/p",
    legacySharedCgroups: true,
    linuxInfo: { ipcInfo: { mode: "PRIVATE" } },
    containers: [{ ...small, linuxInfo: { ipcInfo: { mode: "SHARE_PARENT" } } }],
  });
  assert.deepEqual(
    found.map((fault) => fault.split(":")[0]),
    ["/linuxInfo", "/legacySharedCgroups", "/containers(0)/linuxInfo/ipcInfo/mode"],
  );
});

test("a check is of an endpoint of its container, and one with a port; an empty one is none", () => {
  const endpoints = [{ name: "http" }];
  const withCheck = (check: object, more: object = {}) => ({
    id: "/p",
    containers: [{ ...small, endpoints, check }],
    ...more,
  });
  const at = "/containers(0)/check";
  assert.deepEqual(faults(withCheck({ http: { endpoint: "other" } })), [
    `${at}/http/endpoint: must be contained in the container endpoints, and other is not`,
  ]);
  assert.deepEqual(faults(withCheck({ intervalSeconds: 1 })), [`${at}: must have one of http, tcp and exec`]);
  assert.deepEqual(faults(withCheck({ http: { endpoint: "http", scheme: "HTTPS" } })), [
    `${at}/http/scheme: only HTTP is possible`,
  ]);
  const unmapped = { ...small, endpoints: [{ name: "http", containerPort: 80 }, { name: "none" }] };
  const named = { networks: [{ mode: "container", name: "net" }] };
  const none = { containers: [{ ...unmapped, check: { tcp: { endpoint: "none" } } }], ...named };
  assert.ok(faults({ id: "/p", ...none }).includes(`${at}: is of an endpoint that has no port`));
  assert.equal(parse(withCheck({})).containers[0]?.check, undefined);
});

test("cgroups of its own are what each container has anyway", () => {
  const definition = parse({ id: "/p", containers: [small], legacySharedCgroups: false });
  assert.equal("legacySharedCgroups" in formatPodDefinition(definition), false);
});
