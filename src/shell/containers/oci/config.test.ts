import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { buildConfig, type ConfigInput } from "./config.ts";

const spec: ContainerSpec = {
  containerId: containerId("c"),
  frameworkId: frameworkId("f"),
  executorId: executorId("t"),
  command: { kind: "shell", text: "true" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  resources: resources({ cpus: 0.5, mem: 128 }),
  limits: {},
};

const input: ConfigInput = {
  spec,
  user: { uid: 65534, gid: 65534, additionalGids: [] },
  sandbox: "/data/sandbox",
  sharedSandbox: undefined,
  root: { kind: "overlay" },
  init: { path: "/usr/bin/tini-static", args: ["-g", "--"] },
  cgroupPath: "/unum/a/c",
  cgroup: { mode: "hybrid", controllers: { cpuset: "/c", blkio: "/b" }, swapLimit: true },
  enforceCpuQuota: false,
  pidsMax: 100,
  rlimits: [],
  seccompProgram: undefined,
};

type Config = {
  readonly process: {
    readonly args: string[];
    readonly env: string[];
    readonly cwd: string;
    readonly capabilities: object;
  };
  readonly annotations?: object;
  readonly linux: { readonly seccomp?: object; readonly resources: Resources };
};
type Resources = {
  readonly cpu: { readonly shares: number; readonly quota?: number; readonly period?: number };
  readonly memory: { readonly limit?: number; readonly swap?: number; readonly reservation?: number };
  readonly blockIO?: object;
};
const build = (change: Partial<ConfigInput>, specChange: Partial<ContainerSpec> = {}): Config =>
  buildConfig({ ...input, ...change, spec: { ...spec, ...specChange } }) as Config;
const amounts = (change: Partial<ConfigInput>, specChange: Partial<ContainerSpec> = {}): Resources =>
  build(change, specChange).linux.resources;

describe("a container's definition", () => {
  it("cpus are shares; a quota is set only for a limit, or where the agent enforces one", () => {
    assert.deepEqual(amounts({}).cpu, { shares: 512 });
    assert.deepEqual(amounts({}, { limits: { cpus: milli(1.5) } }).cpu, {
      shares: 512,
      quota: 150_000,
      period: 100_000,
    });
    assert.deepEqual(amounts({ enforceCpuQuota: true }).cpu, { shares: 512, quota: 50_000, period: 100_000 });
    assert.deepEqual(amounts({ enforceCpuQuota: true }, { limits: { cpus: "unlimited" } }).cpu, {
      shares: 512,
    });
  });

  it("memory is the limit, or else the request, with no swap on top", () => {
    const mebibytes = 1024 * 1024;
    const reservation = 128 * mebibytes;
    assert.deepEqual(amounts({}).memory, {
      reservation,
      limit: reservation,
      swap: reservation,
      swappiness: 0,
    });
    assert.deepEqual(amounts({ cgroup: { ...input.cgroup, swapLimit: false } }).memory, {
      reservation,
      limit: reservation,
    });
    assert.deepEqual(amounts({}, { limits: { mem: milli(256) } }).memory, {
      reservation,
      limit: 256 * mebibytes,
      swap: 256 * mebibytes,
      swappiness: 0,
    });
    assert.deepEqual(amounts({}, { limits: { mem: "unlimited" } }).memory, { reservation });
  });

  it("what is asked of the kernel's controllers is handed on, or refused where this host cannot hold it", () => {
    const mebibytes = 1024 * 1024;
    const own = { memorySoftBytes: 32 * mebibytes, swapBytes: 64 * mebibytes };
    const limit = 128 * mebibytes;
    assert.deepEqual(amounts({}, { controls: own }).memory, {
      ...{ reservation: 32 * mebibytes, limit, swap: limit + 64 * mebibytes },
    });
    assert.equal(amounts({}, { controls: { swapBytes: "unlimited" } }).memory.swap, -1);
    // The kernel would take no more than the limit.
    assert.equal(amounts({}, { controls: { memorySoftBytes: 2 * limit } }).memory.reservation, limit);
    assert.deepEqual(amounts({}, { controls: { cpuSet: "0", memoryNodes: "0" } }).cpu, {
      ...{ shares: 512, cpus: "0", mems: "0" },
    });
    assert.equal(amounts({}).blockIO, undefined);
    const blockIo = { weight: 500 };
    const v2 = { mode: "v2", controllers: { io: "/" }, swapLimit: true } as const;
    assert.deepEqual(amounts({ blockIo, cgroup: v2 }).blockIO, { weight: 500 });
    const light = amounts({ blockIo, cgroup: v2 }, { controls: { blockIo: { weight: 10 } } });
    assert.deepEqual(light.blockIO, { weight: 10 });
    const refused = (controls: ContainerSpec["controls"], change: Partial<ConfigInput>, sentence: RegExp) =>
      assert.throws(() => amounts(change, { controls }), sentence);
    refused({ cpuSet: "0,4095" }, {}, /asks for the cpus 0,4095; this agent has 0/);
    refused({ cpuSet: "x" }, {}, /cpuSet "x" is no list of numbers/);
    const bare = { cgroup: { ...input.cgroup, controllers: {} } };
    refused({ cpuSet: "0" }, bare, /need the controller of sets of cpus \(cpuset\)/);
    refused({ blockIo }, bare, /need the controller of block devices \(blkio or io\)/);
    const rate = { readBytesPerSecond: [{ device: "/dev/null", perSecond: 1 }] };
    refused({ blockIo: rate }, {}, /bound on \/dev\/null, which is no block device of this agent/);
  });

  it("no amount, however small, is one that the kernel refuses", () => {
    fc.assert(
      fc.property(fc.nat(10), fc.nat(10), (cpus, mem) => {
        const small = resources({ cpus: cpus / 1000, mem: mem / 1000 });
        const { cpu, memory } = amounts({ enforceCpuQuota: true }, { resources: small });
        assert.ok(cpu.shares >= 2);
        assert.ok((cpu.quota ?? 0) >= 1_000);
        assert.ok((memory.limit ?? 0) >= 4 * 1024 * 1024);
      }),
    );
  });

  it("root keeps a short list of capabilities, everybody else none", () => {
    assert.doesNotMatch(JSON.stringify(build({}).process.capabilities), /CAP_/);
    const text = JSON.stringify(build({ user: { uid: 0, gid: 0, additionalGids: [] } }).process.capabilities);
    assert.match(text, /CAP_NET_BIND_SERVICE/);
    assert.doesNotMatch(text, /SYS_|NET_ADMIN|NET_RAW|MKNOD|DAC_READ_SEARCH|PTRACE|AUDIT|SETFCAP/);
  });

  it("the command goes through the init, and the environment says where the sandbox is", () => {
    const { args, env, cwd } = build({}, { env: { A: "1", "B=": "2", MESOS_SANDBOX: "/x" } }).process;
    assert.deepEqual(args, ["/dev/init", "-g", "--", "/bin/sh", "-c", "true"]);
    assert.deepEqual(build({ init: undefined }).process.args, ["/bin/sh", "-c", "true"]);
    assert.ok(env.includes("A=1") && env.includes("MESOS_SANDBOX=/mnt/mesos/sandbox"));
    assert.ok(!env.some((entry) => entry.startsWith("B=") || entry.includes("/x")));
    assert.ok(!env.some((entry) => entry.startsWith("MESOS_DIRECTORY=")));
    assert.equal(cwd, "/mnt/mesos/sandbox");
    assert.equal(build({}, { workingDirectory: "sub" }).process.cwd, "/mnt/mesos/sandbox/sub");
  });

  it("an executor and a nested task are told their directories, whatever their environment says", () => {
    const env = { MESOS_DIRECTORY: "/x" };
    const executor = build({}, { env }).process.env;
    assert.ok(executor.includes("MESOS_DIRECTORY=/mnt/mesos/sandbox"), executor.join());
    const nested = build({ sharedSandbox: "/data/shared" }, { env });
    assert.ok(nested.process.env.includes("MESOS_SANDBOX=/mnt/mesos/sandbox"));
    assert.ok(nested.process.env.includes("MESOS_DIRECTORY=/mnt/mesos/executor"));
    assert.match(JSON.stringify(nested), /"destination":"\/mnt\/mesos\/executor","source":"\/data\/shared"/);
  });

  it("who is told an address is told the one of the container's own network, if it has one", () => {
    const network = { path: "/run/netns/c", hostname: "c", address: "10.88.0.7", files: [] };
    const addressOf = (change: Partial<ConfigInput>): string | undefined =>
      build(change, { env: { MESOS_CONTAINER_IP: "192.0.2.1" } }).process.env.find((each) =>
        each.startsWith("MESOS_CONTAINER_IP="),
      );
    assert.equal(addressOf({}), "MESOS_CONTAINER_IP=192.0.2.1");
    assert.equal(addressOf({ network }), "MESOS_CONTAINER_IP=10.88.0.7");
    assert.ok(!build({ network }).process.env.some((each) => each.startsWith("MESOS_CONTAINER_IP=")));
  });

  it("bounds on processes are numbers of 64 bits, whatever the largest number of ours is", () => {
    const rlimits = [{ type: "nofile", soft: 5, hard: "unlimited" }] as const;
    const text = JSON.stringify(buildConfig({ ...input, rlimits }));
    assert.match(text, /"rlimits":\[{"type":"RLIMIT_NOFILE","soft":5,"hard":18446744073709551615}\]/);
  });

  it("labels that hold it beside its walls are handed on", () => {
    const security = { process: { selinuxLabel: "p" }, linux: { mountLabel: "f" } };
    const labelled = build({ security }) as unknown as Record<string, Record<string, unknown>>;
    assert.equal(labelled.process?.selinuxLabel, "p");
    assert.equal(labelled.linux?.mountLabel, "f");
    assert.doesNotMatch(JSON.stringify(build({})), /selinuxLabel|mountLabel|apparmorProfile/);
  });

  it("users of its own come with translated ids, and the host's /sys, read-only and without what lies in it", () => {
    const own = build({ ids: { first: 100_000, count: 65_536 } }) as unknown as {
      readonly linux: {
        readonly namespaces: readonly { readonly type: string }[];
        readonly uidMappings: unknown;
        readonly maskedPaths: readonly string[];
      };
      readonly mounts: readonly { readonly destination: string; readonly options: readonly string[] }[];
    };
    assert.ok(own.linux.namespaces.some(({ type }) => type === "user"));
    assert.deepEqual(own.linux.uidMappings, [{ containerID: 0, hostID: 100_000, size: 65_536 }]);
    assert.ok(own.linux.maskedPaths.includes("/sys/fs/cgroup"));
    const sys = own.mounts.find(({ destination }) => destination === "/sys");
    assert.ok(sys?.options.includes("rro") && sys.options.includes("rbind"), JSON.stringify(sys));
    assert.doesNotMatch(JSON.stringify(build({})), /uidMappings|"user"}|rbind/);
  });

  it("the seccomp profile is there in one form or the other, never in none", () => {
    assert.ok(build({}).linux.seccomp);
    assert.equal(build({}).annotations, undefined);
    const compiled = build({ seccompProgram: "AAAA" });
    assert.equal(compiled.linux.seccomp, undefined);
    assert.deepEqual(compiled.annotations, { "run.oci.seccomp_bpf_data": "AAAA" });
  });

  it("a command that cannot be run is refused", () => {
    for (const argv of [[], [""], ["a\0b"]]) {
      assert.throws(() => build({}, { command: { kind: "argv", argv } }), /command is empty, or holds a NUL/);
    }
  });
});
