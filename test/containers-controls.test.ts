/** What tasks ask of the kernel's controllers, held in real containers: cpus, swap, soft limits and block devices. */

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Controls } from "#model/controls.ts";
import { resources } from "#model/resources.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { CgroupController, OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, shell, temporaryDirectory } from "./containers-real.ts";

const MEBIBYTE = 1024 * 1024;

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") it(`controllers of ${runtime}`, { skip: host.why }, () => {});
  else controlsHold(runtime, host);
}

function controlsHold(runtime: string, host: OciHost): void {
  const isV2 = host.cgroup.mode === "v2";
  const lacks = (...names: CgroupController[]): string | false =>
    names.some((name) => host.cgroup.controllers[name] !== undefined)
      ? false
      : `no controller ${names.join(", ")}`;

  describe(`controllers of ${runtime}`, () => {
    let bench: Bench;
    before(async () => {
      bench = new Bench(host, await temporaryDirectory());
    });
    after(() => bench.dispose());

    const fileOf = (id: string, controller: CgroupController, name: string): string =>
      readFileSync(
        join(host.cgroup.controllers[controller] ?? "", bench.cgroupParent(), id, name),
        "utf8",
      ).trim();

    it("it runs on the cpus that it asks for, and on no other", { skip: lacks("cpuset") }, async () => {
      const text = "grep -E '^(Cpus|Mems)_allowed_list' /proc/self/status; nproc";
      const one = await bench.run(contractSpec(shell(text), { controls: { cpuSet: "0", memoryNodes: "0" } }));
      assert.equal(one.stdout, "Cpus_allowed_list:\t0\nMems_allowed_list:\t0\n1\n", one.stderr);
      // A neighbour that asks for nothing has all of them.
      const all = await bench.run(contractSpec(shell("grep Cpus_allowed_list /proc/self/status")));
      assert.equal(
        all.stdout,
        /^Cpus_allowed_list.*\n/m.exec(readFileSync("/proc/self/status", "utf8"))?.[0],
      );
      const { message } = await bench.refused(
        contractSpec(shell("true"), { controls: { cpuSet: "0-4095" } }),
      );
      assert.match(message, /it asks for the cpus 0-4095; this agent has /);
    });

    it("memory: swap only where it is asked for, and a soft limit of its own", {
      skip: !host.cgroup.swapLimit && "swap is not counted",
    }, async () => {
      const amounts = { resources: resources({ cpus: 0.1, mem: 64 }) };
      const limitsOf = async (controls: Controls | undefined): Promise<string> => {
        const spec = contractSpec(shell("sleep 1000"), { ...amounts, controls });
        await bench.launched(spec);
        const names = isV2
          ? (["memory.max", "memory.swap.max", "memory.low"] as const)
          : ([
              "memory.limit_in_bytes",
              "memory.memsw.limit_in_bytes",
              "memory.soft_limit_in_bytes",
              "memory.swappiness",
            ] as const);
        const found = names.map((name) => fileOf(spec.containerId, "memory", name));
        await bench.removed(spec);
        return found.join(" ");
      };
      const mebibytes = (...list: number[]): string => list.map((each) => each * MEBIBYTE).join(" ");
      const usual = readFileSync("/proc/sys/vm/swappiness", "utf8").trim();
      assert.equal(await limitsOf(undefined), isV2 ? mebibytes(64, 0, 64) : `${mebibytes(64, 64, 64)} 0`);
      const some = await limitsOf({ swapBytes: 16 * MEBIBYTE, memorySoftBytes: 32 * MEBIBYTE });
      assert.equal(some, isV2 ? mebibytes(64, 16, 32) : `${mebibytes(64, 80, 32)} ${usual}`);
      const all = await limitsOf({ swapBytes: "unlimited" });
      assert.match(all, isV2 ? /^67108864 max / : /^67108864 9223372036854771712 /);
    });

    it("its block devices are as slow as it asks for", { skip: lacks("blkio", "io") }, async () => {
      const device = deviceOf(bench.directory);
      if (device === undefined) return;
      const controls: Controls = {
        blockIo: {
          writeBytesPerSecond: [{ device, perSecond: MEBIBYTE }],
          readsPerSecond: [{ device, perSecond: 5_000 }],
        },
      };
      const text = "dd if=/dev/zero of=file bs=1M count=3 oflag=direct && echo written";
      const spec = contractSpec(shell(`sleep 1000`), { controls });
      await bench.launched(spec);
      const { rdev } = statSync(device);
      const number = `${(rdev >> 8) & 0xfff}:${rdev & 0xff}`;
      if (isV2)
        assert.match(
          fileOf(spec.containerId, "io", "io.max"),
          new RegExp(`^${number} .*wbps=1048576 riops=5000`),
        );
      else {
        assert.equal(
          fileOf(spec.containerId, "blkio", "blkio.throttle.write_bps_device"),
          `${number} 1048576`,
        );
        assert.equal(fileOf(spec.containerId, "blkio", "blkio.throttle.read_iops_device"), `${number} 5000`);
      }
      await bench.removed(spec);
      const started = Date.now();
      const { stdout, stderr } = await bench.run(contractSpec(shell(text), { controls }));
      assert.match(stdout, /written/, stderr);
      // However fast the machine: the third mebibyte has to wait for the first two.
      assert.ok(Date.now() - started >= 1_500, `${Date.now() - started} ms`);
    });

    it("the agent's own bounds are for those that ask for none", { skip: lacks("blkio", "io") }, async () => {
      const own = new Bench(host, await temporaryDirectory(), { blockIo: { weight: 200 } });
      try {
        const weight = async (controls: Controls | undefined): Promise<string> => {
          const spec = contractSpec(shell("sleep 1000"), { controls });
          own.containers.perform({ type: "launch", spec });
          const outcome = await own.outcome(spec, ["launched", "launch-failed"]);
          if (outcome.type === "launch-failed") return outcome.message;
          const names = isV2 ? ["io.bfq.weight", "io.weight"] : ["blkio.bfq.weight", "blkio.weight"];
          const mount = host.cgroup.controllers[isV2 ? "io" : "blkio"] ?? "";
          const files = names.map((name) => join(mount, own.cgroupParent(), spec.containerId, name));
          const file = files.find((each) => statSync(each, { throwIfNoEntry: false }) !== undefined);
          const text = file === undefined ? "" : readFileSync(file, "utf8").trim();
          await own.removed(spec);
          return text.replace("default ", "");
        };
        const [first, second] = [await weight(undefined), await weight({ blockIo: { weight: 10 } })];
        const refusal = /nothing in this agent's kernel goes by weights/;
        if (refusal.test(first)) return assert.match(second, refusal);
        assert.notEqual(first, second);
        if (!isV2) assert.deepEqual([first, second], ["200", "10"]);
      } finally {
        await own.dispose();
      }
    });
  });
}

/** The block device that holds the directory, if it is one. */
function deviceOf(directory: string): string | undefined {
  const { dev } = statSync(directory);
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  try {
    const [, name] = /^DEVNAME=(\S+)$/m.exec(readFileSync(`/sys/dev/block/${number}/uevent`, "utf8")) ?? [];
    return name === undefined ? undefined : `/dev/${name}`;
  } catch {
    return undefined;
  }
}
