import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/temporary.ts";

/** Delays the program's modules, so that the parent is gone before anything listens. */
const slowStart = [
  "--import",
  "data:text/javascript,import{setTimeout as s}from'node:timers/promises';await s(300)",
];

for (const [when, flags] of [
  ["while it starts", []],
  ["while its modules are loaded", slowStart],
] as const)
  test(`one that loses its parent ${when} closes what it opened, and is gone`, async () => {
    const directory = temporaryDirectory("unum-life-");
    const tokenFile = join(directory, "token");
    writeFileSync(tokenFile, "a-token-of-some-length\n");
    const main = join(import.meta.dirname, "../main.ts");
    const argv = ["master", "--data", join(directory, "data"), "--token-file", tokenFile, "--port", "0"];
    const child = spawn(process.execPath, [...flags, main, ...argv, "--gateway-port", "0"], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let text = "";
    child.stderr?.on("data", (chunk) => {
      text += chunk;
    });
    child.disconnect();
    assert.deepEqual(await once(child, "exit"), [0, null], text);
    assert.match(text, /the parent process is gone/);
    assert.doesNotMatch(text, /takes too long/);
  });
