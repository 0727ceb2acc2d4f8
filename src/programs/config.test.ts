import assert from "node:assert/strict";
import { test } from "node:test";
import { resources } from "#model/resources.ts";
import { parseAgentConfig } from "./agent/config.ts";
import { UsageError } from "./flags.ts";
import { parseMasterConfig } from "./master/config.ts";

const agentFlags: Readonly<Record<string, string>> = {
  "--data": "data",
  "--token-file": "/srv/token",
  "--master": "10.0.0.1:5050",
  "--name": "rack-1",
  "--cpus": "1.5",
  "--mem": "512",
  "--disk": "1000",
  "--ports": "31000-31999",
};

const argvOf = (flags: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));

test("an agent's flags become one typed value, with usual values for the rest", () => {
  const config = parseAgentConfig(
    [
      ...argvOf(agentFlags),
      "--attribute",
      "zone=a=b",
      "--allow-root",
      "--no-disk-limits",
      "--pids",
      "99",
      "--executor-reregistration-timeout",
      "15",
    ],
    "/home/me",
  );
  assert.deepEqual(config, {
    dataDirectory: "/home/me/data",
    tokenFile: "/srv/token",
    name: "rack-1",
    hostname: "127.0.0.1",
    addresses: ["127.0.0.1"],
    port: 5051,
    masters: [{ address: "10.0.0.1", port: 5050 }],
    resources: resources({ cpus: 1.5, mem: 512, disk: 1000, ports: [[31000, 31999]] }),
    attributes: { zone: "a=b" },
    allowRoot: true,
    cpuQuota: false,
    diskLimits: false,
    portLimits: false,
    pidsMax: 99,
    executorTimeouts: { registrationMs: 60_000, reregistrationMs: 15_000 },
    imageDirectories: [],
    registries: {},
    fetching: {},
    gc: { delayMs: 604_800_000, headroomShare: 0.1, lookIntervalMs: 60_000 },
    networks: {},
    domain: undefined,
    limiting: { gpuDevices: undefined, nvidiaRoot: "/" },
    hostVolumes: [],
    visiblePaths: [],
    maskedPaths: [],
    secretsDirectory: undefined,
    allowPrivileged: false,
    insecureLocal: false,
    credentialsFile: undefined,
    logFile: undefined,
  });
});

test("a wrong or missing flag is named", () => {
  const wrong: readonly [flags: Readonly<Record<string, string | undefined>>, message: RegExp][] = [
    [{ "--name": undefined }, /--name is missing/],
    [{ "--cpus": undefined }, /--cpus is missing/],
    [{ "--master": "10.0.0.1" }, /--master 10\.0\.0\.1 is not HOST:PORT/],
    [{ "--master": "10.0.0.1:0" }, /is not HOST:PORT/],
    [{ "--cpus": "-1" }, /--cpus/],
    [{ "--cpus": "0" }, /--cpus 0 is not a number above 0/],
    [{ "--ports": "9-8" }, /--ports 9-8 is not FIRST-LAST/],
    [{ "--ports": "1-65536" }, /is not FIRST-LAST/],
    [{ "--port": "65536" }, /--port 65536 is not a whole number from 0 to 65535/],
    [{ "--insecure-registry": "http://x" }, /--insecure-registry http:\/\/x is not HOST or HOST:PORT/],
    [{ "--region": "eu" }, /--region and --zone go together/],
    [{ "--attribute": "rack" }, /--attribute rack is not NAME=TEXT/],
    [{ "--data": "" }, /--data must not be empty/],
    [{ "--colour": "red" }, /--colour/],
  ];
  for (const [flags, message] of wrong) {
    assert.throws(
      () => parseAgentConfig(argvOf({ ...agentFlags, ...flags }), "/"),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("a master's host name is its address unless it is given", () => {
  const argv = ["--data", "/d", "--token-file", "/t", "--address", "10.0.0.1"];
  assert.equal(parseMasterConfig(argv, "/").hostname, "10.0.0.1");
  assert.equal(parseMasterConfig([...argv, "--hostname", "m1"], "/").hostname, "m1");
  assert.throws(() => parseMasterConfig(["--data", "/d"], "/"), /--token-file is missing/);
});

test("where master and agent are, and what apps are offered", () => {
  const domain = ["--region", "eu", "--zone", "eu-1"];
  assert.deepEqual(parseAgentConfig([...argvOf(agentFlags), ...domain], "/").domain, {
    region: "eu",
    zone: "eu-1",
  });
  const argv = ["--data", "/d", "--token-file", "/t"];
  assert.deepEqual(parseMasterConfig([...argv, ...domain], "/").domain, { region: "eu", zone: "eu-1" });
  assert.deepEqual(parseMasterConfig(argv, "/").appPlacement, { role: undefined, sharesGpuAgents: false });
  const given = ["--apps-role", "slave_public", "--gpu-scheduling", "unrestricted"];
  assert.deepEqual(parseMasterConfig([...argv, ...given], "/").appPlacement, {
    role: "slave_public",
    sharesGpuAgents: true,
  });
  assert.throws(
    () => parseMasterConfig([...argv, "--gpu-scheduling", "some"], "/"),
    /neither restricted nor/,
  );
  assert.throws(() => parseMasterConfig([...argv, "--apps-role", "a b"], "/"), /--apps-role: /);
});

test("volumes of the host and further disks", () => {
  const { hostVolumes, resources: offered } = parseAgentConfig(
    [
      ...argvOf(agentFlags),
      ...["--host-volume", "/srv/data", "--host-volume", "shared:ro"],
      ...["--path-disk", "/mnt/a=100", "--mount-disk", "/mnt/b=50"],
    ],
    "/home/u",
  );
  assert.deepEqual(hostVolumes, [
    { path: "/srv/data", mode: "read-write" },
    { path: "/home/u/shared", mode: "read-only" },
  ]);
  assert.deepEqual(
    offered.others.map(({ disk, value }) => [disk?.source?.type, disk?.source?.root, value]).sort(),
    [
      ["mount", "/mnt/b", { kind: "scalar", amount: 50_000 }],
      ["path", "/mnt/a", { kind: "scalar", amount: 100_000 }],
    ],
  );
  for (const [flag, text] of [
    ["--path-disk", "mnt=5"],
    ["--mount-disk", "/mnt"],
    ["--mount-disk", "/mnt=0"],
    ["--host-volume", ":ro"],
  ] as const)
    assert.throws(() => parseAgentConfig([...argvOf(agentFlags), flag, text], "/"), UsageError, text);
});
