/**
 * Tasks of frameworks: what agents can do is taken as it is meant, and what they cannot is refused by its name.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frameworkId } from "#model/ids.ts";
import { withoutSecretValues } from "#model/secret-values.ts";
import { anyMessage } from "../../../../test/support/mesos-messages.ts";
import { containerMessage } from "./container.ts";
import { discoveryMessage } from "./discovery.ts";
import { type TaskInfoMessage, taskFromMessage } from "./task-info.ts";

const noUser = { frameworkId: frameworkId("F"), user: undefined };
const plain: TaskInfoMessage = {
  name: "t",
  task_id: { value: "t" },
  agent_id: { value: "S0" },
  resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 0.1 } }],
  command: { value: "sleep 1" },
};

const specOf = (more: Partial<TaskInfoMessage>, context = noUser) => {
  const result = taskFromMessage({ ...plain, ...more }, context);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};

test("a task that says little has what Mesos gives it", () => {
  const spec = specOf({});
  assert.deepEqual(spec.command, { kind: "shell", text: "sleep 1" });
  assert.deepEqual(
    [spec.root, spec.user, spec.env, spec.killGraceMs, spec.healthCheck, spec.limits],
    [{ kind: "host" }, undefined, {}, 3_000, undefined, {}],
  );
});

test("commands, variables, users, limits, ports and checks are taken as they are meant", () => {
  const spec = specOf(
    {
      command: {
        shell: false,
        value: "/bin/echo",
        arguments: ["echo", "a", "b"],
        environment: {
          variables: [
            { name: "A", value: "1" },
            { name: "A", value: "2" },
          ],
        },
      },
      limits: new Map([
        ["cpus", { value: Number.POSITIVE_INFINITY }],
        ["mem", { value: 64 }],
      ]),
      kill_policy: { grace_period: { nanoseconds: 7_000_000_000n } },
      discovery: { visibility: "CLUSTER", ports: { ports: [{ number: 80, name: "http" }] } },
      health_check: { type: "COMMAND", command: { value: "true" }, consecutive_failures: 0 },
      container: {
        type: "MESOS",
        mesos: { image: { type: "DOCKER", docker: { name: "file:///images/web.tar" } } },
        network_infos: [{}],
      },
    },
    noUser,
  );
  assert.deepEqual(spec.command, { kind: "argv", argv: ["/bin/echo", "a", "b"] });
  assert.deepEqual(spec.env, { A: "2" });
  assert.deepEqual(spec.limits, { cpus: "unlimited", mem: 64_000 });
  assert.equal(spec.killGraceMs, 7_000);
  assert.deepEqual(spec.ports, [{ number: 80, name: "http", protocol: "tcp" }]);
  assert.deepEqual(spec.root, { kind: "file", path: "/images/web.tar" });
  assert.deepEqual(spec.healthCheck, {
    command: { kind: "shell", text: "true" },
    delayMs: 15_000,
    intervalMs: 10_000,
    timeoutMs: 20_000,
    gracePeriodMs: 10_000,
    maxConsecutiveFailures: 0,
  });
  const context = { ...noUser, user: "spark" } as unknown as typeof noUser;
  assert.equal(specOf({}, context).user, "spark");
  assert.equal(specOf({ command: { value: "x", user: "flink" } }, context).user, "flink");
});

const image = (name: string) => ({
  container: { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name } } } } as const,
});

test("times that are no whole milliseconds become whole ones: the agent link knows no others", () => {
  const odd = { nanoseconds: 1_500_001n };
  const spec = specOf({
    kill_policy: { grace_period: odd },
    max_completion_time: odd,
    health_check: {
      type: "COMMAND",
      command: { value: "x" },
      delay_seconds: 0.001_5,
      interval_seconds: 0.100_6,
      timeout_seconds: 1.000_4,
      grace_period_seconds: 0.000_4,
    },
  });
  const { delayMs, intervalMs, timeoutMs, gracePeriodMs } = spec.healthCheck ?? assert.fail();
  assert.deepEqual(
    [spec.killGraceMs, spec.maxDurationMs, delayMs, intervalMs, timeoutMs, gracePeriodMs],
    [2, 2, 2, 101, 1_000, 0],
  );
});

test("how a task wants to be found is kept whole", () => {
  const discovery = {
    visibility: "EXTERNAL",
    name: "web",
    environment: "prod",
    location: "eu",
    version: "7",
    ports: {
      ports: [
        { number: 80, name: "http", protocol: "tcp", visibility: "CLUSTER" },
        { number: 53, protocol: "udp", labels: { labels: [{ key: "a", value: "b" }] } },
      ],
    },
    labels: { labels: [{ key: "c", value: "d" }] },
  } as const;
  assert.deepEqual(discoveryMessage(specOf({ discovery })), discovery);
  assert.equal(discoveryMessage(specOf({})), undefined);
});

test("a custom executor is given what an agent could not run itself", () => {
  const odd: Partial<TaskInfoMessage> = {
    command: undefined,
    check: { type: "TCP" },
    health_check: { type: "HTTP", http: { port: 1 } },
    container: { type: "DOCKER" },
  };
  const result = taskFromMessage({ ...plain, ...odd }, noUser, "executor");
  assert.ok(result.ok);
  const { command, root, healthCheck } = result.value;
  assert.deepEqual([command, root, healthCheck], [undefined, { kind: "host" }, undefined]);
});

const docker = (
  parameters: readonly { readonly key: string; readonly value: string }[],
): Partial<TaskInfoMessage> => ({
  container: { type: "DOCKER", docker: { image: "nginx", parameters } },
});

test("secrets: by reference and by value, shown again without values", () => {
  const value = { type: "VALUE" as const, value: { data: new TextEncoder().encode("word") } };
  const named = { type: "REFERENCE" as const, reference: { name: "/db/password", key: "one" } };
  const spec = specOf({
    command: {
      value: "x",
      environment: {
        variables: [
          { name: "A", value: "plain" },
          { name: "B", type: "SECRET", secret: named },
          { name: "C", type: "SECRET", secret: value },
          { name: "A", type: "SECRET", secret: named },
        ],
      },
    },
    container: {
      type: "MESOS",
      volumes: [{ container_path: "f", mode: "RO", source: { type: "SECRET", secret: value } }],
    },
  });
  const reference = { kind: "reference", name: "db/password", key: "one" };
  assert.deepEqual(spec.env, {});
  assert.deepEqual(spec.secretEnv, { A: reference, B: reference, C: { kind: "value", data: "d29yZA==" } });
  assert.ok(!JSON.stringify(containerMessage(spec)).includes("d29yZA"));
  assert.ok(!JSON.stringify(withoutSecretValues(spec)).includes("d29yZA"));
  for (const [secret, fault] of [
    [{ type: "REFERENCE" }, /of type REFERENCE must have the 'reference' field set/],
    [{ ...named, value: value.value }, /must not have the 'value' field set/],
    [{ ...value, reference: named.reference }, /must not have the 'reference' field set/],
    [{ type: "VALUE", value: { data: new Uint8Array([0]) } }, /containing null bytes/],
    [{ type: "REFERENCE", reference: { name: "../x" } }, /none of them/],
  ] as const) {
    const environment = { variables: [{ name: "A", type: "SECRET" as const, secret }] };
    const result = taskFromMessage({ ...plain, command: { value: "x", environment } }, noUser);
    assert.match(result.ok ? "taken" : result.fault, fault);
  }
});

test("Docker's parameters and Linux settings, shown again as they were asked for", () => {
  const parameters = [
    { key: "cap-add", value: "NET_RAW" },
    { key: "ulimit", value: "nofile=10:20" },
    { key: "cpuset-cpus", value: "0-1" },
    { key: "cpus", value: "0.5" },
    { key: "volume", value: "/srv/x:/x:ro" },
    { key: "hostname", value: "web" },
  ];
  const message = {
    ...docker(parameters).container,
    docker: { image: "nginx", parameters, privileged: true },
  };
  const spec = specOf({ container: { type: "DOCKER", ...message } });
  assert.deepEqual(spec.settings, {
    ...{ parameters, capabilities: { add: ["NET_RAW"] }, privileged: true },
  });
  assert.deepEqual(spec.rlimits, [{ type: "nofile", soft: 10, hard: 20 }]);
  assert.deepEqual(spec.controls, { cpuSet: "0-1" });
  assert.deepEqual(spec.limits, { cpus: 500 });
  assert.deepEqual(spec.network, { mode: "host", networks: [], hostname: "web" });
  const shown = containerMessage(spec);
  assert.deepEqual(shown?.docker?.parameters, parameters);
  assert.equal(shown?.docker?.privileged, true);
  const linux_info = {
    bounding_capabilities: { capabilities: ["CHOWN", "KILL"] as const },
    effective_capabilities: { capabilities: ["CHOWN"] as const },
    seccomp: { unconfined: true },
    shm_size: 8,
  };
  const bySystem = specOf({ container: { type: "MESOS", linux_info } });
  assert.deepEqual(bySystem.settings, {
    capabilities: { bounding: ["CHOWN", "KILL"], effective: ["CHOWN"] },
    unconfined: true,
    shmBytes: 8 * 1024 * 1024,
  });
  assert.deepEqual(containerMessage(bySystem)?.linux_info, linux_info);
  const filtered = { seccomp: { profile_name: "strict.json" } };
  const byName = specOf({ container: { type: "MESOS", linux_info: filtered } });
  assert.deepEqual(byName.settings, { seccompProfile: "strict.json" });
  assert.deepEqual(containerMessage(byName)?.linux_info, filtered);
});

test("what agents cannot do is refused, and told by its name", () => {
  const cases: readonly (readonly [Partial<TaskInfoMessage>, RegExp])[] = [
    [{ task_id: { value: "" } }, /^ID must not be empty$/],
    [{ task_id: { value: "a/b" } }, /^'a\/b' contains invalid characters$/],
    [{ task_id: { value: "x".repeat(256) } }, /^ID must not be greater than 255 characters$/],
    [{ command: undefined }, /at least one \(but not both\)/],
    [{ command: { value: "" } }, /command\.value/],
    [
      { command: { value: "x", uris: [{ value: "http://x" }] } },
      /URI "http:\/\/x" is malformed: missing path/,
    ],
    [{ command: { value: "x", uris: [{ value: "/x", output_file: "../x" }] } }, /within the sandbox/],
    [{ command: { value: "x\0" } }, /null byte/],
    [{ command: { value: "x", environment: { variables: [{ name: "A=B", value: "" }] } } }, /A=B/],
    [{ command: { value: "x", environment: { variables: [{ name: "A" }] } } }, /value set/],
    [
      { command: { value: "x", environment: { variables: [{ name: "A", type: "SECRET" }] } } },
      /a secret set/,
    ],
    [{ kill_policy: { grace_period: { nanoseconds: -1n } } }, /kill_policy\.grace_period/],
    [{ check: {} }, /^Task uses invalid check: CheckInfo must specify 'type'$/],
    [{ max_completion_time: { nanoseconds: -1n } }, /`max_completion_time` must be non-negative/],
    [{ health_check: {} }, /^Task uses invalid health check: HealthCheck must specify 'type'$/],
    [{ health_check: { type: "COMMAND" } }, /'command'/],
    [{ health_check: { type: "COMMAND", command: { value: "x" }, delay_seconds: -1 } }, /delay_seconds/],
    [{ limits: new Map([["disk", { value: 1 }]]) }, /Only cpus and mem/],
    [{ limits: new Map([["cpus", { value: -1 }]]) }, /more than nothing/],
    [{ container: { type: "DOCKER" } }, /DOCKER/],
    [
      { container: { type: "MESOS", volumes: [{ mode: "RW", container_path: "x" }] } },
      /volume 'x'.*must be set/,
    ],
    [
      { container: { type: "MESOS", network_infos: [{ name: "a" }, { name: "a" }] } },
      /CNI network 'a' multiple/,
    ],
    [{ container: { type: "MESOS", mesos: { image: { type: "APPC" } } } }, /APPC/],
    [image("Nginx"), /small letters/],
    [{ command: { shell: false } }, /command\.value/],
    [
      { container: { type: "DOCKER", docker: { image: "nginx", network: "USER" } } },
      /No network info found in container info/,
    ],
    [
      docker([{ key: "log-driver", value: "json" }]),
      /'log-driver' of Docker's is not possible here: output goes/,
    ],
    [docker([{ key: "colour", value: "red" }]), /'colour' of Docker's is not supported/],
    [
      {
        ...docker([{ key: "memory-swap", value: "1m" }]),
        resources: [{ name: "mem", type: "SCALAR", scalar: { value: 32 } }],
      },
      /memory and swap together/,
    ],
    [
      { container: { type: "MESOS", linux_info: { share_pid_namespace: true } } },
      /share_pid_namespace\) is not supported/,
    ],
    [image("file:///a/../b"), /absolute path/],
    [image("file://a"), /absolute path/],
    [{ discovery: { visibility: "CLUSTER", ports: { ports: [{ number: 70_000 }] } } }, /70000/],
  ];
  for (const [more, fault] of cases) {
    const result = taskFromMessage({ ...plain, ...more }, noUser);
    assert.match(result.ok ? `taken: ${JSON.stringify(more)}` : result.fault, fault);
  }
});

test("no message makes it throw", () => {
  fc.assert(
    fc.property(anyMessage("TaskInfo"), (message) => {
      const result = taskFromMessage(message as unknown as TaskInfoMessage, noUser);
      assert.ok(result.ok || result.fault !== "");
    }),
    { numRuns: 300 },
  );
});

test("images of registries: by either type of container, shown again without secrets", () => {
  const config = new TextEncoder().encode('{"auths":{}}');
  const byMesos = specOf({
    command: { shell: false, arguments: ["-v"] },
    container: {
      type: "MESOS",
      mesos: {
        image: {
          type: "DOCKER",
          docker: { name: "registry:5000/web:1", config: { type: "VALUE", value: { data: config } } },
          cached: false,
        },
      },
    },
  });
  assert.deepEqual(byMesos.command, { kind: "entrypoint", arguments: ["-v"] });
  const root = { kind: "image", reference: "registry:5000/web:1", forcePull: true, container: "mesos" };
  assert.deepEqual(byMesos.root, { ...root, pullConfig: '{"auths":{}}' });
  assert.deepEqual(containerMessage(byMesos), {
    type: "MESOS",
    mesos: { image: { type: "DOCKER", docker: { name: "registry:5000/web:1" }, cached: false } },
  });
  const byDocker = specOf({
    command: { shell: true, value: "echo" },
    container: { type: "DOCKER", docker: { image: "web" } },
  });
  assert.deepEqual(byDocker.command, { kind: "shell", text: "echo" });
  assert.deepEqual(byDocker.root, { kind: "image", reference: "web", forcePull: false, container: "docker" });
  assert.deepEqual(containerMessage(byDocker), {
    type: "DOCKER",
    docker: { image: "web", force_pull_image: false },
  });
});

test("files to fetch, with Mesos's defaults", () => {
  const uris = [
    { value: "http://x/a.tgz" },
    { value: "file:///b", executable: true, extract: false, cache: true, output_file: "dir/b" },
  ];
  const result = taskFromMessage({ ...plain, command: { value: "x", uris } }, noUser);
  assert.deepEqual(result.ok && result.value.artifacts, [
    { uri: "http://x/a.tgz", extract: true, executable: false, cache: false },
    { uri: "file:///b", extract: false, executable: true, cache: true, outputFile: "dir/b" },
  ]);
});
