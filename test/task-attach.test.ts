/**
 * `unum task attach` through the gateway: whatever a task writes from then on, and into a terminal of its own
 * whatever is typed, across detaching and the death of the agent.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { type OwnAgent, type OwnProgram, OwnPrograms, sandboxOf } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const home = temporaryDirectory("unum-attach-");
const programs = new OwnPrograms(home);
const host = await detectHost();
const skip = host.kind === "plain" ? host.why : false;
const running = new Set<ChildProcess>();
let agent: OwnAgent;
let program: OwnProgram;

before(async () => {
  if (skip !== false) return;
  await programs.startMaster();
  agent = await programs.describeAgent("agent-1");
  program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
});
after(async () => {
  for (const child of running) child.kill("SIGKILL");
  await programs.end();
});

function start(command: string, args: readonly string[]): ChildProcess & { shown: () => string } {
  const child = spawn(command, [...args], {
    cwd: home,
    env: {
      ...process.env,
      ...{ SHELL: "/bin/sh", HOME: home },
      ...{ UNUM_URL: programs.gatewayUrl, UNUM_TOKEN_FILE: programs.tokenFile },
    },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let shown = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
  return Object.assign(child, { shown: () => shown });
}

/** At a terminal of so many rows and columns. */
const attachAtTerminal = (id: string, rows: number, columns: number) =>
  start("script", [
    ...["-q", "-e", "-c"],
    `stty rows ${rows} cols ${columns}; exec '${process.execPath}' '${main}' task attach ${id}`,
    "/dev/null",
  ]);

test("a task without a terminal is followed to its end, and no byte is missing", { skip }, async () => {
  const task = await programs.run("writes", {
    command: {
      value:
        "echo before; until [ -e go ]; do sleep 0.05; done; i=0; " +
        'while [ $i -lt 60000 ]; do echo "line $i of this task, which is long enough to be of some use"; i=$((i+1)); done; echo bad >&2',
    },
  });
  const child = start(process.execPath, [main, "task", "attach", "writes"]);
  const hash = createHash("sha256");
  let bytes = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  await until("the attachment", () => child.shown().includes("has no terminal") || child.exitCode !== null);
  assert.match(child.shown(), /has no terminal/);
  writeFileSync(join(sandboxOf(agent, task), "go"), "");
  const [code] = await once(child, "close");
  assert.equal(code, 0, child.shown());
  const lines = Array.from(
    { length: 60_000 },
    (_, index) => `line ${index} of this task, which is long enough to be of some use\n`,
  ).join("");
  assert.equal(bytes, lines.length);
  assert.equal(hash.digest("hex"), createHash("sha256").update(lines).digest("hex"));
  assert.match(child.shown(), /bad\n/);
});

test("a task's own terminal: typed into, detached from, and there again, also after its agent's death", {
  skip,
}, async () => {
  const container = { type: "MESOS" as const, tty_info: {} };
  const task = await programs.run("shell", { command: { value: "exec sh -i" }, container });
  const first = attachAtTerminal("shell", 40, 100);
  const type = (child: ChildProcess, text: string): void => void child.stdin?.write(text);
  await until("the attachment", () => first.shown().includes("leaves it running"));
  type(first, "echo ready-$((1 + 1))\r");
  await until("the answer", () => first.shown().includes("ready-2"));
  type(first, "tty >/dev/null && stty size\r");
  await until("the size", () => first.shown().includes("40 100\r\n"));
  type(first, "KEPT=here; echo asleep-$((40 + 2)); sleep 1000\r");
  await until("the command", () => first.shown().includes("asleep-42"));
  type(first, "\x03");
  await until("the interruption", () => first.shown().includes("^C"));
  type(first, "echo gone-$((40 + 3))\r");
  await until("the shell", () => first.shown().includes("gone-43"));
  type(first, "\x10\x11");
  assert.deepEqual(await once(first, "exit"), [0, null]);
  assert.match(first.shown(), /Detached; the task runs on/);

  await programs.kill(program);
  program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
  const second = attachAtTerminal("shell", 30, 90);
  await until("the second attachment", () => second.shown().includes("leaves it running"));
  type(second, "echo still-$KEPT\r");
  await until("the answer", () => second.shown().includes("still-here"));
  type(second, "exit 3\r");
  const status = await programs.untilTask("shell", "TASK_FAILED");
  assert.match(status.message ?? "", /3/);
  assert.deepEqual(await once(second, "exit"), [0, null]);
  assert.match(await programs.read(task), /ready-2[\s\S]*gone-43[\s\S]*still-here/);
});
