import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { startedBy } from "./processes.ts";

test("the command of a session is known by who started it, before anybody wrote its pid down", async () => {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  assert.equal(startedBy(process.pid, [1, process.pid, pid]), pid);
  assert.equal(startedBy(process.pid, [1, process.pid]), undefined);
  assert.equal(startedBy(undefined, [1, pid]), undefined);
  child.kill("SIGKILL");
});
