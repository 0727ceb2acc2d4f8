/** Containers of the OCI runtimes on this host: the contract, the walls, root file systems, and what is left. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { milli, resources } from "#model/resources.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
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
const host = await detectHost();
if (host.kind === "oci") {
  rootFileSystems(host);
  restarts(host);
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

    it("a memory hog is killed alone, and the figures are told", async () => {
      const neighbour = contractSpec(shell("sleep 1000"));
      await bench.launched(neighbour);
      const hog = contractSpec(shell("head -c 200000000 /dev/zero | tail -c 190000000 >/dev/null"), {
        resources: resources({ cpus: 0.5, mem: 48 }),
      });
      const { exited } = await bench.run(hog);
      assert.deepEqual(exited.exit, { kind: "signal", signal: 9 });
      assert.equal(exited.outOfMemory?.limitBytes, 48 * 1024 * 1024);
      const peak = exited.outOfMemory?.peakBytes ?? 0;
      assert.ok(peak > 40 * 1024 * 1024 && peak <= 48 * 1024 * 1024, `peak ${peak}`);
      assert.equal(
        bench.outcomes.filter(
          (outcome) => outcome.type === "exited" && outcome.containerId === neighbour.containerId,
        ).length,
        0,
      );
      await bench.removed(neighbour);
    });

    it("a cpu quota is held, and only where one is asked for", async () => {
      const spin = "i=0; while :; do i=$((i+1)); done";
      const hog = contractSpec(shell(spin), { limits: { cpus: milli(0.2) } });
      await bench.launched(hog);
      const statFile = cpuStat(host, bench, hog.containerId);
      const throttled = (): number =>
        Number(/^nr_throttled (\d+)$/m.exec(readFileSync(statFile, "utf8"))?.[1] ?? 0);
      await until("the kernel to throttle it", () => throttled() > 2);
      await bench.removed(hog);
      const free = contractSpec(shell("grep -h . /proc/self/cgroup"));
      await bench.launched(free);
      assert.match(readFileSync(cpuStat(host, bench, free.containerId), "utf8"), /^nr_periods 0$/m);
      await bench.removed(free);
    });

    it("processes are counted and limited", async () => {
      const small = new Bench(host, await temporaryDirectory(), { pidsMax: 16 });
      try {
        const script =
          "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 5 & done; echo all";
        const { stdout, stderr } = await small.run(contractSpec(shell(script)));
        assert.doesNotMatch(stdout, /all/);
        assert.match(stderr, /fork|Resource temporarily unavailable/i);
      } finally {
        await small.dispose();
      }
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

const cpuStat = (host: OciHost, bench: Bench, id: string): string => {
  const mount =
    host.cgroup.mounts.find((path) => /\/(cpu|cpu,cpuacct)$/.test(path)) ?? host.cgroup.mounts[0] ?? "";
  return join(mount, bench.cgroupParent(), id, "cpu.stat");
};

function rootFileSystems(host: OciHost): void {
  describe("root file systems from directories and tarballs", () => {
    let bench: Bench;
    let images: string;
    before(async () => {
      images = await temporaryDirectory();
      bench = new Bench(host, await temporaryDirectory(), { allowedImageDirectories: [images] });
      makeRoot(join(images, "tree"));
      execFileSync("tar", ["-czf", join(images, "tree.tar.gz"), "-C", join(images, "tree"), "."]);
      symlinkSync("/etc", join(images, "outside"));
      writeFileSync(join(images, "broken.tar"), "this is no archive, whatever its name says");
    });
    after(async () => {
      await bench.dispose();
      execFileSync("rm", ["-rf", images]);
    });

    for (const name of ["tree", "tree.tar.gz"]) {
      it(`${name}: its own users, a writable layer that goes with the container, the image unchanged`, async () => {
        const root = { kind: "file", path: join(images, name) } as const;
        const command = shell(
          "id -u; cat /marker; echo changed >/home/worker/marker && cat /home/worker/marker; ls /work /usr/bin/apt",
        );
        const first = await bench.run(contractSpec(command, { root, user: "worker" }));
        assert.equal(first.stdout, "4242\noriginal\nchanged\n");
        const second = await bench.run(contractSpec(shell("ls -A /home/worker"), { root, user: "worker" }));
        assert.equal(second.stdout, "");
        assert.deepEqual(readdirSync(join(images, "tree/home/worker")), []);
      });
    }

    it("a name that this root file system does not know falls back for the default user only", async () => {
      const root = { kind: "file", path: join(images, "tree") } as const;
      const { stdout } = await bench.run(contractSpec(shell("id -u"), { root }));
      assert.equal(stdout, "65534\n");
      await bench.refused(contractSpec(shell("id"), { root, user: "daemon" }));
    });

    it("many at once unpack a tarball once", async () => {
      const path = join(images, "again.tar");
      execFileSync("tar", ["-cf", path, "-C", join(images, "tree"), "."]);
      const cache = join(bench.directory, "images");
      const earlier = readdirSync(cache).length;
      const specs = Array.from({ length: 6 }, () =>
        contractSpec(shell("cat /marker"), { root: { kind: "file", path } }),
      );
      const runs = await Promise.all(specs.map((spec) => bench.run(spec)));
      assert.deepEqual(
        runs.map(({ stdout }) => stdout),
        specs.map(() => "original\n"),
      );
      assert.equal(readdirSync(cache).length, earlier + 1);
    });

    it("paths that lead elsewhere, and what is no image, are refused", async () => {
      const cases: readonly (readonly [string, RegExp])[] = [
        ["/etc", /not below a directory/],
        [`${images}/../../etc`, /not below a directory/],
        [join(images, "outside"), /not below a directory/],
        [join(images, "absent"), /does not exist/],
        ["tree", /not absolute/],
        [join(images, "broken.tar"), /cannot be unpacked/],
      ];
      for (const [path, message] of cases) {
        const refusal = await bench.refused(contractSpec(shell("id"), { root: { kind: "file", path } }));
        assert.match(refusal.message, message);
      }
      assert.deepEqual(
        readdirSync(join(bench.directory, "images")).filter((name) => name.startsWith(".")),
        [],
      );
    });

    it("a tarball cannot write outside of its own directory", async () => {
      const target = join(images, "target");
      const evil = join(images, "evil.tar");
      mkdirSync(target);
      const script = `
import io, sys, tarfile
archive = tarfile.open(sys.argv[1], "w")
link = tarfile.TarInfo("door"); link.type = tarfile.SYMTYPE; link.linkname = sys.argv[2]; archive.addfile(link)
for name in ("door/through", "../../../up", sys.argv[2] + "/absolute"):
  member = tarfile.TarInfo(name); member.size = 4; archive.addfile(member, io.BytesIO(b"evil"))
archive.close()`;
      execFileSync("python3", ["-c", script, evil, target]);
      bench.containers.perform({
        type: "launch",
        spec: contractSpec(shell("id"), { root: { kind: "file", path: evil } }),
      });
      await until("its refusal", () =>
        bench.outcomes.some(
          (outcome) => outcome.type === "launch-failed" && outcome.message.includes("evil.tar"),
        ),
      );
      assert.deepEqual(readdirSync(target), []);
    });
  });
}

/** A small root file system: the shell and a few programs of the host with their libraries. */
function makeRoot(directory: string): void {
  const programs = ["/bin/sh", "/bin/cat", "/bin/ls", "/usr/bin/id"];
  for (const name of ["etc", "home/worker", "tmp", "proc", "dev"])
    mkdirSync(join(directory, name), { recursive: true });
  for (const name of ["bin", "lib", "lib64", "sbin"]) {
    mkdirSync(join(directory, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, join(directory, name));
  }
  const libraries = execFileSync("ldd", programs, { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  const files = new Set([...programs, ...[...libraries].map((match) => match[1] ?? "")]);
  for (const file of files) execFileSync("cp", ["-L", "--parents", file, directory]);
  writeFileSync(
    join(directory, "etc/passwd"),
    "root:x:0:0::/root:/bin/sh\nworker:x:4242:4242::/home/worker:/bin/sh\n",
  );
  writeFileSync(join(directory, "marker"), "original\n");
  execFileSync("chown", ["4242:4242", join(directory, "home/worker")]);
}

function restarts(host: OciHost): void {
  describe("restarts and remains", () => {
    it("tasks of an agent killed with -9 run on, and a new agent finds them and what ended meanwhile", async () => {
      const directory = await temporaryDirectory();
      const stays = contractSpec(shell("sleep 1000"));
      const ends = contractSpec(shell("until [ -e go ]; do sleep 0.02; done; exit 42"));
      const stranger = contractSpec(shell("sleep 1000"));
      const child = spawn(process.execPath, [join(import.meta.dirname, "containers-child.ts")], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      child.stdin.write(`${JSON.stringify({ host, directory, specs: [stays, ends, stranger] })}\n`);
      const told: ContainerOutcome[] = [];
      createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line)));
      await until(
        "three launches in the child",
        () => told.filter((outcome) => outcome.type === "launched").length === 3,
      );
      child.kill("SIGKILL");
      await until("the end of the child", () => child.signalCode !== null);
      const pids = new Map(
        told.map((outcome) => (outcome.type === "launched" ? [outcome.containerId, outcome.pid] : ["", 0])),
      );
      const bench = new Bench(host, directory);
      try {
        writeFileSync(bench.sandboxFile(ends, "go"), "");
        await until("its exit file", () => existsSync(join(directory, "exits", ends.containerId)));
        bench.containers.perform({ type: "recover", known: [stays.containerId, ends.containerId] });
        const recovered = await until("recovery", () =>
          bench.outcomes.find((outcome) => outcome.type === "recovered"),
        );
        assert.deepEqual(recovered, {
          type: "recovered",
          running: [stays.containerId],
          ended: [ends.containerId],
          missing: [],
        });
        const exited = await bench.outcome(ends, ["exited"]);
        assert.deepEqual(exited.type === "exited" && exited.exit, { kind: "code", code: 42 });
        assert.ok(existsSync(`/proc/${pids.get(stays.containerId)}`));
        assert.ok(!existsSync(`/proc/${pids.get(stranger.containerId)}`));
        assert.ok(!existsSync(join(directory, "containers", stranger.containerId)));
      } finally {
        await bench.dispose();
      }
    });

    it("a container whose supervisor was killed is still noticed when it ends", async () => {
      const bench = new Bench(host, await temporaryDirectory(), { pollMs: 30 });
      try {
        const spec = contractSpec(shell("until [ -e go ]; do sleep 0.02; done"));
        const pid = await bench.launched(spec);
        const supervisor = Number(/^PPid:\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
        assert.equal(readFileSync(`/proc/${supervisor}/comm`, "utf8"), "conmon\n");
        process.kill(supervisor, "SIGKILL");
        writeFileSync(bench.sandboxFile(spec, "go"), "");
        const exited = await bench.outcome(spec, ["exited"]);
        assert.deepEqual(exited.type === "exited" && exited.exit, { kind: "signal", signal: 9 });
      } finally {
        await bench.dispose();
      }
    });

    it("after remove nothing is left but the sandbox; after destroyAll nothing of the agent", async () => {
      const images = await temporaryDirectory();
      makeRoot(join(images, "tree"));
      const bench = new Bench(host, await temporaryDirectory(), { allowedImageDirectories: [images] });
      const mountsBefore = readFileSync("/proc/self/mounts", "utf8");
      const roots = [{ kind: "host" }, { kind: "file", path: join(images, "tree") }] as const;
      const specs = roots.map((root) => contractSpec(shell("sleep 1000 & sleep 1000"), { root }));
      const endless = contractSpec(shell("while :; do :; done"), { root: roots[1] });
      for (const spec of [...specs, endless]) await bench.launched(spec);
      const parent = bench.cgroupParent();
      for (const spec of specs) {
        await bench.removed(spec);
        assert.deepEqual(findGroups(host, join(parent, spec.containerId)), []);
        for (const place of ["containers", "exits", "runtime"]) {
          assert.ok(!existsSync(join(bench.directory, place, spec.containerId)), place);
        }
        assert.ok(existsSync(bench.sandboxFile(spec, "stdout")));
      }
      assert.equal(readFileSync("/proc/self/mounts", "utf8"), mountsBefore);
      await bench.containers.destroyAll();
      assert.deepEqual(findGroups(host, parent), []);
      await until("the last process to be gone", () => processesNaming(bench.directory).length === 0);
      assert.deepEqual(readdirSync(bench.directory).sort(), ["images", "sandboxes"]);
      assert.equal(readFileSync("/proc/self/mounts", "utf8"), mountsBefore);
      await bench.dispose();
      execFileSync("rm", ["-rf", images]);
    });
  });
}

const findGroups = (host: OciHost, path: string): readonly string[] =>
  host.cgroup.mounts.map((mount) => join(mount, path)).filter((directory) => existsSync(directory));

/** Supervisors and helpers carry the agent's directory in their arguments or mounts. */
function processesNaming(directory: string): readonly string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    try {
      const text =
        readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/mountinfo`, "utf8");
      if (text.includes(directory)) found.push(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}
