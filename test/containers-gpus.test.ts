/**
 * GPUs of containers, with a driver's tree made of harmless devices: a GPU is another null, zero, full or random.
 *
 * Whoever has one can open it and its driver's, and nobody else's.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { resources } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { assignGpus } from "#shell/containers/gpus/assign.ts";
import { detectGpus, noGpus } from "#shell/containers/gpus/nvidia.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { gpuUuids, makeGpuDriver } from "./support/gpu-driver.ts";
import { temporaryDirectory as ownDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const isRoot = process.getuid?.() === 0;
const root = ownDirectory("unum-gpus-");
if (isRoot) makeGpuDriver(root);

describe("GPUs of a host", { skip: !isRoot && "not root" }, () => {
  it("are those of the driver that can be opened, or of these the ones that are wanted", () => {
    const found = detectGpus(root, undefined);
    assert.deepEqual(
      found.gpus.map(({ minor, uuid, model, node }) => [minor, uuid, model, node]),
      gpuUuids.map((uuid, index) => [
        index,
        uuid,
        "Tesla T4",
        { path: `/dev/nvidia${index}`, major: 1, minor: 7 + index },
      ]),
    );
    assert.deepEqual(found.controls, [{ path: "/dev/nvidiactl", major: 1, minor: 9 }]);
    assert.equal(found.libraries, join(root, "usr/local/nvidia"));
    assert.deepEqual(
      detectGpus(root, [1, 5]).gpus.map(({ minor }) => minor),
      [1],
    );
    assert.deepEqual(detectGpus(root, []), noGpus);
    assert.deepEqual(detectGpus(join(root, "nothing"), undefined), noGpus);
  });

  it("are given as a whole, and never twice", () => {
    const { gpus } = detectGpus(root, undefined);
    assert.deepEqual(assignGpus(gpus, new Set([0]), resources({ gpus: 1 })), [1]);
    assert.deepEqual(assignGpus(gpus, new Set(), resources({ gpus: 2 })), [0, 1]);
    assert.deepEqual(assignGpus(gpus, new Set(), resources({})), []);
    assert.throws(
      () => assignGpus(gpus, new Set([0]), resources({ gpus: 2 })),
      /asks for 2 GPUs, and of this agent's 2 only 1 are free/,
    );
    assert.throws(
      () => assignGpus(gpus, new Set(), resources({ gpus: 0.5 })),
      /cannot be shared: it asks for 0.5/,
    );
  });
});

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") it(`GPUs of ${runtime}`, { skip: host.why }, () => {});
  else gpusHold(runtime, host);
}

function gpusHold(runtime: string, host: OciHost): void {
  describe(`GPUs of containers of ${runtime}`, () => {
    let bench: Bench;
    let images: string;
    const gpus = detectGpus(root, undefined);
    before(async () => {
      images = await temporaryDirectory();
      makeRoot(join(images, "tree"));
      bench = new Bench(host, await temporaryDirectory(), { gpus, allowedImageDirectories: [images] });
    });
    after(async () => {
      await bench.dispose();
      await rm(images, { recursive: true });
    });
    const asking = (text: string, count: number, change: Partial<ContainerSpec> = {}): ContainerSpec =>
      contractSpec(shell(text), { resources: resources({ cpus: 0.1, mem: 64, gpus: count }), ...change });
    const look = 'ls /dev | grep nvidia; echo "$NVIDIA_VISIBLE_DEVICES $CUDA_VISIBLE_DEVICES"';

    it("it has those that it was given and the driver's, and who asks for none has none", async () => {
      const { stdout } = await bench.run(
        asking(`${look}; head -c 3 /dev/nvidia0 | wc -c; ls -l /dev/nvidiactl | cut -c 1-10`, 1),
      );
      assert.equal(stdout, `nvidia0\nnvidiactl\n${gpuUuids[0]} ${gpuUuids[0]}\n3\ncrw-rw-rw-\n`);
      const none = await bench.run(asking(look, 0));
      assert.equal(none.stdout, " \n");
    });

    it("two tasks have different ones, a third is refused, and what ends frees its own", async () => {
      const [first, second] = [asking(`${look}; exec sleep 1000`, 1), asking(`${look}; exec sleep 1000`, 1)];
      for (const spec of [first, second]) await bench.launched(spec);
      const seen = async (spec: ContainerSpec): Promise<string> =>
        await until("its devices", () => {
          const text = execFileSync("cat", [bench.sandboxFile(spec, "stdout")], { encoding: "utf8" });
          return text.includes("GPU-") ? text : undefined;
        });
      assert.match(await seen(first), /^nvidia0\nnvidiactl\nGPU-1/);
      assert.match(await seen(second), /^nvidia1\nnvidiactl\nGPU-2/);
      const { message } = await bench.refused(asking("true", 1));
      assert.match(message, /asks for 1 GPUs, and of this agent's 2 only 0 are free/);
      await bench.removed(first);
      const third = asking(`${look}; exec sleep 1000`, 1);
      await bench.launched(third);
      assert.match(await seen(third), /^nvidia0\n/);
      for (const spec of [second, third]) await bench.removed(spec);
    });

    it("the group of devices lets it use its own alone", {
      skip: host.cgroup.mode === "v2" && "a program holds them",
    }, async () => {
      const own = new Bench(host, await temporaryDirectory(), { gpus: loud(gpus) });
      try {
        const spec = asking("sleep 1000", 1);
        await own.launched(spec);
        const list = execFileSync(
          "cat",
          [join(host.cgroup.controllers.devices ?? "", own.cgroupParent(), spec.containerId, "devices.list")],
          { encoding: "utf8" },
        );
        assert.match(list, /^c 240:0 rw$/m);
        assert.match(list, /^c 240:255 rw$/m);
        assert.doesNotMatch(list, /240:1 /);
        await own.removed(spec);
      } finally {
        await own.dispose();
      }
    });

    it("an image finds the driver's own files where it looks for them, and its task may say what it sees", async () => {
      const file = { kind: "file", path: join(images, "tree") } as const;
      const text = "cat /usr/local/nvidia/lib64/libcuda.so; echo x >/usr/local/nvidia/x || echo kept";
      const { stdout } = await bench.run(
        asking(`${text}; echo $CUDA_VISIBLE_DEVICES`, 1, { root: file, env: { CUDA_VISIBLE_DEVICES: "0" } }),
      );
      assert.equal(stdout, "the driver's\nkept\n0\n");
      const none = await bench.run(asking("ls /usr/local", 0, { root: file }));
      assert.equal(none.stdout, "");
    });

    it("an agent that starts anew knows who has which", async () => {
      const directory = await temporaryDirectory();
      const first = new Bench(host, directory, { gpus });
      const spec = asking("sleep 1000", 1);
      await first.launched(spec);
      await first.containers.close();
      const second = createContainers({ host, directory, agentName: "bench", pollMs: 200, gpus });
      const heard: string[] = [];
      second.onOutcome((outcome) => heard.push(JSON.stringify(outcome)));
      second.perform({ type: "recover", known: [spec.containerId] });
      await until("it to be found", () => heard.some((text) => text.includes('"recovered"')));
      const both = asking("true", 2);
      second.perform({ type: "launch", spec: both });
      await until("the refusal", () =>
        heard.some((text) => text.includes("of this agent's 2 only 1 are free")),
      );
      await second.destroyAll();
      await first.dispose();
    });
  });
}

/** With numbers of devices that no container may use by itself. */
const loud = (gpus: ReturnType<typeof detectGpus>): ReturnType<typeof detectGpus> => ({
  ...gpus,
  gpus: gpus.gpus.map((gpu) => ({ ...gpu, node: { ...gpu.node, major: 240, minor: gpu.minor } })),
  controls: gpus.controls.map((node) => ({ ...node, major: 240, minor: 255 })),
});
