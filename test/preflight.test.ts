/** `unum agent preflight` on this very machine: it agrees with what the agent does, and leaves nothing behind. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { detectHost } from "#shell/containers/detect.ts";
import { temporaryDirectory } from "./temporary.ts";

const main = fileURLToPath(import.meta.resolve("../src/main.ts"));
const preflight = (...args: readonly string[]) =>
  spawnSync(process.execPath, [main, "agent", "preflight", ...args], { encoding: "utf8" });

test("what it says of the runtime is what the agent finds, and its exit code follows", async () => {
  const directory = temporaryDirectory("unum-preflight-");
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  const { stdout, status, stderr } = preflight("--json", "--data", directory);
  const { findings, verdict } = JSON.parse(stdout);
  const host = await detectHost();
  const runtime = findings.find((finding: { readonly name: string }) => finding.name === "OCI runtime");
  assert.equal(runtime.verdict, host.kind === "oci" ? "ok" : "missing", stdout);
  assert.equal(status, verdict === "missing" ? 1 : 0, stderr);
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(readFileSync("/proc/self/mounts", "utf8"), mounts);
});

test("for people it is a table", () => {
  const { stdout, stderr } = preflight();
  assert.equal(stderr, "");
  assert.match(stdout, /^WHAT +VERDICT +FOUND$/m);
  assert.match(stdout, /^kernel +ok /m);
  assert.equal(preflight("--nonsense").status, 2);
});
