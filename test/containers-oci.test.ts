/** Containers of the OCI runtimes on this host: the contract, and the walls around a task. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { executorId, taskId } from "#model/ids.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { containersContract, contractSpec } from "./containers-contract.ts";
import { Bench, realSubject, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") {
    it(`containers of ${runtime}`, { skip: host.why }, () => {});
    continue;
  }
  containersContract(runtime, () => realSubject(host));
  walls(runtime, host);
}

/** Everything that a container is kept from, and what it is given. */
function walls(runtime: string, host: OciHost): void {
  describe(`walls of ${runtime}`, () => {
    let bench: Bench;
    before(async () => {
      bench = new Bench(host, await temporaryDirectory());
    });
    after(() => bench.dispose());

    it("a task is nobody, without capabilities, and can gain no privileges", async () => {
      const { stdout } = await bench.run(contractSpec(shell("id -u; cat /proc/self/status")));
      assert.match(stdout, /^65534\n/);
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
        assert.match(stdout, new RegExp(`^${set}:\\s0+$`, "m"));
      }
      assert.match(stdout, /^NoNewPrivs:\s1$/m);
      assert.match(stdout, /^Seccomp:\s2$/m);
    });

    it("system calls that no task needs are refused", async () => {
      // Numbers on x86-64 and arm64; each would fail otherwise for a caller with no rights, so EPERM of the
      // filter is told from others by calls that need none: keyctl, userfaultfd, a new user namespace.
      const script = `
        import ctypes, errno, platform
        libc = ctypes.CDLL(None, use_errno=True)
        arm = platform.machine() == "aarch64"
        calls = {"mount": (165, 40), "init_module": (175, 105), "kexec_load": (246, 104), "bpf": (321, 280),
          "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "perf_event_open": (298, 241),
          "io_uring_setup": (425, 425), "unshare": (272, 97), "setns": (308, 268), "reboot": (169, 142),
          "swapon": (167, 224), "pivot_root": (155, 41), "open_by_handle_at": (304, 265), "quotactl": (179, 60)}
        for name, numbers in calls.items():
          ctypes.set_errno(0)
          result = libc.syscall(numbers[arm], 0x10000000, 0, 0, 0, 0, 0)
          print(name, result, errno.errorcode.get(ctypes.get_errno()))
        print("getpid", libc.syscall((39, 172)[arm]) > 0, None)
      `.replaceAll(/^ {8}/gm, "");
      const python = ["python3", "/usr/bin/python3"].find((path) => existsSync(path)) ?? "/usr/bin/python3";
      if (!existsSync(python)) return;
      const spec = contractSpec({ kind: "argv", argv: [python, "-c", script] });
      const { stdout, stderr } = await bench.run(spec);
      const lines = stdout.trim().split("\n");
      assert.equal(lines.length, 17, stderr);
      assert.equal(lines.at(-1), "getpid True None");
      for (const line of lines.slice(0, -1)) assert.match(line, / -1 EPERM$/);
    });

    it("a task sees its own processes only, and its init is the first", async () => {
      const { stdout } = await bench.run(contractSpec(shell("ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm")));
      const [count = "", init = ""] = stdout.split("\n");
      assert.ok(Number(count) <= 5, `it saw ${count} processes`);
      assert.notEqual(init, readFileSync("/proc/1/comm", "utf8").trim());
    });

    it("the host is read-only; secrets, homes, /run and the agent's data are not there", async () => {
      writeFileSync(join(bench.directory, "secret"), "secret", { mode: 0o644 });
      const script = `
        touch /usr/x /etc/x /x 2>/dev/null && echo WROTE
        cat /etc/shadow /etc/gshadow /etc/sudoers 2>/dev/null
        ls -A /root /home /run /mnt /var/log ${bench.directory} 2>/dev/null
        ls -A /etc/ssl/private 2>/dev/null
        echo end`;
      const { stdout } = await bench.run(contractSpec(shell(script)));
      const expected = "/home:\n\n/mnt:\nmesos\n\n/root:\n\n/run:\n\n/var/log:\nend";
      const seen = stdout
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("ls:"))
        .join("\n");
      assert.equal(seen.replace(`\n${bench.directory}:\n`, ""), expected);
    });

    it("a path that the operator shows is there, but for what is masked in it", async () => {
      const shown = await temporaryDirectory();
      mkdirSync(join(shown, "masked"));
      for (const name of ["file", "masked/file"]) writeFileSync(join(shown, name), name);
      execFileSync("chmod", ["-R", "a+rX", shown]);
      const options = { visiblePaths: [shown], maskedPaths: [join(shown, "masked")] };
      const other = new Bench(host, await temporaryDirectory(), options);
      try {
        const { stdout } = await other.run(
          contractSpec(shell(`cat ${shown}/file ${shown}/masked/file; touch ${shown}/x && echo WROTE`)),
        );
        assert.equal(stdout, "file");
      } finally {
        await other.dispose();
        execFileSync("rm", ["-rf", shown]);
      }
    });

    it("root, where policy allows it, is held by the same walls", async () => {
      const rooted = new Bench(host, await temporaryDirectory(), { allowRoot: true });
      try {
        writeFileSync(join(rooted.directory, "secret"), "the agent's secret", { mode: 0o600 });
        const script = `
          id -u; grep CapEff /proc/self/status
          touch /usr/x 2>/dev/null && echo WROTE
          cat /etc/shadow ${rooted.directory}/secret 2>/dev/null
          mount -t tmpfs x /tmp 2>/dev/null && echo MOUNTED
          echo 1 >/proc/sys/kernel/panic && echo TUNED
          mknod /tmp/disk b 8 0 2>/dev/null && echo NODE
          echo end`;
        const { stdout } = await rooted.run(contractSpec(shell(script), { user: "root" }));
        assert.match(stdout, /^0\nCapEff:\s00000000000005fb\nend\n$/);
      } finally {
        await rooted.dispose();
      }
    });

    it("root is refused where policy does not allow it, by any name", async () => {
      for (const user of ["root", "0", "nobody:0", "nobody:root"]) {
        const refusal = await bench.refused(contractSpec(shell("id"), { user }));
        assert.equal(refusal.reason, "task-unauthorized");
      }
      const unknown = await bench.refused(contractSpec(shell("id"), { user: "no-such-user" }));
      assert.match(unknown.message, /no user "no-such-user"/);
    });

    it("/tmp is private and sized, the sandbox is the place to write, the environment is the task's", async () => {
      const script = `
        ls -A /tmp /var/tmp; echo data >/tmp/x && echo data >"$MESOS_SANDBOX/kept" && pwd
        echo "$PATH|$HOME|$GREETING|$MESOS_SANDBOX"; df --output=size /tmp | tail -1`;
      const spec = contractSpec(shell(script), { env: { GREETING: "a 'b' $c", MESOS_SANDBOX: "/etc" } });
      const { stdout } = await bench.run(spec);
      const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
      const sandbox = "/mnt/mesos/sandbox";
      const size = 64 * 1024;
      assert.equal(
        stdout.replaceAll(/^ +/gm, ""),
        `/tmp:\n\n/var/tmp:\n${sandbox}\n${path}|${sandbox}|a 'b' $c|${sandbox}\n${size}\n`,
      );
      assert.equal(readFileSync(bench.sandboxFile(spec, "kept"), "utf8"), "data\n");
    });

    it("nested tasks have a sandbox each and share their executor's, where none takes another's place", async () => {
      const group = { executorId: executorId("pod") };
      const nested = (name: string, text: string) =>
        contractSpec(shell(text), { ...group, nestedTaskId: taskId(name) });
      const writer = nested("writer", "echo mine >own; echo hello >/mnt/mesos/executor/greeting");
      await bench.run(writer);
      const script = `pwd; echo "$MESOS_SANDBOX|$MESOS_DIRECTORY"; ls; cat "$MESOS_DIRECTORY/greeting"
        ls "$MESOS_DIRECTORY/tasks"; cd "$MESOS_DIRECTORY"
        mv tasks away 2>/dev/null || rmdir tasks 2>/dev/null || ln -s /etc tasks/next 2>/dev/null || echo kept`;
      const { stdout } = await bench.run(nested("reader", script));
      const sandbox = "/mnt/mesos/sandbox";
      const seen = `${sandbox}\n${sandbox}|/mnt/mesos/executor\nstderr\nstdout\nhello\nreader\nwriter\nkept\n`;
      assert.equal(stdout, seen);
      assert.equal(readFileSync(bench.sandboxFile(writer, "own"), "utf8"), "mine\n");
      const around = bench.sandboxFile(contractSpec(shell(""), group), "greeting");
      assert.equal(readFileSync(around, "utf8"), "hello\n");
      // What root does there for the next one, such as opening its output, must not lead elsewhere.
      const swap = `cd "$MESOS_DIRECTORY/tasks/writer"; cat own; mv stdout away 2>/dev/null || echo kept
        ln -s /etc/passwd link 2>/dev/null || echo kept; rm -f own 2>/dev/null || echo kept`;
      const swapper = await bench.run(nested("swapper", swap));
      assert.equal(swapper.stdout, "mine\nkept\nkept\nkept\n");
      // Another executor sees nothing of it.
      const stranger = await bench.run(contractSpec(shell("ls -A /mnt/mesos/executor")));
      assert.equal(stranger.stdout, "");
    });

    it("a sandbox that is removed is a fresh one for the next launch, whatever was in it", async () => {
      const first = contractSpec(shell("mkdir -p a/b/c; echo old >file"));
      await bench.run(first);
      const { frameworkId, executorId } = first;
      const second = contractSpec(shell("ls"), { executorId });
      bench.containers.perform({ type: "remove", containerId: first.containerId });
      bench.containers.perform({ type: "remove-sandbox", frameworkId, executorId });
      const { stdout } = await bench.run(second);
      assert.equal(stdout, "stderr\nstdout\n");
      await until("the removal", () => !existsSync(join(bench.directory, "removed")));
    });

    it("a command that is not there, or a directory that is not, is said so", async () => {
      const absent = await bench.run(contractSpec({ kind: "argv", argv: ["no-such-command"] }));
      assert.deepEqual(absent.exited.exit, { kind: "code", code: 127 });
      const refusal = await bench.refused(contractSpec(shell("true"), { workingDirectory: "/nowhere" }));
      assert.match(refusal.message, /nowhere/);
      const empty = await bench.refused(contractSpec({ kind: "argv", argv: [] }));
      assert.match(empty.message, /command is empty/);
    });

    it("output is rotated, and the task goes on writing to the same name", async () => {
      const chatty = new Bench(host, await temporaryDirectory(), {
        sandboxOutputBytesMax: 20_000,
        sandboxOutputFilesMax: 3,
        pollMs: 20,
      });
      try {
        const spec = contractSpec(shell("while :; do echo 0123456789012345678901234567890123456789; done"));
        await chatty.launched(spec);
        await until("two rotated files", () => existsSync(chatty.sandboxFile(spec, "stdout.2")));
        await chatty.removed(spec);
        const names = readdirSync(chatty.sandboxFile(spec, ".")).sort();
        assert.deepEqual(names, ["stderr", "stdout", "stdout.1", "stdout.2"]);
      } finally {
        await chatty.dispose();
      }
    });

    it("a check runs within the task's walls, as its user, with its environment and its sandbox", async () => {
      const env = { GREETING: "hello", OTHER: "task's" };
      const spec = contractSpec(shell("echo here >file; sleep 1000"), { env });
      await bench.launched(spec);
      await until("its file", () => existsSync(bench.sandboxFile(spec, "file")));
      const script = `id -u; cat file; echo $GREETING $OTHER; ls -d /proc/[0-9]* | wc -l | grep -c '^[3-9]$'
        grep -E '^(Seccomp|NoNewPrivs|CapEff|CapBnd):' /proc/self/status; head -c 1000000 /dev/zero; exit 3`;
      const check = { type: "check", containerId: spec.containerId, checkId: "walls" } as const;
      const probe = { command: shell(script), env: { OTHER: "own" } };
      bench.containers.perform({ ...check, probe, timeoutMs: 10_000 });
      const result = await until("its result", () =>
        bench.outcomes.find((outcome) => outcome.type === "check-result"),
      );
      const none = "0000000000000000";
      const status = `CapEff:\t${none}\nCapBnd:\t${none}\nNoNewPrivs:\t1\nSeccomp:\t2\n`;
      assert.ok(result.type === "check-result" && !result.ok);
      assert.ok(
        result.message.startsWith(`exited with 3: 65534\nhere\nhello own\n1\n${status}`),
        result.message,
      );
      assert.ok(result.message.length <= 5_000, `a message of ${result.message.length} characters`);
      await bench.removed(spec);
    });

    it("an agent that ends leaves its control groups to its tasks, and none where there is no task", async () => {
      const own = new Bench(host, await temporaryDirectory());
      const groups = (): readonly string[] =>
        host.cgroup.mounts.map((mount) => join(mount, own.cgroupParent())).filter((path) => existsSync(path));
      const spec = contractSpec(shell("sleep 1000"));
      await own.launched(spec);
      await own.containers.close();
      assert.notDeepEqual(groups(), []);

      const heir = new Bench(host, own.directory);
      heir.containers.perform({ type: "recover", known: [spec.containerId] });
      await until("the recovery", () => heir.outcomes.some(({ type }) => type === "recovered"));
      await heir.removed(spec);
      await heir.containers.close();
      assert.deepEqual(groups(), []);
      await heir.dispose();
    });

    it("TERM reaches every process of the container, whatever its session", async () => {
      const script =
        "setsid sh -c 'trap \"echo told >>told; exit\" TERM; echo up >up; while :; do sleep 0.01; done' & wait";
      const spec = contractSpec(
        shell(`trap : TERM; ${script}; sleep 0.1; until [ -e told ]; do sleep 0.01; done`),
      );
      await bench.launched(spec);
      await until("the child to be up", () => existsSync(bench.sandboxFile(spec, "up")));
      bench.containers.perform({ type: "signal", containerId: spec.containerId, signal: "TERM" });
      await bench.outcome(spec, ["exited"]);
      assert.equal(readFileSync(bench.sandboxFile(spec, "told"), "utf8"), "told\n");
    });
  });
}
