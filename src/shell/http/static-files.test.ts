/**
 * The console's files: what is built is served, as the browser likes it; what is not there is not the file system.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { belowRoutes, createStaticFiles } from "./static-files.ts";

const directory = mkdtempSync(join(tmpdir(), "unum-static-"));
after(() => rmSync(directory, { recursive: true }));

const files = createStaticFiles(directory, belowRoutes([{ path: "/v2/apps" }, { path: "/unum/v1/x" }]));
const ask = (path: string, more: Partial<Parameters<typeof files.answer>[0]> = {}) =>
  files.answer({ path, accept: "text/html,*/*", acceptEncoding: "", ifNoneMatch: undefined, ...more });

test("before it is built, the page says how to build it, and nothing else is there", () => {
  const answer = ask("/");
  assert.equal(answer?.status, 503);
  assert.match(String(answer?.body), /scripts\/setup/);
  assert.equal(ask("/assets/x.js", { accept: "*/*" }), undefined);
});

test("what is built is served: hashed names for ever, the page never kept, compressed where wanted", () => {
  mkdirSync(join(directory, "assets"));
  writeFileSync(join(directory, "index.html"), "<!doctype html>");
  writeFileSync(join(directory, "assets/a-1.js"), "plain");
  writeFileSync(join(directory, "assets/a-1.js.br"), "brotli");
  writeFileSync(join(directory, ".hidden.txt"), "no");
  const page = ask("/");
  assert.equal(page?.status, 200);
  assert.equal(page?.headers["Cache-Control"], "no-cache");
  assert.match(page?.headers["Content-Security-Policy"] ?? "", /default-src 'self'.*frame-ancestors 'none'/);
  assert.ok(!/unsafe/.test(page?.headers["Content-Security-Policy"] ?? ""));
  const plain = ask("/assets/a-1.js");
  assert.equal(String(plain?.body), "plain");
  assert.match(plain?.headers["Cache-Control"] ?? "", /immutable/);
  assert.equal(plain?.headers["Content-Type"], "text/javascript; charset=utf-8");
  const small = ask("/assets/a-1.js", { acceptEncoding: "gzip, br" });
  assert.deepEqual([String(small?.body), small?.headers["Content-Encoding"]], ["brotli", "br"]);
  assert.equal(String(ask("/assets/a-1.js", { acceptEncoding: "br;q=0" })?.body), "plain");
  assert.equal(ask("/assets/a-1.js", { ifNoneMatch: plain?.headers.ETag ?? "" })?.status, 304);
});

test("a page's own address is the page; an API's is not, and no path leaves the directory", () => {
  assert.equal(String(ask("/services/shop/web")?.body), "<!doctype html>");
  // Names of services and of pods' tasks look like names of files.
  for (const path of ["/services/shop/web.v2", "/tasks/framework/shop.instance-1.web"])
    assert.equal(String(ask(path)?.body), "<!doctype html>", path);
  assert.equal(ask("/services/shop", { accept: "application/json" }), undefined);
  assert.equal(ask("/v2/nothing"), undefined);
  assert.equal(ask("/unum/v2"), undefined);
  for (const path of [
    "/.hidden.txt",
    "/assets/missing.js",
    "/assets/a-1.js.br",
    "/../package.json",
    "//etc/passwd.txt",
  ])
    assert.equal(ask(path), undefined, path);
});

test("a build while the server runs is seen", () => {
  writeFileSync(join(directory, "index.html"), "<!doctype html><p>new");
  utimesSync(join(directory, "index.html"), new Date(), new Date(Date.now() + 5_000));
  assert.equal(String(ask("/")?.body), "<!doctype html><p>new");
});
