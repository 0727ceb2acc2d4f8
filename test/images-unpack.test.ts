/** Layers unpacked: every form of archive, every attribute, what is taken away, and archives that mean harm. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { ByteSource } from "#shell/images/tar/byte-source.ts";
import { readTar } from "#shell/images/tar/read-tar.ts";
import { digestOf, type LayerEntry, layerOf } from "./images-build.ts";
import { form, isRoot, listing, newDirectory, unpack } from "./images-unpacked.ts";

/** Extended attributes, by the name of the file, as tar tells them. */
async function xattrsIn(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const bytes = execFileSync("tar", ["--xattrs", "--xattrs-include=*", "-C", directory, "-cf", "-", "."]);
  const found = new Map<string, readonly string[]>();
  for await (const { entry } of readTar(new ByteSource(Readable.from([bytes])))) {
    const texts = [...entry.xattrs].map(([name, value]) => `${name}=${value.toString("latin1")}`);
    if (texts.length > 0) found.set(entry.name, texts);
  }
  return found;
}

const hostileSegment = fc.constantFrom(
  "..",
  ".",
  "",
  "a",
  "b",
  "door",
  "inside",
  ".wh.a",
  ".wh..wh..opq",
  "victim",
);
const hostilePath = fc
  .tuple(fc.boolean(), fc.array(hostileSegment, { minLength: 1, maxLength: 4 }))
  .map(([isAbsolute, segments]) => `${isAbsolute ? "/" : ""}${segments.join("/")}`);
/** Into the cage around the directory, by all the ways there are. */
const hostileTarget = fc.tuple(fc.constantFrom("", "..", "../..", "@"), hostilePath).map(
  ([start, path]) =>
    (cage: string) =>
      `${start.replace("@", cage)}/${path}`.replace(/^\/(?!tmp)/, ""),
);
const hostileArbitrary: fc.Arbitrary<(cage: string) => LayerEntry> = fc
  .record({
    name: hostilePath,
    type: fc.constantFrom("file", "directory", "symlink", "hardlink", "fifo", "character-device"),
    target: hostileTarget,
  })
  .map(({ name, type, target }) => (cage) => ({ name: name || "x", type, target: target(cage) }));

function unpacking(): void {
  describe("archives as tools write them", () => {
    const script = `
      mkdir -p a/b; echo hi >a/b/file; ln a/b/file a/hard; chmod 4751 a/b/file
      ln -s /absolute/target absolute; ln -s ../outside relative; ln -s nowhere dangling; ln dangling dangling-hard
      truncate -s 10M sparse; echo middle | dd of=sparse bs=1 seek=5000000 conv=notrunc 2>/dev/null
      truncate -s 200M holes; for n in $(seq 1 40); do echo $n | dd of=holes bs=1 seek=$((n * 4000000)) conv=notrunc 2>/dev/null; done
      mkfifo pipe; long=$(printf 'l%.0s' $(seq 1 150)); echo long >$long; ln -s $long$long long-link; ln $long hard-long
      mkdir -p deep/$long/$long; echo deep >deep/$long/$long/$long
      echo bytes >"$(printf 'n\\303\\244\\377 \\n')"; chown 70000:3000000 a; chmod 1777 a; : >empty; chmod 0 empty
      mkdir sealed; echo in >sealed/in; chmod 500 sealed; touch -d @1234567890 sealed a a/b/file
    `;
    const source = newDirectory();
    execFileSync("sh", ["-c", script], { cwd: source });
    const formats = ["gnu", "pax", "pax --sparse-version=0.0", "pax --sparse-version=0.1"];
    for (const format of formats) {
      it(`${format}: names, links, owners, modes, times, holes`, async () => {
        const bytes = execFileSync("sh", ["-c", `tar --sparse --format=${format} -cf - .`], {
          cwd: source,
          maxBuffer: 1 << 28,
        });
        const { directory } = await unpack(bytes);
        assert.equal(listing(directory), listing(source));
        for (const name of ["sparse", "holes"]) {
          execFileSync("cmp", [join(source, name), join(directory, name)]);
          assert.ok(statSync(join(directory, name)).blocks * 512 < 2_000_000, `${name} has its holes`);
        }
        for (const name of ["sealed", "a", "a/b/file"])
          assert.equal(statSync(join(directory, name)).mtimeMs, 1_234_567_890_000);
      });
    }

    it("v7 and ustar, and without an end marker", async () => {
      const small = newDirectory();
      execFileSync("sh", ["-c", "mkdir d; echo x >d/x; ln -s x d/l"], { cwd: small });
      for (const format of ["v7", "ustar"]) {
        const bytes = execFileSync("tar", [`--format=${format}`, "-cf", "-", "."], { cwd: small });
        const { directory } = await unpack(bytes);
        assert.equal(listing(directory), listing(small));
        const marker = bytes.findLastIndex((byte) => byte !== 0);
        const cut = bytes.subarray(0, Math.ceil(marker / 512) * 512);
        assert.equal(listing((await unpack(cut)).directory), listing(small));
      }
    });

    it("gzip and zstd, found by their first bytes", async () => {
      const layer = layerOf([{ name: "file", content: "content" }]);
      for (const compressed of [gzipSync(layer), zstdCompressSync(layer)]) {
        const { directory } = await unpack(compressed, { diffId: digestOf(layer) });
        assert.equal(readFileSync(join(directory, "file"), "utf8"), "content");
      }
    });

    it("attributes that a container may need are kept, the host's are not", async () => {
      const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
      const xattrs = new Map([
        ["user.note", Buffer.from("a=b\n\0c")],
        ["security.capability", capability],
        ["trusted.overlay.redirect", Buffer.from("/etc")],
        ["trusted.overlay.opaque", Buffer.from("y")],
        ["user.overlay.opaque", Buffer.from("y")],
        ["security.selinux", Buffer.from("evil")],
      ]);
      const { directory } = await unpack(
        layerOf([
          { name: "file", xattrs },
          { name: "d/", xattrs },
        ]),
      );
      const found = await xattrsIn(directory);
      const kept = [`security.capability=${capability.toString("latin1")}`, "user.note=a=b\n\0c"];
      assert.deepEqual(found.get("./file")?.toSorted(), kept);
    });
  });

  describe("archives that mean harm", () => {
    const outside = newDirectory();
    writeFileSync(join(outside, "victim"), "untouched");
    const up = "../".repeat(12);
    const link = (name: string, target: string): LayerEntry => ({ name, type: "symlink", target });
    const hard = (name: string, target: string): LayerEntry => ({ name, type: "hardlink", target });

    const refused: readonly (readonly [string, readonly LayerEntry[], RegExp])[] = [
      ["a name that climbs", [{ name: "../evil" }], /lies outside of its image/],
      ["a name that climbs later", [{ name: "a/../../evil" }], /lies outside/],
      ["a hard link that climbs", [hard("a", `${up}${outside}/victim`)], /lies outside/],
      ["a hard link to the host's files", [hard("a", `${outside}/victim`)], /tar: /],
      ["a hard link through a link", [link("d", outside), hard("a", "d/victim")], /tar: /],
      ["a hard link to a directory", [{ name: "d/" }, hard("a", "d")], /cannot be linked to/],
      ["a circle of links", [link("a", "b"), link("b", "a"), { name: "a/x" }], /circle of links/],
      ["a link in the root's place", [link(".", "/etc")], /root's place/],
      ["a whiteout of nothing", [{ name: "d/.wh." }], /whiteout of nothing/],
      ["a whiteout of what is above", [{ name: "d/.wh..." }], /whiteout of nothing/],
      [
        "a file larger than any may be",
        [
          {
            name: "huge",
            sparse: [
              ["GNU.sparse.size", Buffer.from(String(limits.imageLayerUnpackedBytesMax + 1))],
              ["GNU.sparse.numblocks", Buffer.from("0")],
              ["GNU.sparse.map", Buffer.from("0,0")],
            ],
          },
        ],
        /bytes unpacked/,
      ],
    ];
    for (const [title, entries, message] of refused) {
      it(`${title}: refused`, async () => {
        await assert.rejects(unpack(layerOf(entries)), { message });
        assert.equal(readFileSync(join(outside, "victim"), "utf8"), "untouched");
      });
    }

    it("links that lead out are links of the image: what is put behind them stays inside", async () => {
      const entries = [
        link("door", outside),
        { name: "door/through", content: "1" },
        link("far", `${up}tmp`),
        { name: "far/through", content: "2" },
        link("first", "second"),
        link("second", "/third"),
        { name: "first/through", content: "3" },
        { name: "/absolute", content: "4" },
        { name: "./a//b/./c", content: "5" },
      ];
      const { directory } = await unpack(layerOf(entries));
      assert.deepEqual(readdirSync(outside), ["victim"]);
      const read = (path: string): string => readFileSync(join(directory, path), "utf8");
      assert.equal(read(`${outside}/through`), "1");
      assert.equal(read("tmp/through"), "2");
      assert.equal(read("third/through"), "3");
      assert.equal(read("absolute"), "4");
      assert.equal(read("a/b/c"), "5");
      assert.equal(lstatSync(join(directory, "door")).isSymbolicLink(), true);
    });

    it("a device is left out, a whiteout made of one too", async () => {
      const device = (major: number, minor: number) =>
        ({ type: "character-device", device: { major, minor } }) as const;
      const { directory, whiteouts } = await unpack(
        layerOf([
          { name: "mem", ...device(1, 1) },
          { name: "hidden", ...device(0, 0) },
          { name: "disk", type: "block-device", device: { major: 8, minor: 0 } },
        ]),
        { form },
      );
      assert.deepEqual(readdirSync(directory), []);
      assert.equal(whiteouts.size, 0);
    });

    it("damage is noticed: a wrong digest, a wrong sum, an early end, nonsense", async () => {
      const layer = layerOf([{ name: "file", content: "x".repeat(2_000) }]);
      await assert.rejects(unpack(layer, { diffId: digestOf(Buffer.from("other")) }), /should be sha256:/);
      const flipped = Buffer.from(layer);
      flipped[0] = 0x41;
      await assert.rejects(unpack(flipped), /check sum is wrong/);
      await assert.rejects(unpack(layer.subarray(0, 1_500)), /ends in the middle/);
      await assert.rejects(unpack(layer.subarray(0, 100)), /ends in the middle/);
      await assert.rejects(
        unpack(Buffer.from("nonsense".repeat(200))),
        /check sum is wrong|a number that is none/,
      );
      await assert.rejects(unpack(gzipSync(layer).subarray(0, 60)), /cannot be decompressed/);
    });

    it("whatever an archive says, nothing outside of its directory changes (property)", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(hostileArbitrary, { maxLength: 12 }), async (recipe) => {
          const cage = newDirectory();
          const inside = join(cage, "inside");
          mkdirSync(inside);
          writeFileSync(join(cage, "victim"), "untouched");
          const before = listing(outside);
          await unpack(layerOf(recipe.map((make) => make(cage))), { directory: inside, form }).catch(
            () => undefined,
          );
          assert.deepEqual(readdirSync(cage).toSorted(), ["inside", "victim"]);
          assert.equal(readFileSync(join(cage, "victim"), "utf8"), "untouched");
          assert.equal(statSync(join(cage, "victim")).nlink, 1);
          assert.equal(listing(outside), before);
          rmSync(cage, { recursive: true });
        }),
        { numRuns: 60, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false },
      );
    });
  });
}

if (isRoot) unpacking();
else it("layers unpacked", { skip: "only root keeps owners and devices" }, () => {});
