import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";
import { parseAppId } from "./app-id.ts";
import { parseApp, parseAppPatch, parseRollback } from "./app-parse.ts";

const parse = (over: object): AppDefinition => {
  const outcome = parseApp({ id: "/web", cmd: "x", ...over });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

const warningsOf = (over: object): readonly string[] => {
  const outcome = parseApp({ id: "/web", cmd: "x", ...over });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.warnings;
};

const pathsOf = (over: object): readonly string[] => {
  const outcome = parseApp({ id: "/web", cmd: "x", ...over });
  assert.ok(!outcome.ok, "it was taken");
  assert.ok(typeof outcome.problem.details !== "string");
  return outcome.problem.details.map(({ path }) => path);
};

test("what an app leaves out has Marathon's defaults", () => {
  const command = { kind: "shell", text: "x" } as const;
  assert.deepEqual(parse({}), { ...defaultAppDefinition(appId("/web")), command });
  const { cpus, mem, instances, backoff, ports, healthChecks } = parse({ healthChecks: [{}] });
  assert.deepEqual([cpus, mem, instances], [milli(1), milli(128), 1]);
  assert.deepEqual(backoff, { initialMs: 1_000, factor: 1.15, maxMs: 300_000 });
  assert.equal(ports[0]?.name, "default");
  assert.deepEqual(healthChecks, [
    {
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
      },
    },
  ]);
});

test("null is as good as absent", () => {
  assert.deepEqual(
    parse({ cpus: null, env: null, container: null, healthChecks: null, args: null }),
    parse({}),
  );
});

test("trap 3: ports in the old form and in the new one are the same", () => {
  assert.deepEqual(parse({ ports: [8080, 0] }).ports, parse({ portDefinitions: [{ port: 8080 }, {}] }).ports);
  assert.deepEqual(parse({ ports: [] }).ports, []);
  assert.deepEqual(pathsOf({ ports: [1], portDefinitions: [{ port: 2 }] }), ["/ports"]);
});

test("a port is the service's, and the host's too when it is required", () => {
  const [loose] = parse({ ports: [8080] }).ports;
  assert.deepEqual([loose?.servicePort, loose?.hostPort, loose?.fixed], [8080, 0, false]);
  const [fixed] = parse({ ports: [8080], requirePorts: true }).ports;
  assert.deepEqual([fixed?.servicePort, fixed?.hostPort, fixed?.fixed], [8080, 8080, true]);
  const [any] = parse({ ports: [0], requirePorts: true }).ports;
  assert.deepEqual([any?.hostPort, any?.fixed], [0, false]);
});

test("a change of ports keeps to the requirePorts that is there, and the other way round", () => {
  const base = parse({ ports: [8080], requirePorts: true });
  const ports = parseAppPatch({ ports: [9090] }, base);
  assert.ok(ports.ok && ports.value.ports?.[0]?.hostPort === 9090);
  const loose = parseAppPatch({ requirePorts: false }, base);
  assert.ok(loose.ok && loose.value.ports?.[0]?.hostPort === 0 && loose.value.ports[0].servicePort === 8080);
});

test("a patch says only what it was given", () => {
  const outcome = parseAppPatch({ id: "web", instances: 3, labels: {} }, parse({}));
  assert.deepEqual(outcome.ok && outcome.value, { instances: 3, labels: {} });
  const backoff = parseAppPatch({ backoffSeconds: 5 }, parse({ backoffFactor: 2 }));
  assert.deepEqual(backoff.ok && backoff.value, { backoff: { initialMs: 5_000, factor: 2, maxMs: 300_000 } });
});

test("a patch that breaks the whole is refused, though alone it would do", () => {
  const outcome = parseAppPatch({ portDefinitions: [] }, parse({ healthChecks: [{}] }));
  assert.ok(!outcome.ok && JSON.stringify(outcome.problem).includes("/healthChecks(0)/portIndex"));
});

test("an id in a change may be relative to the group of the app that is meant", () => {
  const base = parse({ id: "/shop/web" });
  for (const id of ["/shop/web", "shop/web", "web", "../shop/web"]) {
    assert.equal(parseAppPatch({ id, instances: 3 }, base).ok, true, id);
  }
  for (const id of ["/web", "db", "../web"]) assert.equal(parseAppPatch({ id }, base).ok, false, id);
});

test("an id in a patch must be the one of the path", () => {
  const outcome = parseAppPatch({ id: "/other" }, parse({}));
  assert.ok(!outcome.ok && outcome.problem.status === 422);
});

test("images on the agents are root file systems; the host's network may be named the old way", () => {
  const container = {
    type: "MESOS",
    docker: { image: "file:///images/web.tar", network: "HOST", parameters: [] },
  };
  assert.deepEqual(parse({ container }).root, { kind: "file", path: "/images/web.tar" });
  assert.deepEqual(parse({ container: { type: "MESOS", volumes: [] } }).root, { kind: "host" });
  for (const image of [
    "file://images/a",
    "file:///",
    "file:///a//b",
    "file:///a/./b",
    "Docker.io/Nginx",
    "http://docker.io/nginx",
    "",
  ]) {
    assert.deepEqual(pathsOf({ container: { docker: { image } } }), ["/container/docker/image"], image);
  }
});

test("images of registries, in containers of either type", () => {
  const rootOf = (type: string | undefined, docker: object) => parse({ container: { type, docker } }).root;
  const root = { kind: "image", reference: "nginx:1.27", forcePull: false, container: "mesos" };
  assert.deepEqual(rootOf("MESOS", { image: "nginx:1.27" }), root);
  assert.deepEqual(rootOf(undefined, { image: "nginx:1.27" }), root);
  assert.deepEqual(rootOf("DOCKER", { image: "nginx:1.27", forcePullImage: true, network: "HOST" }), {
    ...root,
    forcePull: true,
    container: "docker",
  });
  const onAgent = { type: "DOCKER", docker: { image: "file:///images/a" } };
  assert.deepEqual(pathsOf({ container: onAgent }), ["/container/type"]);
  assert.deepEqual(pathsOf({ container: { type: "DOCKER" } }), ["/container/docker"]);
});

test("an app in an image needs no command, and its arguments may begin with nothing", () => {
  const container = { docker: { image: "nginx" } };
  const parsed = parseApp({ id: "/web", container });
  assert.ok(parsed.ok && parsed.value.command === undefined);
  assert.ok(parseApp({ id: "/web", container, args: ["", "-v"] }).ok);
  assert.equal(parseApp({ id: "/web" }).ok, false);
});

test("checks by Mesos's agents stay so, at most one, and they alone may be of IPv6", () => {
  const given = { protocol: "MESOS_HTTPS", path: "/x", ipProtocol: "IPv6", portIndex: 1, delaySeconds: 3 };
  const { healthChecks } = parse({ ports: [0, 0], healthChecks: [given] });
  assert.deepEqual(healthChecks, [
    {
      kind: "local",
      check: {
        protocol: "https",
        path: "/x",
        portIndex: 1,
        port: undefined,
        family: "IPv6",
        delayMs: 3_000,
        gracePeriodMs: 300_000,
        intervalMs: 60_000,
        timeoutMs: 20_000,
        maxConsecutiveFailures: 3,
      },
    },
  ]);
  const problemOf = (checks: readonly object[]): string =>
    JSON.stringify(parseApp({ id: "/web", cmd: "x", healthChecks: checks }));
  assert.match(problemOf([{ protocol: "HTTP", ipProtocol: "IPv6" }]), /ipProtocol.*MESOS_HTTP/);
  assert.match(problemOf([{ protocol: "MESOS_TCP" }, { protocol: "MESOS_HTTP" }]), /at most one/);
  assert.match(problemOf([{ protocol: "MESOS_TCP", portIndex: 7 }]), /portIndex/);
});

test("empty values of what is not supported pass, and what has no effect passes too", () => {
  const empty = {
    constraints: [],
    dependencies: [],
    fetch: [],
    uris: [],
    secrets: {},
    readinessChecks: [],
    tty: false,
    executor: "",
    residency: { taskLostBehavior: "WAIT_FOREVER" },
    networks: [{ mode: "host" }],
    acceptedResourceRoles: [],
  };
  assert.deepEqual(parse(empty), parse({}));
  assert.deepEqual(warningsOf(empty), []);
});

test("what Marathon takes and passes over is passed over, and told; an executor of its own is refused by name", () => {
  const docker = { image: "alpine", credential: { principal: "me" } };
  const old = { storeUrls: ["http://x/y.tgz"], container: { type: "DOCKER", docker } };
  assert.deepEqual(warningsOf(old), [
    "storeUrls has no effect: say fetch",
    "container.docker.credential has no effect: say container.docker.pullConfig",
  ]);
  assert.deepEqual(pathsOf({ executor: "/opt/my-executor" }), ["/executor"]);
});

test("all that is wrong is told at once", () => {
  const secrets = { a: { source: "../x" } };
  const faults = pathsOf({ args: ["y"], secrets, dependencies: ["/db"], role: "a b" });
  assert.deepEqual(faults.toSorted(), ["/args", "/role", "/secrets/a/source"]);
});

test("an app that must not run twice is replaced by stopping it first", () => {
  const labels = { MARATHON_SINGLE_INSTANCE_APP: "true" };
  assert.deepEqual(parse({ labels }).upgradeStrategy, { minimumHealthCapacity: 0, maximumOverCapacity: 0 });
});

test("a version alone is a rollback, with other fields it is a mistake", () => {
  const version = "2026-01-01T00:00:00.000Z";
  const alone = parseRollback({ id: "/web", version });
  assert.equal(alone.ok && alone.value, version);
  assert.equal(parseRollback({ version, cpus: 1 }).ok, false);
  const none = parseRollback({ cpus: 1 });
  assert.ok(none.ok && none.value === undefined);
});

test("ids are absolute, relative, or with dots, as paths are", () => {
  for (const [text, id] of [
    ["web", "/web"],
    ["/web", "/web"],
    ["//web/", "/web"],
    ["a/b/../c", "/a/c"],
    ["./a", "/a"],
    ["/a.b-c/d1", "/a.b-c/d1"],
  ] as const) {
    assert.deepEqual(parseAppId(text), { ok: true, id }, text);
  }
  assert.deepEqual(parseAppId("../db", "/shop/web"), { ok: true, id: "/shop/db" });
  for (const text of [
    "",
    "/",
    "..",
    "/a/..",
    "/A",
    "/a/-",
    "/a./b",
    "/web/restart",
    "/web/versions",
    "/a b",
  ]) {
    assert.equal(parseAppId(text).ok, false, text);
  }
});

test("files to fetch: as objects, or as addresses alone, of which archives are unpacked", () => {
  const fetch = [
    { uri: "http://x/a.tgz" },
    { uri: "/b", extract: false, executable: true, cache: true, destPath: "c" },
  ];
  const { artifacts } = parse({ fetch });
  assert.deepEqual(artifacts, [
    { uri: "http://x/a.tgz", extract: true, executable: false, cache: false },
    { uri: "/b", extract: false, executable: true, cache: true, outputFile: "c" },
  ]);
  const uris = ["http://x/a.tar.gz", "http://x/b.jar"];
  assert.deepEqual(
    parse({ uris }).artifacts?.map(({ extract }) => extract),
    [true, false],
  );
  const patch = parseAppPatch({ fetch: [] }, parse({ fetch }));
  assert.deepEqual(patch.ok && patch.value, { artifacts: undefined });
  assert.deepEqual(pathsOf({ fetch, uris }), ["/uris"]);
  assert.deepEqual(pathsOf({ fetch: [fetch[0], { uri: "s3://x/y" }] }), ["/fetch(1)/uri"]);
  assert.deepEqual(pathsOf({ uris: ["http://x"] }), ["/uris(0)"]);
});
