/** Plain processes, where there is no root or no runtime: the contract, and what they do have. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { executorId, taskId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { containersContract, contractSpec } from "./containers-contract.ts";
import { Bench, realSubject, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

const host = await detectHost({ forcePlain: true });
containersContract("plain processes", () => realSubject(host));

describe("plain processes", () => {
  let bench: Bench;
  before(async () => {
    bench = new Bench(host, await temporaryDirectory());
  });
  after(() => bench.dispose());

  it("say in one line that nothing isolates them, and why", () => {
    assert.equal(bench.containers.isolation, "plain processes without isolation: asked for");
  });

  it("run in the sandbox with the task's environment, its output in plain files", async () => {
    const text = 'pwd; echo "$GREETING|$MESOS_SANDBOX"; echo oops >&2; echo kept >file';
    const spec = contractSpec(shell(text), { env: { GREETING: "a 'b' $c\nd" } });
    const { stdout, stderr } = await bench.run(spec);
    const sandbox = bench.sandboxFile(spec, ".").replace(/\/\.?$/, "");
    assert.equal(stdout, `${sandbox}\na 'b' $c\nd|${sandbox}\n`);
    assert.equal(stderr, "oops\n");
    assert.equal(readFileSync(bench.sandboxFile(spec, "file"), "utf8"), "kept\n");
  });

  it("that are nested have a sandbox each, and share the one around them", async () => {
    // As an agent's data directory is: tasks must pass through it to what they share.
    chmodSync(bench.directory, 0o711);
    const group = { executorId: executorId("pod") };
    const text = 'echo "$MESOS_SANDBOX|$MESOS_DIRECTORY"; cat "$MESOS_DIRECTORY/greeting"';
    const writer = contractSpec(shell('echo hello >"$MESOS_DIRECTORY/greeting"'), {
      ...group,
      nestedTaskId: taskId("writer"),
    });
    await bench.run(writer);
    const reader = contractSpec(shell(text), { ...group, nestedTaskId: taskId("reader") });
    const { stdout } = await bench.run(reader);
    const shared = bench.sandboxFile(contractSpec(shell(""), group), "").replace(/\/$/, "");
    assert.equal(stdout, `${shared}/tasks/reader|${shared}\nhello\n`);
  });

  it("are ended when their sandbox grows beyond their disk", async () => {
    const own = new Bench(host, await temporaryDirectory(), { diskWatchMs: 20 });
    try {
      const amounts = { resources: resources({ cpus: 0.1, mem: 32, disk: 1 }) };
      const text = "head -c 3000000 /dev/zero >file; sleep 1000";
      const { exited } = await own.run(contractSpec(shell(text), amounts));
      assert.equal(exited.limitation?.reason, "container-limitation-disk");
    } finally {
      await own.dispose();
    }
  });

  it("are bounded as they ask for", async () => {
    const rlimits = [{ type: "nofile", soft: 64, hard: 128 }] as const;
    const { stdout } = await bench.run(contractSpec(shell("ulimit -Sn; ulimit -Hn"), { rlimits }));
    assert.equal(stdout, "64\n128\n");
  });

  it("take arguments as they are, and a directory within the sandbox", async () => {
    const argv = ["/bin/sh", "-c", 'pwd; printf "%s|" "$@"', "sh", "a b", "$HOME", "'", '"', "\\", "*", ""];
    const spec = contractSpec({ kind: "argv", argv }, { workingDirectory: "sub" });
    mkdirSync(bench.sandboxFile(spec, "sub"), { recursive: true });
    const { stdout } = await bench.run(spec);
    assert.match(stdout, /\/sub\na b\|\$HOME\|'\|"\|\\\|\*\|\|$/);
  });

  it("are no more root than containers are", { skip: process.getuid?.() !== 0 }, async () => {
    const { stdout } = await bench.run(
      contractSpec(shell("id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status")),
    );
    assert.match(stdout, /^65534\nCapEff:\s0+\nNoNewPrivs:\s1\n$/);
    const refusal = await bench.refused(contractSpec(shell("id"), { user: "root" }));
    assert.equal(refusal.reason, "task-unauthorized");
  });

  it("heed the interrupt signal, as they would when started by hand", async () => {
    const { exited } = await bench.run(contractSpec(shell("kill -INT $$; sleep 5")));
    assert.deepEqual(exited.exit, { kind: "signal", signal: 2 });
  });

  it("take with them what they sent into the background, in sessions of its own", async () => {
    const spec = contractSpec(shell("setsid sleep 1000 & echo $!; sleep 1000"));
    await bench.launched(spec);
    const output = (): string => readFileSync(bench.sandboxFile(spec, "stdout"), "utf8").trim();
    await until("the daemon", () => /^\d+$/.test(output()));
    bench.containers.perform({ type: "remove", containerId: spec.containerId });
    await until("the daemon's end", () => !existsSync(`/proc/${output()}`));
  });

  it("leave nothing running behind in their group", async () => {
    const spec = contractSpec(shell("sleep 1000 & echo $!"));
    const { stdout } = await bench.run(spec);
    await until("the child's end", () => !existsSync(`/proc/${stdout.trim()}`));
  });

  it("are refused an image, with the reason", async () => {
    const root = { kind: "file", path: "/srv/image" } as const;
    const refusal = await bench.refused(contractSpec(shell("id"), { root }));
    assert.match(refusal.message, /an image needs container isolation, and this agent has none: asked for/);
  });
});
