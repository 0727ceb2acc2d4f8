/**
 * What holds tasks, from an app to its container: GPUs that an agent found, users of their own, and what Docker's
 * parameters ask of the kernel's controllers.
 */

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { tryUserNamespaces } from "#shell/containers/oci/user-namespace-probe.ts";
import { TestCluster } from "./support/cluster.ts";
import { gpuUuids, makeGpuDriver } from "./support/gpu-driver.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-limits-");
chmodSync(home, 0o711);
const host = await detectHost();
const users = host.kind === "oci" ? await tryUserNamespaces(home) : undefined;
const skip = host.kind === "plain" ? host.why : users?.works === false && users.why;

describe("what holds the tasks of apps", { skip }, () => {
  const cluster = new TestCluster(home);
  const driver = temporaryDirectory("unum-driver-");
  before(async () => {
    makeGpuDriver(driver);
    await cluster.start("--nvidia-root", driver, "--user-namespaces");
  });
  after(async () => void (await cluster.end("SIGTERM")));

  const outputOf = async (id: string, isWhole: (text: string) => boolean): Promise<string> =>
    until(`the output of ${id}`, async () => {
      const [task] = (await cluster.app(id)).tasks;
      const text = task === undefined ? "" : await cluster.read(task);
      return isWhole(text) ? text : undefined;
    });

  it("GPUs are offered by one agent of the machine, and given to whoever asks for them", async () => {
    const answer = await cluster.send("GET", "/mesos/slaves");
    const { slaves } = answer.json as {
      readonly slaves: readonly { readonly resources: { readonly gpus: number } }[];
    };
    assert.deepEqual(slaves.map(({ resources }) => resources.gpus).toSorted(), [0, 2]);
    const cmd = "echo $NVIDIA_VISIBLE_DEVICES; cat /proc/self/uid_map; sleep 1000";
    await cluster.deploy("POST", "/v2/apps", { id: "/learn", cmd, cpus: 0.05, mem: 32, gpus: 2 });
    const text = await outputOf("/learn", (each) => each.includes("65536"));
    assert.match(text, new RegExp(`^${gpuUuids.join(",")}\n\\s+0\\s+\\d{9,10}\\s+65536\n$`));
    await cluster.deploy("DELETE", "/v2/apps/learn");
  });

  it("an agent's statistics have figures of its containers", async () => {
    await cluster.deploy("POST", "/v2/apps", { id: "/idle", cmd: "sleep 1000", cpus: 0.05, mem: 32 });
    const [task] = (await cluster.app("/idle")).tasks;
    const answer = await cluster.send("GET", `/agent/${task?.slaveId}/monitor/statistics`);
    assert.equal(answer.status, 200, answer.text);
    const [entry] = answer.json as readonly { readonly statistics: Readonly<Record<string, number>> }[];
    assert.equal(entry?.statistics.mem_limit_bytes, 32 * 1024 * 1024);
    assert.ok((entry?.statistics.mem_total_bytes ?? 0) > 0);
    if (host.kind === "oci" && host.cgroup.mode === "v2")
      assert.ok((entry?.statistics.pressure_cpu_some_secs ?? -1) >= 0);
    await cluster.deploy("DELETE", "/v2/apps/idle");
  });
});
