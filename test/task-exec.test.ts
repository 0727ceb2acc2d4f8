/**
 * `unum task exec` against a whole cluster, through the gateway: as a pipe, as a terminal, and cut off.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const host = await detectHost();

describe("task exec", { skip: host.kind === "plain" && host.why }, () => {
  const cluster = new TestCluster(temporaryDirectory("unum-exec-"));
  const running = new Set<ChildProcess>();

  before(async () => {
    await cluster.start("--agents", "1");
    await cluster.deploy("POST", "/v2/apps", { id: "/web", cmd: "sleep 100000", cpus: 0.1, mem: 64 });
  });
  after(async () => {
    for (const child of running) child.kill("SIGKILL");
    await cluster.end("SIGINT");
  });

  const track = (child: ChildProcess): ChildProcess => {
    running.add(child);
    child.once("exit", () => running.delete(child));
    return child;
  };
  const start = (...args: readonly string[]): ChildProcess =>
    track(
      spawn(process.execPath, [main, "task", "exec", ...args], {
        cwd: cluster.home,
        env: {
          ...process.env,
          HOME: cluster.home,
          UNUM_URL: cluster.file.url,
          UNUM_TOKEN_FILE: cluster.file.tokenFile,
        },
      }),
    );

  type Done = { readonly code: number | null; readonly stdout: Buffer; readonly stderr: string };
  const done = async (child: ChildProcess): Promise<Done> => {
    const chunks: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [code] = await once(child, "close");
    return { code, stdout: Buffer.concat(chunks), stderr };
  };
  const run = async (...args: readonly string[]): Promise<Done> => {
    const child = start(...args);
    child.stdin?.end();
    return done(child);
  };

  it("writes where the command writes, and exits as it does", async () => {
    const { code, stdout, stderr } = await run(
      "-e",
      "WORD=mine",
      "web",
      "--",
      "sh",
      "-c",
      'echo "$WORD $HOME"; echo bad >&2; exit 9',
    );
    assert.equal(stdout.toString(), "mine /mnt/mesos/sandbox\n");
    assert.equal(stderr, "bad\n");
    assert.equal(code, 9);
    assert.equal((await run("web", "--", "sh", "-c", "kill -9 $$")).code, 137);
    assert.equal((await run("web", "--", "true")).code, 0);
  });

  it("a command without -i reads nothing, and does not wait for it", async () => {
    const child = start("web", "cat");
    assert.deepEqual(await done(child), { code: 0, stdout: Buffer.alloc(0), stderr: "" });
  });

  it("what is not there is said to be not there", async () => {
    const { code, stderr } = await run("nothing", "true");
    assert.equal(code, 3);
    assert.match(stderr, /there is no task or app "nothing"/);
    const missing = await run("web", "no-such-program");
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /no-such-program/);
  });

  it("100 MB piped through come out unchanged", async () => {
    const child = start("-i", "web", "--", "cat");
    const sent = createHash("sha256");
    const got = createHash("sha256");
    let bytes = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      got.update(chunk);
    });
    const { stdin } = child;
    assert.ok(stdin !== null);
    for (let part = 0; part < 100; part += 1) {
      const chunk = randomBytes(1_000_000);
      sent.update(chunk);
      if (!stdin.write(chunk)) await once(stdin, "drain");
    }
    stdin.end();
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.equal(bytes, 100_000_000);
    assert.equal(got.digest("hex"), sent.digest("hex"));
  });

  it("is a terminal of the right size, in which keys do what they do", async () => {
    const args = [main, "task", "exec", "-it", "web", "--", "sh"].map((word) => `'${word}'`).join(" ");
    const script = `stty rows 40 cols 100; exec '${process.execPath}' ${args}`;
    const child = track(
      spawn("script", ["-q", "-e", "-c", script, "/dev/null"], {
        cwd: cluster.home,
        env: {
          ...process.env,
          SHELL: "/bin/sh",
          HOME: cluster.home,
          UNUM_URL: cluster.file.url,
          UNUM_TOKEN_FILE: cluster.file.tokenFile,
        },
      }),
    );
    let shown = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const type = (text: string): void => void child.stdin?.write(text);
    await until("the prompt", () => shown.includes("$ "));
    type("stty size\r");
    await until("the size", () => shown.includes("40 100\r\n"));
    type("sleep 100000; echo code-$?\r");
    await until("the command", () => processes().some((text) => text === "sleep 100000 "));
    await until("the command", () => shown.includes("code-$?"));
    type("\x03");
    await until("the interrupted command", () => /\^C/.test(shown));
    type("echo still-$((40 + 2))\r");
    await until("the shell", () => shown.includes("still-42"));
    type("exit 5\r");
    const [code] = await once(child, "exit");
    assert.equal(code, 5);
  });

  it("when it goes, the command goes", async () => {
    const child = start("web", "--", "sleep", "31415");
    await until("the command", () => processes().includes("sleep 31415 "));
    child.kill("SIGKILL");
    await until("the command to be gone", () => !processes().includes("sleep 31415 "));
  });
});

function processes(): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      return [];
    }
  });
}
