/** Images from Debian's `docker-registry`: TLS, passwords, tokens, tags, digests, machines; and the image store. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ImageStoreOptions } from "#shell/images/image-store.ts";
import { hostArchitecture } from "#shell/images/platform.ts";
import { type BuiltImage, buildImage, buildIndex } from "./images-build.ts";
import { registryPassword, registryUser, TestRegistry, whyNoRegistry } from "./images-registry.ts";
import { fileLayer, never, read, request, StoreBench } from "./images-stores.ts";

const why = whyNoRegistry() ?? (process.getuid?.() === 0 ? undefined : "only root can unpack images");
if (why === undefined) registries();
else it("images from registries", { skip: why }, () => {});

function registries(): void {
  const bench = new StoreBench();

  const credentials = (host: string, password: string = registryPassword): string =>
    JSON.stringify({
      auths: { [host]: { auth: Buffer.from(`${registryUser}:${password}`).toString("base64") } },
    });

  describe("an open registry on loopback, without TLS", () => {
    let registry: TestRegistry;
    before(async () => {
      registry = await TestRegistry.start(join(bench.home, "open"), { tls: false, access: "open" });
    });
    after(() => registry.stop());

    for (const kind of ["docker", "oci"] as const) {
      for (const compression of ["none", "gzip", "zstd"] as const) {
        it(`${kind}, layers with compression ${compression}: its files and its configuration`, async () => {
          const name = `formats/${kind}-${compression}`;
          const image = buildImage({
            kind,
            compression,
            layers: [fileLayer("one", "1\n"), fileLayer("two", "2\n")],
            config: { Env: ["A=b"], Cmd: ["run"], User: "worker" },
          });
          await registry.push(name, "v1", image);
          const store = await bench.open();
          const held = await store.acquire(request(`${registry.host}/${name}:v1`), never);
          assert.equal(held.digest, image.manifest.digest);
          assert.equal(read(held, "one"), "1\n");
          assert.equal(read(held, "two"), "2\n");
          assert.deepEqual(held.config.env, [["A", "b"]]);
          assert.deepEqual(held.config.cmd, ["run"]);
          assert.equal(held.config.user, "worker");
        });
      }
    }

    it("by digest, whatever its tags mean now", async () => {
      const first = buildImage({ layers: [fileLayer("file", "first")] });
      await registry.push("by-digest", "latest", first);
      await registry.push("by-digest", "latest", buildImage({ layers: [fileLayer("file", "second")] }));
      const store = await bench.open();
      const reference = `${registry.host}/by-digest@${first.manifest.digest}`;
      assert.equal(read(await store.acquire(request(reference), never), "file"), "first");
      const newest = await store.acquire(request(`${registry.host}/by-digest`), never);
      assert.equal(read(newest, "file"), "second");
    });

    for (const kind of ["docker", "oci"] as const) {
      it(`${kind} index: the image for this machine`, async () => {
        const own = hostArchitecture();
        const other = own === "amd64" ? "arm64" : "amd64";
        const images = [other, own].map((architecture) =>
          buildImage({ kind, architecture, layers: [fileLayer("architecture", architecture)] }),
        );
        for (const image of images)
          await registry.push(`index-${kind}`, image.manifest.digest.slice(7), image);
        const index = buildIndex(
          images.map((image, at) => ({
            image,
            platform: { os: "linux", architecture: at === 0 ? other : own },
          })),
          kind,
        );
        await registry.pushManifest(`index-${kind}`, "many", index);
        const store = await bench.open();
        const held = await store.acquire(request(`${registry.host}/index-${kind}:many`), never);
        assert.equal(read(held, "architecture"), own);
        const lonely = buildIndex(
          [{ image: images[0] as BuiltImage, platform: { os: "linux", architecture: other } }],
          kind,
        );
        await registry.pushManifest(`index-${kind}`, "lonely", lonely);
        await assert.rejects(
          store.acquire(request(`${registry.host}/index-${kind}:lonely`), never),
          new RegExp(`no image for linux/${own}, only for linux/${other}`),
        );
      });
    }

    it("a tag is asked for again only when the task wants it so", async () => {
      const push = (content: string) =>
        registry.push("moving", "latest", buildImage({ layers: [fileLayer("file", content)] }));
      const store = await bench.open();
      const acquire = (forcePull: boolean) =>
        store.acquire(request(`${registry.host}/moving`, { forcePull }), never);
      await push("old");
      assert.equal(read(await acquire(false), "file"), "old");
      await push("new");
      assert.equal(read(await acquire(false), "file"), "old");
      assert.equal(read(await acquire(true), "file"), "new");
      assert.equal(read(await acquire(false), "file"), "new");
    });

    it("what is not there, and what is no name, is refused in words that say what to do", async () => {
      const store = await bench.open();
      const cases: readonly (readonly [string, RegExp])[] = [
        [
          `${registry.host}/nothing:here`,
          /image .*nothing:here cannot be had: registry .* has no image nothing with here .*look for a mistake/,
        ],
        [`${registry.host}/Upper`, /small letters/],
        ["http://x/y", /not an address/],
        [`${registry.host}/x@sha256:12`, /64 hexadecimal/],
        ["127.0.0.1:1/x", /127\.0\.0\.1:1 cannot be reached.*ECONNREFUSED/],
      ];
      for (const [reference, message] of cases)
        await assert.rejects(store.acquire(request(reference), never), { message });
    });

    it("an image for another machine, or with other layers than it says, is refused", async () => {
      const store = await bench.open();
      await registry.push("wrong", "machine", buildImage({ architecture: "s390x", layers: [] }));
      await assert.rejects(
        store.acquire(request(`${registry.host}/wrong:machine`), never),
        /is for linux\/s390x/,
      );
      const image = buildImage({ layers: [fileLayer("a", "a")] });
      const other = buildImage({ layers: [fileLayer("b", "b")] });
      const manifest = JSON.parse(image.manifest.bytes.toString()) as { config: unknown };
      const config = other.blobs[0];
      assert.ok(config !== undefined);
      manifest.config = { mediaType: config.mediaType, digest: config.digest, size: config.bytes.length };
      await registry.push("wrong", "other", other);
      await registry.push("wrong", "own", image);
      const bytes = Buffer.from(JSON.stringify(manifest));
      await registry.pushManifest("wrong", "layers", { ...image.manifest, bytes });
      await assert.rejects(
        store.acquire(request(`${registry.host}/wrong:layers`), never),
        /the unpacked layer should be sha256:/,
      );
      assert.equal(store.count, 0);
    });
  });

  describe("a registry with TLS of an authority of its own, and a password", () => {
    let registry: TestRegistry;
    let certificates: string;
    before(async () => {
      const directory = join(bench.home, "secure");
      registry = await TestRegistry.start(directory, { tls: true, access: "password" });
      await registry.push("private/app", "v1", buildImage({ layers: [fileLayer("secret", "yes")] }));
      certificates = join(bench.home, "certs.d");
      mkdirSync(join(certificates, registry.host), { recursive: true });
      copyFileSync(join(directory, "ca.crt"), join(certificates, registry.host, "ca.crt"));
    });
    after(() => registry.stop());

    let lastConfig = 0;
    const withConfig = (text: string): string => {
      lastConfig += 1;
      const file = join(bench.home, `docker-config-${lastConfig}.json`);
      writeFileSync(file, text);
      return file;
    };

    it("with the operator's credentials", async () => {
      const dockerConfigFile = withConfig(credentials(registry.host));
      const store = await bench.open({ certificateDirectories: [certificates], dockerConfigFile });
      const held = await store.acquire(request(`${registry.host}/private/app:v1`), never);
      assert.equal(read(held, "secret"), "yes");
    });

    it("with the task's own, which go before the operator's", async () => {
      const dockerConfigFile = withConfig(credentials(registry.host, "wrong"));
      const store = await bench.open({ certificateDirectories: [certificates], dockerConfigFile });
      const pullConfig = credentials(registry.host);
      const held = await store.acquire(request(`${registry.host}/private/app:v1`, { pullConfig }), never);
      assert.equal(read(held, "secret"), "yes");
    });

    it("without, with wrong or unreadable credentials, or without the authority: refused with a remedy", async () => {
      const reference = `${registry.host}/private/app:v1`;
      const cases: readonly (readonly [Partial<ImageStoreOptions["registries"]>, RegExp])[] = [
        [{ certificateDirectories: [certificates] }, /asks who we are.*--docker-config/],
        [
          {
            certificateDirectories: [certificates],
            dockerConfigFile: withConfig(credentials(registry.host, "wrong")),
          },
          /does not accept the credentials/,
        ],
        [{ dockerConfigFile: join(bench.home, "absent.json") }, /absent\.json cannot be read/],
        [{}, /certificate of 127\.0\.0\.1:\d+ is not believed.*certs\.d/],
      ];
      for (const [policy, message] of cases) {
        const store = await bench.open(policy);
        await assert.rejects(store.acquire(request(reference), never), { message });
      }
    });
  });

  it("a registry behind a token service", async () => {
    const registry = await TestRegistry.start(join(bench.home, "token"), { tls: false, access: "token" });
    try {
      await registry.push("private/app", "v1", buildImage({ layers: [fileLayer("secret", "token")] }));
      const store = await bench.open();
      const reference = `${registry.host}/private/app:v1`;
      const pullConfig = credentials(registry.host);
      const held = await store.acquire(request(reference, { pullConfig }), never);
      assert.equal(read(held, "secret"), "token");
      assert.ok(registry.tokensAsked > 0);
      await assert.rejects(
        store.acquire(
          request(reference, { forcePull: true, pullConfig: credentials(registry.host, "x") }),
          never,
        ),
        /does not accept the credentials/,
      );
    } finally {
      await registry.stop();
    }
  });
}
