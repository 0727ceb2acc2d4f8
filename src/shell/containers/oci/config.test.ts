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
  swapLimit: true,
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
  readonly memory: { readonly limit?: number; readonly swap?: number };
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
    assert.deepEqual(amounts({}).memory, { reservation, limit: reservation, swap: reservation });
    assert.deepEqual(amounts({ swapLimit: false }).memory, { reservation, limit: reservation });
    assert.deepEqual(amounts({}, { limits: { mem: milli(256) } }).memory, {
      reservation,
      limit: 256 * mebibytes,
      swap: 256 * mebibytes,
    });
    assert.deepEqual(amounts({}, { limits: { mem: "unlimited" } }).memory, { reservation });
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

  it("bounds on processes are numbers of 64 bits, whatever the largest number of ours is", () => {
    const rlimits = [{ type: "nofile", soft: 5, hard: "unlimited" }] as const;
    const text = JSON.stringify(buildConfig({ ...input, rlimits }));
    assert.match(text, /"rlimits":\[{"type":"RLIMIT_NOFILE","soft":5,"hard":18446744073709551615}\]/);
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
