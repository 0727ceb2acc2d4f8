import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../../test/temporary.ts";
import { cgroupUsage } from "./cgroup-usage.ts";

const root = temporaryDirectory("unum-usage-");

function group(mount: string, files: Readonly<Record<string, string>>): string {
  const directory = join(root, mount, "unum/c");
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return join(root, mount);
}

test("v1: each controller has files of its own", () => {
  const controllers = {
    cpu: group("cpu", { "cpu.stat": "nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\n" }),
    cpuacct: group("cpuacct", {
      "cpuacct.usage_user": "2500000000\n",
      "cpuacct.usage_sys": "500000000\n",
      "cpuacct.stat": "user 1\nsystem 1\n",
    }),
    memory: group("memory", {
      "memory.usage_in_bytes": "9000\n",
      "memory.memsw.usage_in_bytes": "9500\n",
      "memory.limit_in_bytes": "9223372036854771712\n",
      "memory.stat":
        "cache 1\nrss 2\ntotal_cache 4000\ntotal_rss 5000\ntotal_mapped_file 300\ntotal_swap 500\ntotal_unevictable 7\n",
    }),
    pids: group("pids", { "cgroup.procs": "12\n13\n", "pids.current": "5\n" }),
    blkio: group("blkio", {
      "blkio.throttle.io_service_bytes": "8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\nTotal 12288\n",
      "blkio.throttle.io_serviced": "8:0 Read 1\n8:0 Write 2\n254:0 Read 3\nTotal 6\n",
    }),
  };
  const devices = [
    { device: "8:0", readBytes: 4_096, writtenBytes: 8_192, reads: 1, writes: 2 },
    { device: "254:0", readBytes: 0, writtenBytes: 0, reads: 3, writes: 0 },
  ];
  assert.deepEqual(cgroupUsage({ mode: "hybrid", controllers }, "/unum/c"), {
    processes: 2,
    threads: 5,
    cpuUserSeconds: 2.5,
    cpuSystemSeconds: 0.5,
    cpuPeriods: 10,
    cpuPeriodsThrottled: 4,
    cpuThrottledSeconds: 1.5,
    memoryBytes: 9_000,
    memoryAndSwapBytes: 9_500,
    memoryRssBytes: 5_000,
    memoryCacheBytes: 4_000,
    memoryMappedBytes: 300,
    memorySwapBytes: 500,
    memoryUnevictableBytes: 7,
    devices,
  });
});

test("v2: all in one place", () => {
  const unified = group("unified", {
    "cpu.stat":
      "usage_usec 3000000\nuser_usec 2500000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 1500000\n",
    "memory.current": "9000\n",
    "memory.swap.current": "500\n",
    "memory.max": "max\n",
    "memory.stat": "anon 5000\nfile 4000\nkernel 60\nfile_mapped 300\nunevictable 7\n",
    "cgroup.procs": "12\n",
    "pids.current": "1\n",
    "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n",
    "io.pressure":
      "some avg10=1.00 avg60=0.00 avg300=0.00 total=500000\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=250000\n",
    "io.stat": "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:16 \n",
  });
  const controllers = { cpu: unified, memory: unified, pids: unified };
  assert.deepEqual(cgroupUsage({ mode: "v2", controllers }, "/unum/c"), {
    processes: 1,
    threads: 1,
    cpuUserSeconds: 2.5,
    cpuSystemSeconds: 0.5,
    cpuPeriods: 10,
    cpuPeriodsThrottled: 4,
    cpuThrottledSeconds: 1.5,
    memoryBytes: 9_000,
    memoryAndSwapBytes: 9_500,
    memoryRssBytes: 5_000,
    memoryCacheBytes: 4_000,
    memoryMappedBytes: 300,
    memorySwapBytes: 500,
    memoryUnevictableBytes: 7,
    memoryKernelBytes: 60,
    devices: [{ device: "8:0", readBytes: 4_096, writtenBytes: 8_192, reads: 1, writes: 2 }],
    pressure: {
      cpu: { someSeconds: 2.5, fullSeconds: 0 },
      io: { someSeconds: 0.5, fullSeconds: 0.25 },
    },
  });
});

test("a group that is gone has no figures", () => {
  assert.deepEqual(cgroupUsage({ mode: "v1", controllers: { cpu: join(root, "cpu") } }, "/unum/gone"), {});
});
