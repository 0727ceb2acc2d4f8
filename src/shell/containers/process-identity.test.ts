import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isAlive, parentOf, parseIdentity, processStartTime } from "./process-identity.ts";

describe("process identity", () => {
  it("tells a living process from one that has gone, and from another with its pid", async () => {
    const child = spawn("sleep", ["1000"]);
    const pid = child.pid ?? 0;
    const startTime = processStartTime(pid) ?? "";
    assert.match(startTime, /^\d+$/);
    assert.equal(isAlive({ pid, startTime }), true);
    assert.equal(isAlive({ pid, startTime: String(Number(startTime) - 1) }), false);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(isAlive({ pid, startTime }), false);
  });

  it("is not deceived by a process's name", async () => {
    const script = 'process.title = "x) S 1 (2"; console.log("named"); setInterval(() => {}, 1000)';
    const child = spawn(process.execPath, ["-e", script]);
    await once(child.stdout, "data");
    assert.match(readFileSync(`/proc/${child.pid}/comm`, "utf8"), /\) S 1 \(/);
    assert.match(processStartTime(child.pid ?? 0) ?? "", /^\d{3,}$/);
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  it("knows who will collect a process, and tells an adopted orphan from one's own", async () => {
    const script = "sleep 1000 & echo $!; wait";
    const parent = spawn("sh", ["-c", script, "the-word"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(parent.stdout, "data");
    const child = Number(String(line));
    assert.equal(parentOf(child, "the-word")?.pid, parent.pid);
    assert.equal(parentOf(child, "another"), undefined);
    parent.kill("SIGKILL");
    await once(parent, "exit");
    assert.equal(parentOf(child, "the-word"), undefined);
    process.kill(child, "SIGKILL");
    assert.equal(parentOf(0x7ffffffe, "the-word"), undefined);
  });

  it("reads only whole lines of a lane", () => {
    assert.deepEqual(parseIdentity("12 3456\n"), { pid: 12, startTime: "3456" });
    for (const line of ["", "12", "12 ", "failed", "12 34 56", "-1 3"])
      assert.equal(parseIdentity(line), undefined);
  });
});
