import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import type { Rejection } from "#ports/room.ts";
import { until } from "../../../test/until.ts";
import { SandboxFiles } from "./files.ts";

describe("sandbox files", () => {
  let root: string;
  let files: SandboxFiles;
  const at = (path: string): string => join(root, path);

  before(() => {
    root = mkdtempSync(join(tmpdir(), "unum-files-"));
    mkdirSync(at("framework/task/sub"), { recursive: true });
    mkdirSync(at("framework/other"), { recursive: true });
    writeFileSync(at("framework/task/stdout"), "0123456789");
    writeFileSync(at("framework/task/empty"), "");
    writeFileSync(at("framework/task/sub/deep"), "deep");
    writeFileSync(at("framework/other/secret"), "secret");
    symlinkSync("../other/secret", at("framework/task/neighbour"));
    symlinkSync("/etc/passwd", at("framework/task/passwd"));
    symlinkSync("../../..", at("framework/task/up"));
    symlinkSync("sub/deep", at("framework/task/inside"));
    execFileSync("sh", ["-c", 'mkfifo "$0"', at("framework/task/pipe")]);
    files = new SandboxFiles(root, async () => []);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const text = async (path: string, offset = 0, length?: number): Promise<string> => {
    const range = await files.read(path, offset, length);
    return range.kind === "range" ? `${range.offset}:${range.data.toString()}` : `rejected:${range.code}`;
  };

  it("browse lists by name, links as links, with the paths as they were asked for", async () => {
    const listing = await files.browse(at("framework/task"));
    assert.equal(listing.kind, "listing");
    const entries = listing.kind === "listing" ? listing.entries : [];
    const names = ["empty", "inside", "neighbour", "passwd", "pipe", "stdout", "sub", "up"];
    assert.deepEqual(
      entries.map((entry) => entry.path),
      names.map((name) => at(`framework/task/${name}`)),
    );
    const stdout = entries.find((entry) => entry.path.endsWith("/stdout"));
    assert.equal(stdout?.sizeBytes, 10);
    assert.equal((stdout?.mode ?? 0) & 0o170000, 0o100000);
    assert.equal((entries.find((entry) => entry.path.endsWith("/up"))?.mode ?? 0) & 0o170000, 0o120000);
  });

  it("what lies outside is not even opened", async () => {
    const outside = mkdtempSync(join(tmpdir(), "unum-outside-"));
    const pipe = join(outside, "pipe");
    execFileSync("mkfifo", [pipe]);
    symlinkSync(pipe, at("framework/other/away"));
    // It waits for somebody to open the pipe's other end, once.
    const writer = spawn("sh", ["-c", 'echo $$ >"$0.pid"; exec echo said >"$0"', pipe], { stdio: "ignore" });
    await until("the writer", () => existsSync(`${pipe}.pid`));
    assert.equal(await text(at("framework/other/away")), "rejected:forbidden");
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const [code] = await once(writer, "exit");
    assert.equal(code, 0);
    assert.equal(readFileSync(reader, "utf8"), "said\n");
    closeSync(reader);
    rmSync(outside, { recursive: true });
  });

  it("read gives ranges, the size at offset -1, and nothing beyond the end", async () => {
    const path = at("framework/task/stdout");
    assert.equal(await text(path), "0:0123456789");
    assert.equal(await text(path, 3, 4), "3:3456");
    assert.equal(await text(path, -1), "10:");
    assert.equal(await text(path, 99, 5), "99:");
    assert.equal(await text(path, 0, -1), "0:0123456789");
    assert.equal(await text("framework/task/inside"), "0:deep");
    assert.equal(await text(path, -2), "rejected:invalid");
    assert.equal(await text(path, 0.5), "rejected:invalid");
    assert.equal(await text(path, 0, -7), "rejected:invalid");
  });

  it("read is bounded whatever is asked for", async () => {
    writeFileSync(at("framework/task/big"), Buffer.alloc(limits.fileReadBytesMax + 5));
    const range = await files.read(at("framework/task/big"), 0, 2 ** 40);
    assert.equal(range.kind === "range" && range.data.length, limits.fileReadBytesMax);
    rmSync(at("framework/task/big"));
  });

  it("links that lead out of the sandbox, pipes and directories are refused", async () => {
    for (const path of ["passwd", "neighbour", "up/etc/passwd", "../other/../../../etc/passwd"]) {
      const answer = await text(`${at("framework/task")}/${path}`);
      assert.match(answer, /^rejected:(forbidden|not-found)$/, path);
    }
    assert.equal(await text(at("framework/task/pipe")), "rejected:invalid");
    assert.equal(await text(at("framework/task/sub")), "rejected:invalid");
    assert.equal(await text(at("framework/task/absent")), "rejected:not-found");
    assert.equal((await files.browse(at("framework/task/up"))).kind, "rejection");
    assert.equal((await files.browse(at("framework"))).kind, "rejection");
    assert.equal((await files.browse(root)).kind, "rejection");
  });

  it("an open file is the caller's, with its size", async () => {
    for (const [name, expected] of [
      ["stdout", "0123456789"],
      ["empty", ""],
    ] as const) {
      const opened = await files.openDescriptor(at(`framework/task/${name}`));
      if (!("descriptor" in opened)) throw new Error(opened.message);
      assert.equal(opened.sizeBytes, expected.length);
      assert.equal(readFileSync(opened.descriptor, "utf8"), expected);
      closeSync(opened.descriptor);
    }
  });

  it("no path whatever reads anything but the sandbox's own files", async () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "",
      "up",
      "task",
      "other",
      "framework",
      "passwd",
      "neighbour",
      "secret",
      "etc",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.boolean(), async (parts, absolute) => {
        const path = join("framework/task", parts.join("/"));
        const raw = `framework/task/${parts.join("/")}`;
        for (const candidate of [path, raw, at(path), `${root}/${raw}`, absolute ? `/${raw}` : raw]) {
          const range = await files.read(candidate, 0, undefined);
          const data = range.kind === "range" ? range.data.toString() : (range satisfies Rejection).kind;
          // The neighbour's file only by the neighbour's own path.
          if (data === "secret") assert.match(join(candidate), /framework\/other\/secret$/);
          else assert.equal(data, "rejection");
        }
      }),
    );
  });

  it("a volume is shown where it is in the sandbox, and no link in or to it leads out", async () => {
    const disk = mkdtempSync(join(tmpdir(), "unum-volume-"));
    mkdirSync(join(disk, "own/sub"), { recursive: true });
    mkdirSync(join(disk, "others"));
    writeFileSync(join(disk, "own/sub/file"), "kept");
    writeFileSync(join(disk, "others/file"), "secret");
    symlinkSync("../others/file", join(disk, "own/relative"));
    symlinkSync(join(disk, "others"), join(disk, "own/absolute"));
    symlinkSync("sub/file", join(disk, "own/inside"));
    for (const place of ["data", "deep/er", "swapped", "through"])
      mkdirSync(at(`framework/task/${place}`), { recursive: true });
    // What a task may do to a directory of its sandbox after it was given as a volume.
    symlinkSync(join(disk, "others"), at("framework/task/shared"));
    const sandbox = at("framework/task");
    const own = { directory: join(disk, "own"), boundary: join(disk, "own") };
    const volumes = [
      { place: join(sandbox, "data"), ...own },
      { place: join(sandbox, "deep/er"), ...own },
      { place: join(sandbox, "swapped"), directory: join(sandbox, "shared"), boundary: sandbox },
      { place: join(sandbox, "through"), directory: join(sandbox, "shared/file"), boundary: sandbox },
    ];
    const asked: string[] = [];
    files = new SandboxFiles(root, async (inside) => {
      asked.push(inside);
      return inside === sandbox ? volumes : [];
    });
    for (const path of ["data/sub/file", "data//sub/./file", "data/inside", "deep/er/inside"])
      assert.equal(await text(`${sandbox}/${path}`), "0:kept", path);
    assert.equal(await text("framework/task/data/sub/file"), "0:kept");
    for (const path of ["relative", "absolute/file", "sub/../../others/file"])
      assert.match(await text(`${sandbox}/data/${path}`), /^rejected:(forbidden|not-found)$/, path);
    assert.equal(await text(`${sandbox}/swapped/file`), "rejected:forbidden");
    assert.equal(await text(`${sandbox}/data/../stdout`), "0:0123456789");
    const listing = await files.browse(`${sandbox}/data`);
    assert.ok(listing.kind === "listing");
    assert.deepEqual(
      listing.entries.map(({ path }) => path),
      ["absolute", "inside", "relative", "sub"].map((name) => `${sandbox}/data/${name}`),
    );
    // The volume's own size and times, not those of the empty directory that it is mounted on.
    const whole = await files.browse(sandbox);
    assert.ok(whole.kind === "listing");
    const links = whole.entries.find(({ path }) => path === `${sandbox}/data`)?.nlink;
    assert.equal(links, statSync(join(disk, "own")).nlink);
    // Not even the size of what a link on the way leads to.
    assert.deepEqual(
      whole.entries.filter(({ path }) => path === `${sandbox}/through`),
      [],
    );
    assert.deepEqual([...new Set(asked)], [sandbox]);
    rmSync(disk, { recursive: true });
  });
});
