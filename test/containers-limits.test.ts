/** Limits of OCI containers, held by the kernel or by the agent, and what is told of their use. */

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ContainerUsage } from "#model/container-usage.ts";
import { executorId, taskId } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { ownHardLimits } from "#shell/containers/rlimits.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") it(`limits of ${runtime}`, { skip: host.why }, () => {});
  else limitsHold(runtime, host);
}

function limitsHold(runtime: string, host: OciHost): void {
  describe(`limits of ${runtime}`, () => {
    let bench: Bench;
    before(async () => {
      bench = new Bench(host, await temporaryDirectory());
    });
    after(() => bench.dispose());

    it("a memory hog is killed alone, and the figures are told", async () => {
      const neighbour = contractSpec(shell("sleep 1000"));
      await bench.launched(neighbour);
      const hog = contractSpec(shell("head -c 200000000 /dev/zero | tail -c 190000000 >/dev/null"), {
        resources: resources({ cpus: 0.5, mem: 48 }),
      });
      const { exited } = await bench.run(hog);
      assert.deepEqual(exited.exit, { kind: "signal", signal: 9 });
      assert.equal(exited.outOfMemory?.limitBytes, 48 * 1024 * 1024);
      const peak = exited.outOfMemory?.peakBytes ?? 0;
      assert.ok(peak > 40 * 1024 * 1024 && peak <= 48 * 1024 * 1024, `peak ${peak}`);
      assert.equal(
        bench.outcomes.filter(
          (outcome) => outcome.type === "exited" && outcome.containerId === neighbour.containerId,
        ).length,
        0,
      );
      await bench.removed(neighbour);
    });

    it("a cpu quota is held, and only where one is asked for", async () => {
      const spin = "i=0; while :; do i=$((i+1)); done";
      const hog = contractSpec(shell(spin), { limits: { cpus: milli(0.2) } });
      await bench.launched(hog);
      const statFile = cpuStat(host, bench, hog.containerId);
      const throttled = (): number =>
        Number(/^nr_throttled (\d+)$/m.exec(readFileSync(statFile, "utf8"))?.[1] ?? 0);
      await until("the kernel to throttle it", () => throttled() > 2);
      await bench.removed(hog);
      const free = contractSpec(shell("grep -h . /proc/self/cgroup"));
      await bench.launched(free);
      assert.match(readFileSync(cpuStat(host, bench, free.containerId), "utf8"), /^nr_periods 0$/m);
      await bench.removed(free);
    });

    it("what a running container may use is changed: more memory, more and less cpu", async () => {
      const spec = contractSpec(shell("sleep 1000"), { resources: resources({ cpus: 0.1, mem: 64 }) });
      await bench.launched(spec);
      const limitsOf = (): string =>
        ["cpu", "memory"].flatMap((controller) => limitFiles(host, bench, spec, controller)).join(" ");
      const update = (cpus: number, mem: number, limits: ContainerSpec["limits"]): void =>
        bench.containers.perform({
          type: "update",
          containerId: spec.containerId,
          resources: resources({ cpus, mem }),
          limits,
        });
      const before = limitsOf();
      update(2, 256, { cpus: milli(1.5) });
      const expected = host.cgroup.mode === "v2" ? "79 150000 100000 268435456" : "2048 150000 268435456";
      await until(`new limits instead of ${before}`, () => limitsOf() === expected);
      update(0.5, 32, {});
      const lower = host.cgroup.mode === "v2" ? "20 max 100000 268435456" : "512 -1 268435456";
      await until("less cpu, and no memory taken", () => limitsOf() === lower);
      await bench.removed(spec);
    });

    it("no device may be used but the harmless ones", { skip: host.cgroup.mode === "v2" }, async () => {
      const spec = contractSpec(shell("sleep 1000"));
      await bench.launched(spec);
      const mount = host.cgroup.controllers.devices ?? "";
      const list = readFileSync(join(mount, bench.cgroupParent(), spec.containerId, "devices.list"), "utf8");
      const usable = list.split("\n").filter((line) => / \w*[rw]\w*$/.test(line));
      // null, zero, full, random and urandom, the terminals, and with runc the network's tunnel.
      for (const line of usable) assert.match(line, /^c (1:[35789]|5:[012]|136:\*|10:200) /);
      assert.ok(usable.length >= 8, list);
      await bench.removed(spec);
    });

    it("what a container uses is told: cpu, memory, processes, disk and what it may use", async () => {
      const own = new Bench(host, await temporaryDirectory(), { diskWatchMs: 20 });
      try {
        const text =
          "head -c 3000000 /dev/zero >file; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 1000 & sleep 1000";
        const amounts = { cpus: 0.5, mem: 64, disk: 100 };
        const spec = contractSpec(shell(text), {
          resources: resources(amounts),
          limits: { cpus: milli(1) },
        });
        await own.launched(spec);
        const usage = (): ContainerUsage | undefined => {
          let found: ContainerUsage | undefined;
          own.containers.read((usages) => {
            found = usages.get(spec.containerId);
          });
          return found;
        };
        const { diskBytes } = await until("its disk and its processes", () => {
          const seen = usage();
          return seen?.diskBytes !== undefined && seen.diskBytes > 2_900_000 && (seen.processes ?? 0) >= 3
            ? seen
            : undefined;
        });
        assert.ok((diskBytes ?? 0) < 3_300_000, `${diskBytes}`);
        const now = usage();
        assert.equal(now?.diskLimitBytes, 100 * 1024 * 1024);
        assert.equal(now?.memoryLimitBytes, 64 * 1024 * 1024);
        assert.ok((now?.cpuUserSeconds ?? 0) + (now?.cpuSystemSeconds ?? 0) > 0.01, JSON.stringify(now));
        assert.ok((now?.cpuPeriods ?? 0) > 0, JSON.stringify(now));
        assert.ok((now?.memoryBytes ?? 0) > (now?.memoryRssBytes ?? 0) && (now?.memoryRssBytes ?? 0) > 0);
        assert.ok((now?.threads ?? 0) >= 3);
        await own.removed(spec);
        assert.equal(usage(), undefined);
      } finally {
        await own.dispose();
      }
    });

    it("a sandbox that grows beyond its disk ends its task, with the figures; others are left alone", async () => {
      const own = new Bench(host, await temporaryDirectory(), { diskWatchMs: 20 });
      try {
        const disk = (amount: number) => ({ resources: resources({ cpus: 0.1, mem: 64, disk: amount }) });
        const text = "head -c 5000000 /dev/zero >file; sleep 1000";
        const [unlimited, within] = [contractSpec(shell(text), disk(0)), contractSpec(shell(text), disk(20))];
        for (const spec of [unlimited, within]) await own.launched(spec);
        const { exited } = await own.run(contractSpec(shell(text), disk(2)));
        assert.deepEqual(exited.exit, { kind: "signal", signal: 9 });
        assert.equal(exited.limitation?.reason, "container-limitation-disk");
        assert.match(
          exited.limitation?.message ?? "",
          /^Disk usage \([2-5](\.\d)?MB\) exceeds quota \(2MB\)$/,
        );
        assert.equal(exited.outOfMemory, undefined);
        // What an update takes away is held to as well.
        own.containers.perform({ type: "update", containerId: within.containerId, limits: {}, ...disk(3) });
        const late = await own.outcome(within, ["exited"]);
        assert.match((late.type === "exited" && late.limitation?.message) || "", /exceeds quota \(3MB\)$/);
        const ended = own.outcomes.filter(({ type }) => type === "exited");
        assert.ok(
          !ended.some((outcome) => "containerId" in outcome && outcome.containerId === unlimited.containerId),
        );
      } finally {
        await own.dispose();
      }
    });

    it("what it writes over its image is its disk, too", async () => {
      const directory = await temporaryDirectory();
      makeRoot(join(directory, "tree"));
      const own = new Bench(host, await temporaryDirectory(), {
        diskWatchMs: 20,
        allowRoot: true,
        allowedImageDirectories: [directory],
      });
      try {
        const spec = contractSpec(
          shell("i=0; while [ $i -lt 300 ]; do cat /bin/sh >>/file; i=$((i+1)); done; while :; do :; done"),
          {
            root: { kind: "file", path: join(directory, "tree") },
            user: "root",
            resources: resources({ cpus: 0.1, mem: 64, disk: 4 }),
          },
        );
        const { exited } = await own.run(spec);
        assert.match(exited.limitation?.message ?? "", /^Disk usage \(\S+MB\) exceeds quota \(4MB\)$/);
      } finally {
        await own.dispose();
        await rm(directory, { recursive: true });
      }
    });

    it("what a group's tasks share is charged to all of them together", async () => {
      const own = new Bench(host, await temporaryDirectory(), { diskWatchMs: 20 });
      try {
        const nested = (name: string, text: string, disk: number): ContainerSpec =>
          contractSpec(shell(text), {
            ...{ executorId: executorId("group"), nestedTaskId: taskId(name) },
            resources: resources({ cpus: 0.1, mem: 64, disk }),
          });
        // More than its own, and less than both may have.
        const write = 'head -c 6000000 /dev/zero >"$MESOS_DIRECTORY/shared-file"; sleep 1000';
        const [idle, writer] = [nested("idle", "sleep 1000", 4), nested("writer", write, 4)];
        for (const spec of [idle, writer]) await own.launched(spec);
        const file = join(own.sandboxFile(writer, "."), "../..", "shared-file");
        await until("its file", () => statSync(file, { throwIfNoEntry: false })?.size === 6_000_000);
        const neighbour = contractSpec(shell("head -c 5000000 /dev/zero >file; sleep 1000"), {
          resources: resources({ cpus: 0.1, mem: 64, disk: 1 }),
        });
        // Once a look after that has found the neighbour, it has passed the group.
        await own.run(neighbour);
        const exits = (): number => own.outcomes.filter(({ type }) => type === "exited").length;
        assert.equal(exits(), 1);
        own.containers.perform({
          ...{ type: "update", containerId: idle.containerId, limits: {} },
          resources: resources({ cpus: 0.1, mem: 64, disk: 1 }),
        });
        const ended = await until("the end of one of them", () =>
          own.outcomes.filter(({ type }) => type === "exited").at(1),
        );
        assert.ok(ended.type === "exited");
        assert.match(ended.limitation?.message ?? "", /^Disk usage \((5\.\d|6)MB\) exceeds quota \(5MB\)$/);
      } finally {
        await own.dispose();
      }
    });

    it("a port that it was not given is reported, and ends it where that is asked for", async () => {
      const listen = `const { createServer } = require("node:net");
        createServer().listen(0, "127.0.0.1"); setInterval(() => {}, 1000);`;
      const command = { kind: "argv", argv: [process.execPath, "-e", listen] } as const;
      const reports: string[] = [];
      const report = (sentence: string): unknown => reports.push(sentence);
      for (const enforcePorts of [false, true]) {
        const visiblePaths = [process.execPath];
        const options = { portsWatchMs: 20, enforcePorts, report, visiblePaths };
        const own = new Bench(host, await temporaryDirectory(), options);
        try {
          // None that the kernel gives away.
          const ports = [[1, 1_023]] as const;
          const spec = contractSpec(command, { resources: resources({ cpus: 0.5, mem: 512, ports }) });
          await own.launched(spec);
          const sentence = `Container ${spec.containerId} is listening on unallocated port(s): [`;
          if (enforcePorts) {
            const exited = await own.outcome(spec, ["exited"]);
            assert.ok(exited.type === "exited" && exited.limitation?.message.startsWith(sentence));
          } else await until("the report", () => reports.some((each) => each.startsWith(sentence)));
        } finally {
          await own.dispose();
        }
      }
    });

    it("bounds on its processes are those that it asks for, within the agent's own", async () => {
      const own = ownHardLimits().get("nofile");
      const rlimits = [
        { type: "nofile", soft: 64, hard: 128 },
        { type: "core", soft: "unlimited", hard: "unlimited" },
        { type: "fsize", soft: 1_000_000, hard: 2_000_000 },
      ] as const;
      const text = "grep -E '^Max (open files|core|file size)' /proc/self/limits";
      const { stdout } = await bench.run(contractSpec(shell(text), { rlimits }));
      assert.match(stdout, /^Max file size +1000000 +2000000 /m);
      assert.match(stdout, /^Max core file size +unlimited +unlimited /m);
      assert.match(stdout, /^Max open files +64 +128 /m);
      const usual = await bench.run(contractSpec(shell("ulimit -Sn; ulimit -Hn")));
      assert.equal(usual.stdout, `1024\n${own}\n`);
      const nofile = { type: "nofile", soft: 1, hard: "unlimited" } as const;
      if (own === "unlimited") return;
      const refusal = await bench.refused(contractSpec(shell("true"), { rlimits: [nofile] }));
      assert.match(refusal.message, /the limit nofile of unlimited is more than this agent may give/);
    });

    it("processes are counted and limited", async () => {
      const small = new Bench(host, await temporaryDirectory(), { pidsMax: 16 });
      try {
        const script =
          "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 5 & done; echo all";
        const { stdout, stderr } = await small.run(contractSpec(shell(script)));
        assert.doesNotMatch(stdout, /all/);
        assert.match(stderr, /fork|Resource temporarily unavailable/i);
      } finally {
        await small.dispose();
      }
    });
  });
}

function limitFiles(host: OciHost, bench: Bench, spec: ContainerSpec, controller: string): readonly string[] {
  const mount = host.cgroup.controllers[controller as "cpu" | "memory"] ?? "";
  const names = {
    v1: { cpu: ["cpu.shares", "cpu.cfs_quota_us"], memory: ["memory.limit_in_bytes"] },
    v2: { cpu: ["cpu.weight", "cpu.max"], memory: ["memory.max"] },
  }[host.cgroup.mode === "v2" ? "v2" : "v1"][controller as "cpu" | "memory"];
  const directory = join(mount, bench.cgroupParent(), spec.containerId);
  return names.map((name) => readFileSync(join(directory, name), "utf8").trim());
}

function cpuStat(host: OciHost, bench: Bench, id: string): string {
  const mount =
    host.cgroup.mounts.find((path) => /\/(cpu|cpu,cpuacct)$/.test(path)) ?? host.cgroup.mounts[0] ?? "";
  return join(mount, bench.cgroupParent(), id, "cpu.stat");
}
