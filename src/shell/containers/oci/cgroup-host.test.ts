import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cgroupMounts } from "./cgroup-host.ts";

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
