import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { temporaryDirectory } from "../../../../test/temporary.ts";
import { cgroupMounts, detectCgroups } from "./cgroup-host.ts";

const home = temporaryDirectory("unum-cgroup-host-");

/** As systemd of the release mounts them: which hierarchies, where, and whether swap is counted. */
const layouts = {
  // Also RHEL 7; kernel 3.10, where the list of mounts names the controllers in this order.
  "CentOS 7": {
    v1: [
      "cpuacct,cpu",
      "memory",
      "pids",
      "blkio",
      "cpuset",
      "devices",
      "freezer",
      "net_prio,net_cls",
      "perf_event",
    ],
    swap: true,
  },
  "Red Hat 8": {
    v1: [
      "cpu,cpuacct",
      "memory",
      "pids",
      "blkio",
      "cpuset",
      "devices",
      "freezer",
      "net_cls,net_prio",
      "rdma",
    ],
    swap: true,
  },
  // Hybrid, and without swapaccount=1.
  "Ubuntu 20.04": {
    v1: [
      "cpu,cpuacct",
      "memory",
      "pids",
      "blkio",
      "cpuset",
      "devices",
      "freezer",
      "net_cls,net_prio",
      "rdma",
    ],
    v2: { at: "/sys/fs/cgroup/unified", controllers: "" },
    swap: false,
  },
  "Ubuntu 22.04": {
    v2: { at: "/sys/fs/cgroup", controllers: "cpuset cpu io memory hugetlb pids rdma misc" },
  },
  "Red Hat 9": { v2: { at: "/sys/fs/cgroup", controllers: "cpuset cpu io memory hugetlb pids rdma misc" } },
  "Fedora CoreOS": {
    v2: { at: "/sys/fs/cgroup", controllers: "cpuset cpu io memory hugetlb pids rdma misc dmem" },
  },
  // Of a container of another's, or of a user's session, to which not all was handed on.
  "a part of a host": { v2: { at: "/sys/fs/cgroup", controllers: "memory pids" } },
} as const;

type Layout = {
  readonly v1?: readonly string[];
  readonly v2?: { readonly at: string; readonly controllers: string };
  readonly swap?: boolean;
};

function lay(name: string, { v1 = [], v2, swap }: Layout): string {
  const root = join(home, name);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const lines = v1.map((names, at) => {
    const path = `/sys/fs/cgroup/${names}`;
    return `${30 + at} 25 0:${26 + at} / ${path} rw,nosuid,nodev,noexec,relatime shared:${9 + at} - cgroup cgroup rw,seclabel,${names}`;
  });
  if (v2 !== undefined) {
    lines.push(
      `60 25 0:50 / ${v2.at} rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate`,
    );
    write(join(v2.at, "cgroup.controllers"), `${v2.controllers}\n`);
  }
  if (swap === true) write("sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "0\n");
  write("proc/self/mountinfo", `${lines.join("\n")}\n`);
  return root;
}

describe("control groups of other systems", () => {
  const cpuOf = { "CentOS 7": "/sys/fs/cgroup/cpuacct,cpu" } as Readonly<Record<string, string>>;
  for (const [name, layout] of Object.entries(layouts) as [string, Layout][])
    it(name, async () => {
      const found = await detectCgroups(lay(name, layout));
      if (name === "a part of a host") return assert.equal(found, undefined);
      assert.ok(found !== undefined);
      const { mode, controllers, swapLimit, processes } = found.host;
      if (layout.v1 === undefined) {
        assert.equal(mode, "v2");
        assert.equal(controllers.cpu, "/sys/fs/cgroup");
        assert.equal(processes, "/sys/fs/cgroup");
        assert.equal(found.unifiedBeside, undefined);
        return;
      }
      assert.equal(mode, layout.v2 === undefined ? "v1" : "hybrid");
      assert.equal(controllers.cpu, cpuOf[name] ?? "/sys/fs/cgroup/cpu,cpuacct");
      assert.equal(controllers.memory, "/sys/fs/cgroup/memory");
      assert.equal(processes, "/sys/fs/cgroup/pids");
      assert.equal(swapLimit, layout.swap);
      assert.equal(found.unifiedBeside, layout.v2?.at);
    });
});

describe("control group mounts", () => {
  it("are read from the kernel's list, each once, with their controllers", () => {
    const mounts = cgroupMounts(
      [
        "25 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
        "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
        "31 25 0:27 / /sys/fs/cgroup/systemd rw - cgroup systemd rw,xattr,name=systemd",
        "32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate",
        "33 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate",
        "",
      ].join("\n"),
    );
    assert.deepEqual(mounts, [
      { path: "/sys/fs/cgroup/cpu,cpuacct", type: "cgroup", controllers: ["rw", "cpu", "cpuacct"] },
      { path: "/sys/fs/cgroup/systemd", type: "cgroup", controllers: ["rw", "xattr", "name=systemd"] },
      { path: "/sys/fs/cgroup/unified", type: "cgroup2", controllers: ["rw", "nsdelegate"] },
    ]);
  });
});
