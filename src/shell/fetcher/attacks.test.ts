/** Archives that would write where they must not, together or alone; each must fail and leave nothing outside. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import type { Artifact } from "#model/artifact.ts";
import { FilesServer } from "../../../test/files-server.ts";
import { tarOf } from "../../../test/support/tar.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import type { TarEntry } from "../images/tar/entry.ts";
import { tarEnd, tarHeader, tarPadding } from "../images/tar/write-tar.ts";
import { Fetcher } from "./fetcher.ts";
import { usualFetchPolicy } from "./policy.ts";

const home = temporaryDirectory("unum-fetch-attacks-");
const outside = join(home, "outside");
let server: FilesServer;
let fetcher: Fetcher;
let count = 0;

before(async () => {
  mkdirSync(outside, { mode: 0o777 });
  execFileSync("chmod", ["777", outside]);
  server = await FilesServer.start();
  fetcher = new Fetcher({
    ...usualFetchPolicy,
    directory: join(home, "fetched"),
    certificateDirectories: [],
  });
  await fetcher.open();
});
after(() => server.stop());

/** Gives the sandbox; each archive is an artifact, in order. */
async function fetchAll(
  archives: readonly { readonly name: string; readonly bytes: Buffer }[],
): Promise<string> {
  count += 1;
  const sandbox = join(home, `sandbox-${count}`);
  mkdirSync(sandbox);
  for (const name of ["stdout", "stderr"]) writeFileSync(join(sandbox, name), "");
  const artifacts = archives.map(({ name, bytes }, index): Artifact => {
    const path = `/${count}/${index}/${name}`;
    server.file(path, bytes);
    // Cached ones do not leave the archive itself in the sandbox.
    return { uri: server.url(path), extract: true, executable: false, cache: true };
  });
  // As whom root's sandboxes would be filled: the filter alone must hold.
  await fetcher.fetch({ name: `c${count}`, artifacts, sandbox, owner: { uid: 0, gid: 0 } });
  return sandbox;
}

const tar = (...entries: Parameters<typeof tarOf>[0]) => ({ name: "a.tar", bytes: tarOf(entries) });

const raw = (...entries: readonly (Partial<TarEntry> & { readonly content?: string })[]) => ({
  name: "a.tar",
  bytes: Buffer.concat([
    ...entries.flatMap(({ content = "", ...given }) => {
      const entry: TarEntry = {
        ...{ type: "file", name: "x", target: "", mode: 0o644, uid: 0, gid: 0, modifiedSeconds: 0 },
        ...{ sizeBytes: content.length, device: { major: 1, minor: 3 }, xattrs: new Map(), sparse: [] },
        ...given,
      };
      return [tarHeader(entry), Buffer.from(content), tarPadding(content.length)];
    }),
    tarEnd(),
  ]),
});

type Zipped = {
  readonly name: string;
  readonly content: string;
  readonly mode?: number;
  readonly sizeBytes?: number;
  readonly crc?: number;
};

function zip(...files: readonly Zipped[]) {
  const parts: Buffer[] = [];
  const index: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o100644, sizeBytes, crc } of files) {
    const packed = deflateRawSync(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(name.length, 26);
    const row = Buffer.alloc(46);
    row.writeUInt32LE(0x02014b50, 0);
    row[5] = 3;
    row.writeUInt16LE(8, 10);
    row.writeUInt32LE(crc ?? crc32(content), 16);
    row.writeUInt32LE(packed.length, 20);
    row.writeUInt32LE(sizeBytes ?? content.length, 24);
    row.writeUInt16LE(name.length, 28);
    row.writeUInt32LE((mode << 16) >>> 0, 38);
    row.writeUInt32LE(offset, 42);
    parts.push(local, Buffer.from(name), packed);
    index.push(row, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(index).length, 12);
  end.writeUInt32LE(offset, 16);
  return { name: "a.zip", bytes: Buffer.concat([...parts, ...index, end]) };
}

const link = (name: string, linkTo: string) => ({ name, linkTo });
const file = (name: string) => ({ name, content: "attack" });

const attacks: readonly (readonly [
  what: string,
  archives: Parameters<typeof fetchAll>[0],
  message: RegExp,
])[] = [
  ["a name that climbs out", [tar(file("../outside/x"))], /lies outside of the sandbox/],
  ["a name that climbs out in the middle", [tar(file("a/../../outside/x"))], /lies outside of the sandbox/],
  ["behind a link out", [tar(link("a", outside), file("a/x"))], /leads out of the sandbox/],
  ["behind a relative link out", [tar(link("a", "../outside"), file("a/x"))], /leads out of the sandbox/],
  [
    "behind links that lead out together",
    [tar(link("b", ".."), link("a", "b/outside"), file("a/x"))],
    /leads out/,
  ],
  [
    "behind a link of an earlier artifact",
    [tar(link("a", outside)), tar(file("a/x"))],
    /leads out of the sandbox/,
  ],
  [
    "behind a link of a zip archive",
    [zip({ name: "a", content: outside, mode: 0o120777 }), tar(file("a/x"))],
    /leads out/,
  ],
  ["a circle of links", [tar(link("a", "b"), link("b", "a"), file("a/x"))], /circle of links/],
  ["a hard link out", [raw({ type: "hardlink", name: "h", target: "../outside/there" })], /lies outside/],
  [
    "a hard link to a link",
    [
      raw(
        { type: "symlink", name: "a", target: "/etc/passwd" },
        { type: "hardlink", name: "h", target: "a" },
      ),
    ],
    /cannot be linked to/,
  ],
  ["a device", [raw({ type: "character-device", name: "null" })], /is a character-device/],
  ["a fifo", [raw({ type: "fifo", name: "pipe" })], /is a fifo/],
  ["in the place of the output", [tar(file("stdout"))], /"stdout" is in the sandbox already/],
  [
    "a link in the place of the output",
    [tar(link("stderr", join(outside, "x")))],
    /"stderr" is in the sandbox already/,
  ],
  [
    "a zip name that climbs out",
    [zip({ name: "../outside/x", content: "attack" })],
    /lies outside of the sandbox/,
  ],
  [
    "a zip file larger than it says",
    [zip({ name: "bomb", content: "x".repeat(5_000), sizeBytes: 10 })],
    /damaged/,
  ],
  ["a zip file with another check sum", [zip({ name: "x", content: "x", crc: 1 })], /damaged/],
  [
    "half a zip archive",
    [{ name: "a.zip", bytes: zip({ name: "x", content: "x" }).bytes.subarray(0, 40) }],
    /no zip archive/,
  ],
  [
    "half a tar archive",
    [{ name: "a.tar", bytes: tarOf([file("x")]).subarray(0, 600) }],
    /ends in the middle/,
  ],
];

for (const [what, archives, message] of attacks)
  it(`is refused: ${what}`, async () => {
    await assert.rejects(fetchAll(archives), message);
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(readdirSync(join(home, `sandbox-${count}`)).toSorted(), ["stderr", "stdout"]);
  });

it("absolute names are the sandbox's own, and links inside are followed", async () => {
  const sandbox = await fetchAll([
    tar(file(`${outside}/x`), file("real/y"), link("a", "./real/../real"), file("a/x")),
  ]);
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(readFileSync(join(sandbox, outside, "x"), "utf8"), "attack");
  assert.equal(readFileSync(join(sandbox, "real/x"), "utf8"), "attack");
});

it("set-id bits, owners and links that lead nowhere bad by themselves", async () => {
  const sandbox = await fetchAll([
    raw(
      { name: "run", mode: 0o6755, uid: 4242, content: "x" },
      { type: "symlink", name: "a", target: "/etc/hostname" },
    ),
  ]);
  const run = lstatSync(join(sandbox, "run"));
  assert.deepEqual([run.mode & 0o7777, run.uid], [0o755, process.getuid?.()]);
  assert.ok(lstatSync(join(sandbox, "a")).isSymbolicLink());
  assert.ok(!existsSync(join(sandbox, "passwd")));
});

it("a zip archive that is right", async () => {
  const sandbox = await fetchAll([
    zip(
      { name: "dir/", content: "", mode: 0o040755 },
      { name: "dir/run", content: "words ".repeat(1_000), mode: 0o100755 },
      { name: "link", content: "dir/run", mode: 0o120777 },
      { name: "empty", content: "" },
    ),
  ]);
  assert.equal(readFileSync(join(sandbox, "link"), "utf8"), "words ".repeat(1_000));
  assert.equal(lstatSync(join(sandbox, "dir/run")).mode & 0o777, 0o755);
  assert.equal(readFileSync(join(sandbox, "empty"), "utf8"), "");
});
