/** The image store: pulled once for many, kept while it is used, whole after whatever happens. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ImageSource } from "#shell/images/image-source.ts";
import type { PullProgress } from "#shell/images/image-store.ts";
import { type BuiltImage, buildImage } from "./images-build.ts";
import { FakeServer } from "./images-fake-server.ts";
import { TestRegistry, whyNoRegistry } from "./images-registry.ts";
import { fileLayer, never, read, request, StoreBench } from "./images-stores.ts";
import { until } from "./until.ts";

const why = whyNoRegistry() ?? (process.getuid?.() === 0 ? undefined : "only root can unpack images");
if (why === undefined) stores();
else it("the image store", { skip: why }, () => {});

function stores(): void {
  const bench = new StoreBench();

  describe("the image store", () => {
    let registry: TestRegistry;
    before(async () => {
      registry = await TestRegistry.start(join(bench.home, "open"), { tls: false, access: "open" });
    });
    after(() => registry.stop());

    it("many at once, and images with layers in common, fetch each layer once", async () => {
      const base = fileLayer("base", "x".repeat(100_000));
      const images = ["a", "b"].map((name) => buildImage({ layers: [base, fileLayer(name, name)] }));
      await registry.push("shared", "a", images[0] as BuiltImage);
      await registry.push("shared", "b", images[1] as BuiltImage);
      const progress: PullProgress[] = [];
      const store = await bench.open({}, { onProgress: (each) => progress.push(each) });
      const held = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          store.acquire(request(`${registry.host}/shared:${index % 2 === 0 ? "a" : "b"}`), never),
        ),
      );
      const bases = new Set(held.map((image) => image.layers.at(-1)?.directory));
      assert.equal(bases.size, 1);
      assert.equal(new Set(held.map(({ digest }) => digest)).size, 2);
      const digest = images[0]?.blobs[1]?.digest ?? "";
      assert.equal(registry.output.split(`"GET /v2/shared/blobs/${digest} `).length - 1, 1);
      for (const name of new Set(progress.map((each) => each.name))) {
        const last = progress.findLast((each) => each.name === name);
        assert.ok((last?.bytesDone ?? 0) > 0);
        assert.ok((last?.bytesDone ?? 0) <= (last?.bytesTotal ?? 0));
      }
    });

    it("a full disk fails the pull, and leaves room for the next", async () => {
      const directory = join(bench.home, "full");
      mkdirSync(directory);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", directory]);
      try {
        const store = await bench.open({}, { directory });
        const noise = randomBytes(1_000_000).toString("latin1");
        await registry.push("full", "download", buildImage({ layers: [fileLayer("noise", noise)] }));
        await registry.push(
          "full",
          "unpack",
          buildImage({ layers: [fileLayer("zeros", "0".repeat(5_000_000))] }),
        );
        await registry.push("full", "small", buildImage({ layers: [fileLayer("small", "small")] }));
        const acquire = (tag: string) => store.acquire(request(`${registry.host}/full:${tag}`), never);
        await assert.rejects(acquire("download"), /the agent's disk has \d+ left: free some/);
        await assert.rejects(acquire("unpack"), /the agent's disk (?:is full|has no more room)/);
        assert.equal(read(await acquire("small"), "small"), "small");
        await store.close();
      } finally {
        execFileSync("umount", ["-l", directory]);
      }
    });

    it("an image that is far larger unpacked ends before the disk is full", async () => {
      const directory = join(bench.home, "bomb");
      mkdirSync(directory);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", directory]);
      try {
        const store = await bench.open({}, { directory });
        const zeros = fileLayer("zeros", "0".repeat(100_000_000));
        await registry.push("bomb", "latest", buildImage({ layers: [zeros] }));
        const pull = store.acquire(request(`${registry.host}/bomb`), never);
        await assert.rejects(pull, /the agent's disk has no more room for images/);
        await store.close();
      } finally {
        execFileSync("umount", ["-l", directory]);
      }
    });

    it("given up by all who waited, a pull ends and leaves nothing", async () => {
      await registry.push("given-up", "latest", buildImage({ layers: [fileLayer("a", "a")] }));
      const controller = new AbortController();
      const store = await bench.open({}, { onProgress: () => controller.abort(new Error("killed")) });
      await assert.rejects(store.acquire(request(`${registry.host}/given-up`), controller.signal), /killed/);
      await store.close();
      const directory = bench.directory;
      assert.deepEqual(readdirSync(join(directory, "temporary")), []);
      assert.deepEqual(readdirSync(join(directory, "images")), []);
    });

    it("a process that is killed in the middle of a download, or of unpacking, leaves nothing half", async () => {
      const big = randomBytes(3_000_000).toString("latin1");
      const image = buildImage({ layers: [fileLayer("noise", big)], compression: "none" });
      await registry.push("whole", "latest", image);
      const layer = image.blobs[1];
      assert.ok(layer !== undefined);
      const half = await FakeServer.start((request, response) => {
        const { url = "" } = request;
        const blob = image.blobs.find(({ digest }) => url.endsWith(digest));
        if (blob === layer) response.write(layer.bytes.subarray(0, 1_000_000));
        else if (blob !== undefined) response.end(blob.bytes);
        else response.end(url === "/v2/" ? "" : image.manifest.bytes);
      });
      const directory = join(bench.home, "killed-process");
      for (const [host, isUnderWay] of [
        [half.host, (names: readonly string[]) => names.some((name) => name.endsWith(".blob"))],
        [registry.host, (names: readonly string[]) => names.some((name) => !/\.(?:blob|json)$/.test(name))],
      ] as const) {
        const child = spawn(
          process.execPath,
          [fileURLToPath(import.meta.resolve("./images-child.ts")), directory, `${host}/whole`],
          {
            stdio: "ignore",
          },
        );
        const exited = once(child, "exit");
        const temporary = join(directory, "temporary");
        const isOver = (): boolean => child.exitCode !== null;
        await until(
          "the pull to be under way",
          () => isOver() || (existsSync(temporary) && isUnderWay(readdirSync(temporary))),
        );
        child.kill("SIGKILL");
        await exited;
        const store = await bench.open({}, { directory });
        assert.deepEqual(readdirSync(temporary), []);
        // Unless it was faster than we were.
        if (store.count === 0) assert.deepEqual(readdirSync(join(directory, "layers-plain")), []);
        await store.close();
      }
      const store = await bench.open({}, { directory });
      assert.equal(
        read(await store.acquire(request(`${registry.host}/whole`), never), "noise").length > 0,
        true,
      );
    });

    it("a store that was killed in the middle of a pull begins anew, and keeps what was whole", async () => {
      await registry.push("kept", "latest", buildImage({ layers: [fileLayer("a", "kept")] }));
      const directory = join(bench.home, "killed");
      const open = () => bench.open({}, { directory });
      const first = await open();
      const { digest } = await first.acquire(request(`${registry.host}/kept`), never);
      await first.close();
      // What a pull has on the disk before it is done.
      mkdirSync(join(directory, "temporary/half/files"), { recursive: true });
      writeFileSync(join(directory, "temporary/half.blob"), "half");
      mkdirSync(join(directory, "layers-plain/0123/files"), { recursive: true });
      writeFileSync(join(directory, "images/broken.json"), '{"version":1,"dig');
      writeFileSync(join(directory, "names/broken.json"), "");
      const second = await open();
      assert.deepEqual(readdirSync(join(directory, "temporary")), []);
      assert.equal(readdirSync(join(directory, "layers-plain")).length, 1);
      assert.equal(readdirSync(join(directory, "images")).length, 1);
      assert.equal(readdirSync(join(directory, "names")).length, 1);
      assert.equal((await second.acquire(request(`${registry.host}/kept`), never)).digest, digest);
      await second.close();
      // A layer that is gone takes its image with it.
      execFileSync("rm", ["-rf", join(directory, "layers-plain")]);
      const third = await open();
      assert.equal(third.count, 0);
      assert.equal(read(await third.acquire(request(`${registry.host}/kept`), never), "a"), "kept");
    });

    it("one that is on its way is not taken away before whoever waits for it has it", async () => {
      const store = await bench.open();
      const config = { os: "linux", architecture: "", diffIds: [], env: [], entrypoint: [], cmd: [] };
      const none = { volumes: [], user: undefined, workingDirectory: undefined, stopSignal: undefined };
      const digest = `sha256:${"a".repeat(64)}`;
      const source: ImageSource = {
        describe: async () => ({ digest, config: { ...config, ...none }, layers: [] }),
        layer: () => assert.fail("it has none"),
        close: async () => void (await store.collect({ unusedMs: 0, isDiskFull: false, keep: [] })),
      };
      // The second is there when its pull looks.
      for (const name of ["new", "known"]) {
        const image = await store.acquireFrom(name, async () => source, never);
        assert.equal(image.digest, digest);
        image.release();
      }
      const all = { unusedMs: 0, isDiskFull: false, keep: [] };
      assert.deepEqual((await store.collect(all)).images, [digest]);
    });

    it("images that nothing uses are forgotten by age, by need of room, or all; never one in use", async () => {
      const base = fileLayer("base", "base");
      for (const name of ["a", "b", "c"])
        await registry.push("collected", name, buildImage({ layers: [base, fileLayer(name, name)] }));
      let used = new Set<string>();
      const store = await bench.open({}, { usedDirectories: () => used });
      const acquire = (name: string) => store.acquire(request(`${registry.host}/collected:${name}`), never);
      const [a, b, c] = [await acquire("a"), await acquire("b"), await acquire("c")];
      const all = { unusedMs: 0, isDiskFull: false, keep: [] };
      assert.deepEqual((await store.collect(all)).images, []);
      a.release();
      // A container stands on it by now.
      b.release();
      used = new Set([b.layers[0]?.directory ?? ""]);
      assert.deepEqual((await store.collect({ ...all, unusedMs: 3_600_000 })).images, []);
      assert.deepEqual((await store.collect({ ...all, keep: [`${registry.host}/collected:a`] })).images, []);
      const full = { unusedMs: 3_600_000, isDiskFull: true, keep: [] };
      assert.deepEqual((await store.collect(full)).images, [a.digest]);
      assert.equal(existsSync(a.layers[0]?.directory ?? ""), false);
      assert.equal(existsSync(a.layers[1]?.directory ?? ""), true, "the layer is another's too");
      c.release();
      used = new Set();
      assert.deepEqual((await store.collect(all)).images.toSorted(), [b.digest, c.digest].toSorted());
      assert.equal(store.count, 0);
      assert.deepEqual(readdirSync(join(bench.directory, "layers-plain")), []);
    });
  });
}
