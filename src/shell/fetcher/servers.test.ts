/** What servers do to those who fetch from them. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { limits } from "#base/limits.ts";
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

describe("servers", () => {
  // Much more than what waits in buffers, and is lost, when a connection breaks.
  const content = randomBytes(6_000_000);

  it("a broken connection is continued where it broke, if the server can", async () => {
    server.broken("/ranges", content, { bytes: 2_000_000, times: 2, ranges: true });
    const sandbox = await bench.fetch([artifact(`${server.url("/ranges")}#sha256=${sha256(content)}`)]);
    assert.deepEqual(readFileSync(join(sandbox, "ranges")), content);
    const asked = server.served.filter(({ path }) => path === "/ranges").map(({ headers }) => headers.range);
    assert.equal(asked.length, 3);
    assert.ok(asked.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? "")));
  });

  it("else it begins anew; one that breaks every time fails", async () => {
    server.broken("/anew", content, { bytes: 2_000_000, times: 2, ranges: false });
    const sandbox = await bench.fetch([artifact(server.url("/anew"))]);
    assert.deepEqual(readFileSync(join(sandbox, "anew")), content);
    server.broken("/always", content, { bytes: 1_000, times: 1_000, ranges: false });
    await bench.refused([artifact(server.url("/always"))], /broke off .* \(tried \d+ times\)/);
  });

  it("what changed meanwhile is not joined", async () => {
    const other = randomBytes(content.length);
    server.on("/changes", (_request, response, before) => {
      const headers = { etag: before === 0 ? '"one"' : '"two"', "content-length": content.length };
      response.writeHead(200, headers);
      if (before === 0) response.write(content.subarray(0, 2_000_000), () => response.socket?.end());
      else response.end(other);
    });
    const sandbox = await bench.fetch([artifact(server.url("/changes"))]);
    assert.deepEqual(readFileSync(join(sandbox, "changes")), other);
    const asked = server.served.filter(({ path }) => path === "/changes");
    assert.deepEqual(
      asked.map(({ headers }) => headers["if-range"]),
      [undefined, '"one"'],
    );
  });

  it("a moment's refusal is tried again, a lasting one is not", async () => {
    server.on("/busy", (_request, response, before) =>
      before < 2 ? response.writeHead(503).end() : response.end("at last"),
    );
    assert.equal(text(await bench.fetch([artifact(server.url("/busy"))]), "busy"), "at last");
    await bench.refused([artifact(server.url("/missing"))], /missing failed: 127.* answered 404/);
    assert.equal(server.countOf("/missing"), 1);
    server.on("/forbidden", (_request, response) => response.writeHead(403).end());
    await bench.refused([artifact(server.url("/forbidden"))], /does not let us read/);
  });

  it("redirects are followed, not for ever, and take no password along", async () => {
    const other = await FilesServer.start();
    try {
      other.file("/target", "there");
      server.redirect("/moved", other.url("/target"));
      const uri = server.url("/moved").replace("//", "//user:secret@");
      assert.equal(text(await bench.fetch([artifact(uri)]), "moved"), "there");
      const basic = `Basic ${Buffer.from("user:secret").toString("base64")}`;
      assert.equal(server.served.at(-1)?.headers.authorization, basic);
      assert.equal(other.served[0]?.headers.authorization, undefined);
      server.redirect("/loop", server.url("/loop"));
      await bench.refused([artifact(server.url("/loop"))], /redirects more than/);
      await assert.rejects(
        bench.fetch([artifact(server.url("/x?token=t").replace("//", "//u:secret@"))]),
        (error: Error) => {
          assert.doesNotMatch(error.message, /secret|token/);
          return true;
        },
      );
    } finally {
      await other.stop();
    }
  });

  it("nothing larger than allowed, announced or not", async () => {
    const by = await FetchBench.open({ bytesMax: 10_000 });
    server.file("/large", content);
    await by.refused([artifact(server.url("/large"))], /larger than the 10000 bytes/);
    server.on("/endless", (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(content));
        response.once("drain", more);
      };
      more();
    });
    await by.refused([artifact(server.url("/endless"))], /larger than the 10000 bytes/);
  });

  it("the first that fails ends the others, and nothing is left", async () => {
    server.on("/hangs", (_request, response) => response.write("a little"));
    const sandbox = newDirectory();
    const both = [artifact(server.url("/hangs")), artifact(server.url("/missing"))];
    await assert.rejects(bench.fetch(both, sandbox), /answered 404/);
    assert.deepEqual([readdirSync(sandbox), readdirSync(join(bench.directory, "staging"))], [[], []]);
  });

  it("who is killed waits no longer, before and while it waits", async () => {
    const wanted = { artifacts: [artifact(server.url("/hangs"))], sandbox: newDirectory(), owner };
    server.on("/hangs", (_request, response) => response.write("a little"));
    const before = server.countOf("/hangs");
    const waiting = bench.fetcher.fetch({ name: "killed", ...wanted });
    await until("the request", () => server.countOf("/hangs") > before);
    bench.fetcher.interrupt("killed");
    await assert.rejects(waiting, { reason: "task-killed-during-launch" });
    await assert.rejects(bench.fetcher.fetch({ name: "killed", ...wanted }), {
      reason: "task-killed-during-launch",
    });
    bench.fetcher.drop("killed");
    assert.deepEqual(readdirSync(join(bench.directory, "staging")), []);
  });

  it("nor for the turn of its download", async () => {
    server.on("/full", (_request, response) => response.write("a little"));
    const wanted = { artifacts: [artifact(server.url("/full"))], sandbox: newDirectory(), owner };
    const names = Array.from({ length: limits.artifactDownloadsMax }, (_, index) => `full-${index}`);
    const full = Promise.allSettled(names.map((name) => bench.fetcher.fetch({ name, ...wanted })));
    await until("all turns to be taken", () => server.countOf("/full") === names.length);
    for (const cache of [false, true]) {
      const name = `waits-${cache}`;
      const artifacts = [artifact(server.url("/other"), { cache })];
      const waiting = bench.fetcher.fetch({ name, ...wanted, artifacts });
      waiting.catch(() => undefined);
      // So that one is killed before it waits, and one while it does.
      if (cache)
        await until("it to wait", () => readdirSync(join(bench.directory, "staging")).length > names.length);
      bench.fetcher.interrupt(name);
      await assert.rejects(waiting, { reason: "task-killed-during-launch" });
    }
    for (const name of names) bench.fetcher.interrupt(name);
    for (const { status } of await full) assert.equal(status, "rejected");
    server.file("/other", "then");
    assert.equal(text(await bench.fetch([artifact(server.url("/other"))]), "other"), "then");
  });

  it("TLS: only with a certificate that is believed", async () => {
    const place = newDirectory();
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", "key.pem", "-out", "ca.crt"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...subject],
      {
        cwd: place,
        stdio: "ignore",
      },
    );
    const secure = await FilesServer.start({ key: text(place, "key.pem"), cert: text(place, "ca.crt") });
    try {
      secure.file("/file", "secure");
      await bench.refused([artifact(secure.url("/file"))], /certificate of 127.* is not believed/);
      const certificates = newDirectory();
      mkdirSync(join(certificates, secure.host));
      execFileSync("cp", [join(place, "ca.crt"), join(certificates, secure.host)]);
      const by = await FetchBench.open({ certificateDirectories: [certificates] });
      assert.equal(text(await by.fetch([artifact(secure.url("/file"))]), "file"), "secure");
      server.file("/plain", "x");
      secure.redirect("/down", server.url("/plain"));
      await by.refused([artifact(secure.url("/down"))], /without TLS, which is not followed/);
    } finally {
      await secure.stop();
    }
  });
});
