import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/temporary.ts";

test("one that loses its parent while it starts closes what it opened, and is gone", async () => {
  const directory = temporaryDirectory("unum-life-");
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, "a-token-of-some-length\n");
  const main = join(import.meta.dirname, "../main.ts");
  const argv = ["master", "--data", join(directory, "data"), "--token-file", tokenFile, "--port", "0"];
  const child = spawn(process.execPath, [main, ...argv, "--gateway-port", "0"], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let text = "";
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  child.disconnect();
  assert.deepEqual(await once(child, "exit"), [0, null], text);
  assert.match(text, /the parent process is gone/);
  assert.doesNotMatch(text, /takes too long/);
});
