import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { artifact, FetchBench, newDirectory, owner, sha256, text } from "../../../test/fetch-bench.ts";
import { FilesServer } from "../../../test/files-server.ts";
import { until } from "../../../test/until.ts";

let server: FilesServer;
let bench: FetchBench;

before(async () => {
  server = await FilesServer.start();
});
after(() => server.stop());
beforeEach(async () => {
  bench = await FetchBench.open();
});

/** A directory `in` with a program, as an archive of every kind that the host's tools can make. */
function archives(): Readonly<Record<string, Buffer>> {
  const place = newDirectory();
  mkdirSync(join(place, "in"));
  writeFileSync(join(place, "in/run"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  symlinkSync("run", join(place, "in/link"));
  const make = (name: string, program: string, ...args: readonly string[]): [string, Buffer] => {
    execFileSync(program, args, { cwd: place });
    return [name, readFileSync(join(place, name))];
  };
  return Object.fromEntries([
    make("a.tar", "tar", "-cf", "a.tar", "in"),
    make("a.tgz", "tar", "-czf", "a.tgz", "in"),
    make("a.tar.bz2", "tar", "-cjf", "a.tar.bz2", "in"),
    make("a.tar.xz", "tar", "-cJf", "a.tar.xz", "in"),
    make("a.tar.zst", "tar", "--zstd", "-cf", "a.tar.zst", "in"),
  ]);
}

describe("what is placed", () => {
  it("a file under its own name, executable, under another name", async () => {
    server.file("/dir/tool?v=1", "content");
    const uri = server.url("/dir/tool?v=1");
    const sandbox = await bench.fetch([
      artifact(uri),
      artifact(uri, { outputFile: "sub/dir/tool", executable: true }),
    ]);
    assert.deepEqual(readdirSync(sandbox).toSorted(), ["sub", "tool?v=1"]);
    assert.equal(text(sandbox, "tool?v=1"), "content");
    assert.equal(statSync(join(sandbox, "tool?v=1")).mode & 0o777, 0o644);
    const tool = statSync(join(sandbox, "sub/dir/tool"));
    assert.equal(tool.mode & 0o777, 0o755);
    if (process.geteuid?.() === 0) assert.deepEqual([tool.uid, tool.gid], [owner.uid, owner.gid]);
    assert.deepEqual(readdirSync(join(bench.directory, "staging")), []);
  });

  it("what is in archives, beside them; only what is in them, from the cache", async () => {
    for (const [name, content] of Object.entries(archives())) {
      server.file(`/${name}`, content);
      const sandbox = await bench.fetch([artifact(server.url(`/${name}`))]);
      assert.deepEqual(readdirSync(sandbox).toSorted(), [name, "in"], name);
      assert.equal(text(sandbox, "in/link"), "#!/bin/sh\necho ran\n", name);
      const run = statSync(join(sandbox, "in/run"));
      assert.equal(run.mode & 0o777, 0o755);
      if (process.geteuid?.() === 0) assert.equal(run.uid, owner.uid, name);
      const cached = await bench.fetch([artifact(server.url(`/${name}`), { cache: true })]);
      assert.deepEqual(readdirSync(cached), ["in"], name);
    }
  });

  it("not what is in them, if that was not asked for, or it is a program", async () => {
    server.file("/b.tar", "no archive");
    const uri = server.url("/b.tar");
    const sandbox = await bench.fetch([
      artifact(uri, { extract: false }),
      artifact(uri, { executable: true, outputFile: "c.tar" }),
    ]);
    assert.deepEqual(readdirSync(sandbox).toSorted(), ["b.tar", "c.tar"]);
    await bench.refused([artifact(uri)], /b\.tar failed: /);
  });

  it("single files, compressed", async () => {
    const place = newDirectory();
    writeFileSync(join(place, "words.txt"), "words\n");
    for (const [program, ending] of [
      ["gzip", "gz"],
      ["bzip2", "bz2"],
      ["xz", "xz"],
      ["zstd", "zst"],
    ] as const) {
      execFileSync(program, ["-kq", "words.txt"], { cwd: place });
      server.file(`/words.txt.${ending}`, readFileSync(join(place, `words.txt.${ending}`)));
      const sandbox = await bench.fetch([artifact(server.url(`/words.txt.${ending}`))]);
      assert.equal(text(sandbox, "words.txt"), "words\n", ending);
      server.file(`/damaged.${ending}`, "this is not compressed at all");
      await bench.refused([artifact(server.url(`/damaged.${ending}`))], /damaged.* failed: /);
    }
  });

  it("an archive's entry does not take the place of what is in the sandbox", async () => {
    server.file("/t", "x");
    const sandbox = newDirectory();
    writeFileSync(join(sandbox, "taken"), "before");
    const again = [artifact(server.url("/t"), { outputFile: "taken" })];
    await assert.rejects(bench.fetch(again, sandbox), /"taken" is in the sandbox already/);
    assert.equal(text(sandbox, "taken"), "before");
  });
});

describe("files of the agent's host", () => {
  it("only below what the operator allowed, through no link, and without telling what is there", async () => {
    const allowed = newDirectory();
    const secret = join(newDirectory(), "secret");
    writeFileSync(join(allowed, "own"), "own", { mode: 0o755 });
    writeFileSync(secret, "secret");
    symlinkSync(secret, join(allowed, "out"));
    execFileSync("mkfifo", [join(allowed, "fifo")]);
    const by = await FetchBench.open({ allowedDirectories: [allowed] });
    for (const uri of [join(allowed, "own"), `file://${allowed}/own`]) {
      const sandbox = await by.fetch([artifact(uri)]);
      assert.equal(text(sandbox, "own"), "own");
      assert.equal(statSync(join(sandbox, "own")).mode & 0o777, 0o755);
    }
    const hidden = /no such file below a directory that its operator allowed/;
    for (const path of [secret, join(allowed, "out"), join(allowed, "nothing"), `${allowed}-other/x`])
      await by.refused([artifact(path)], hidden);
    await by.refused([artifact(join(allowed, "fifo"))], /no plain file/);
    await bench.refused([artifact(join(allowed, "own"))], hidden);
  });

  it("with a checksum", async () => {
    const allowed = newDirectory();
    writeFileSync(join(allowed, "own"), "own");
    const by = await FetchBench.open({ allowedDirectories: [allowed] });
    await by.fetch([artifact(`${allowed}/own#sha256=${sha256("own")}`)]);
    await by.refused(
      [artifact(`${allowed}/own#sha256=${sha256("other")}`)],
      /its sha256 is .*, and should be/,
    );
  });
});

describe("the cache", () => {
  it("fetches once for all who ask, at once and later, and by the next agent", async () => {
    server.on("/once", (_request, response) => setImmediate(() => response.end("once")));
    const wanted = [artifact(server.url("/once"), { cache: true })];
    const before = server.countOf("/once");
    const sandboxes = await Promise.all(Array.from({ length: 5 }, () => bench.fetch(wanted)));
    for (const sandbox of sandboxes) assert.equal(text(sandbox, "once"), "once");
    await bench.fetch(wanted);
    await bench.fetcher.close();
    const next = await FetchBench.open({}, bench.directory);
    assert.equal(text(await next.fetch(wanted), "once"), "once");
    assert.equal(server.countOf("/once"), before + 1);
    writeFileSync(
      join(bench.directory, "cache", readdirSync(join(bench.directory, "cache"))[0] ?? ""),
      "damaged, longer",
    );
    assert.equal(text(await next.fetch(wanted), "once"), "once");
    assert.equal(server.countOf("/once"), before + 2);
  });

  it("lets go of the longest unused, and serves what does not fit without keeping it", async () => {
    const small = newDirectory();
    const by = await FetchBench.open({ cacheBytesMax: 1_000 }, small);
    for (const name of ["one", "two", "three"]) server.file(`/${name}`, Buffer.alloc(400, name));
    server.file("/much", Buffer.alloc(2_000));
    const get = (name: string) => by.fetch([artifact(server.url(`/${name}`), { cache: true })]);
    await get("one");
    await get("two");
    await get("one");
    await get("three");
    const counts = ["one", "two"].map((name) => server.countOf(`/${name}`));
    await get("one");
    await get("two");
    assert.deepEqual(
      ["one", "two"].map((name) => server.countOf(`/${name}`)),
      [counts[0], (counts[1] ?? 0) + 1],
    );
    const sizes = await Promise.all([get("much"), get("much")]);
    for (const sandbox of sizes) assert.equal(statSync(join(sandbox, "much")).size, 2_000);
    assert.equal(readdirSync(join(small, "cache")).length, 2);
    await until("what was not kept to be gone", () => readdirSync(join(small, "staging")).length === 0);
  });

  it("keeps nothing whose checksum is wrong", async () => {
    server.file("/wrong", "wrong");
    await bench.refused(
      [artifact(`${server.url("/wrong")}#sha256=${sha256("right")}`, { cache: true })],
      /its sha256 is/,
    );
    assert.deepEqual(readdirSync(join(bench.directory, "cache")), []);
    assert.ok(existsSync(join(bench.directory, "staging")));
  });
});
