/** Commands inside of real containers: bytes both ways, exits, terminals, and how they are ended. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { limits } from "#base/limits.ts";
import type { ContainerId } from "#model/ids.ts";
import type { SessionSpec } from "#model/session.ts";
import type { OwnCommand } from "#model/task.ts";
import type { SessionRefusal, Sessions } from "#ports/sessions.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { RunningSession } from "./sessions-runner.ts";
import { until } from "./until.ts";

const megabytes = 100;

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  describe(`sessions in containers of ${runtime}`, { skip: host.kind === "plain" && host.why }, () => {
    let bench: Bench;
    let sessions: Sessions;
    let container: ContainerId;
    let pid: number;
    let number = 0;
    const spec = (text: string, given: Partial<SessionSpec> = {}): SessionSpec => {
      number += 1;
      const command: OwnCommand = { kind: "shell", text };
      const plain = { env: {}, terminal: undefined, isDetached: false };
      return { name: `s${number}`, container, command, ...plain, ...given };
    };
    const start = (text: string, given?: Partial<SessionSpec>): Promise<RunningSession> =>
      RunningSession.launch(sessions, spec(text, given));
    const terminal = { columns: 91, rows: 33 };

    before(async () => {
      bench = new Bench(host, await temporaryDirectory());
      assert.ok(bench.containers.sessions !== undefined);
      sessions = bench.containers.sessions;
      const task = contractSpec(shell("sleep 100000"), { env: { GREETING: "hello" } });
      container = task.containerId;
      pid = await bench.launched(task);
    });
    after(() => bench.dispose());

    it("a command runs as the task does, with its environment and in its sandbox", async () => {
      const session = await start(
        'id -u; pwd; echo "$GREETING $OWN"; cat /proc/1/comm; echo bad >&2; exit 7',
        {
          env: { OWN: "mine" },
        },
      );
      const { exit, stdout, stderr } = await session.ended;
      const init = readFileSync(`/proc/${pid}/comm`, "utf8");
      assert.equal(stdout, `65534\n/mnt/mesos/sandbox\nhello mine\n${init}`);
      assert.equal(stderr, "bad\n");
      assert.deepEqual(exit, { kind: "code", code: 7 });
    });

    it("it has the walls of the task: no capability, the filter of system calls, its control groups", async () => {
      const session = await start("cat /proc/self/status; cat /proc/self/cgroup");
      const { stdout } = await session.ended;
      assert.match(stdout, /^CapBnd:\s0+$/m);
      assert.match(stdout, /^CapEff:\s0+$/m);
      assert.match(stdout, /^NoNewPrivs:\s1$/m);
      assert.match(stdout, /^Seccomp:\s2$/m);
      const memory = (text: string) => text.split("\n").find((line) => /:memory:|^0::/.test(line));
      assert.equal(memory(stdout.slice(stdout.indexOf(":"))) === undefined, false);
      assert.ok(stdout.includes(memory(readFileSync(`/proc/${pid}/cgroup`, "utf8")) ?? "?"), stdout);
    });

    it("its files are pipes that can be opened again", async () => {
      const session = await start("cat /dev/stdin >/dev/stdout; echo x >/dev/stderr");
      await session.write(Buffer.from("through"));
      session.input.end();
      assert.deepEqual(await session.ended.then(({ stdout, stderr }) => [stdout, stderr]), [
        "through",
        "x\n",
      ]);
    });

    it(`${megabytes} MB go in and come out again, each byte, at the pace of the reader`, async () => {
      const session = await start("cat", {});
      const sent = createHash("sha256");
      for (let part = 0; part < megabytes; part += 1) {
        const bytes = randomBytes(1_000_000);
        sent.update(bytes);
        await session.write(bytes);
      }
      session.input.end();
      const { bytes, sha256, exit } = await session.ended;
      assert.equal(bytes, megabytes * 1_000_000);
      assert.equal(sha256, sent.digest("hex"));
      assert.deepEqual(exit, { kind: "code", code: 0 });
    });

    it("what was written before the exit arrives, whatever the command left behind", async () => {
      const session = await start("head -c 1000000 /dev/zero; sleep 100000 & sleep 1; exit 3");
      const { bytes, exit } = await session.ended;
      assert.equal(bytes, 1_000_000);
      assert.deepEqual(exit, { kind: "code", code: 3 });
    });

    it("a terminal has the size that was asked for, and the one that it is given later", async () => {
      const session = await start("trap 'stty size' WINCH; stty size; while :; do sleep 0.1; done", {
        terminal,
      });
      await until("the first size", () => session.shown.includes("33 91\r\n"));
      session.input.resize({ columns: 120, rows: 50 });
      await until("the second size", () => session.shown.endsWith("50 120\r\n"));
      await session.write(Buffer.from("\x03"));
      assert.deepEqual((await session.ended).exit, { kind: "code", code: 130 });
    });

    it("what it writes on a terminal comes as it was written, also when it ends before its runtime looks", async () => {
      const written = "l\u00e4st \u001b[1mwords\u001b[0m ".repeat(30);
      const run = async (): Promise<void> => {
        const session = await start(`printf '%s\\n' '${written}'; exit 5`, { terminal });
        const { exit, stdout } = await session.ended;
        // runc tells its terminal a moment late not to put a return before each new line, as its own does.
        assert.equal(stdout.replaceAll(/\r+\n/g, "\r\n"), `${written}\r\n`);
        assert.deepEqual(exit, { kind: "code", code: 5 });
      };
      for (let turn = 0; turn < 4; turn += 1) await Promise.all([run(), run(), run(), run()]);
      const files = join(bench.directory, "containers", container);
      await until("nothing of it to be left", () => !readdirSync(files).some((name) => /\.log$/.test(name)));
    });

    it("a program that is not there says so on the terminal", async () => {
      const argv = ["/no/such/program"] as const;
      const { exit, stdout } = await (await start("", { terminal, command: { kind: "argv", argv } })).ended;
      assert.notDeepEqual(exit, { kind: "code", code: 0 });
      assert.match(stdout, /no such file|not found/i);
    });

    it("Ctrl-C reaches the command of a terminal, and Ctrl-D is its end of input", async () => {
      const sleeping = await start("echo up; exec sleep 100000", { terminal });
      await until("the command", () => sleeping.shown.includes("up"));
      await sleeping.write(Buffer.from("\x03"));
      assert.deepEqual((await sleeping.ended).exit, { kind: "code", code: 130 });
      const reading = await start("cat; exit 4", { terminal });
      await reading.write(Buffer.from("typed\r\x04"));
      const { stdout, exit } = await reading.ended;
      assert.deepEqual(exit, { kind: "code", code: 4 });
      assert.match(stdout, /typed\r\ntyped\r\n/);
    });

    it("it is ended with all that it started, and told apart from one that exits so itself", async () => {
      const session = await start("sleep 4711 & sleep 4712 & echo up; wait");
      await until("the command", () => session.shown.includes("up"));
      assert.equal(sessions.kill(session.key, 9), true);
      assert.deepEqual((await session.ended).exit, { kind: "signal", signal: 9 });
      await until("all of it to be gone", () => !commands().some((text) => /sleep 471[12]/.test(text)));
      assert.equal(sessions.kill(session.key, 9), false);
      const own = await start("exit 137");
      assert.deepEqual((await own.ended).exit, { kind: "code", code: 137 });
    });

    it("a detached one writes into the sandbox; its exit is known until it is removed", async () => {
      const nested = spec("echo out; echo err >&2; exit 5", { isDetached: true, name: "nested" });
      await new Promise<void>((resolve) => sessions.launch(nested, () => resolve()));
      const exit = await new Promise((resolve) => sessions.wait(nested, resolve));
      assert.deepEqual(exit, { kind: "code", code: 5 });
      const sandboxes = join(bench.directory, "sandboxes");
      const [stdout] = readdirSync(sandboxes, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith("containers/nested/stdout"),
      );
      assert.equal(readFileSync(join(sandboxes, stdout ?? ""), "utf8"), "out\n");
      assert.equal(sessions.remove(nested), "removed");
      assert.equal(sessions.remove(nested), "unknown");
      assert.equal(
        sessions.wait(nested, () => {}),
        undefined,
      );
    });

    it("another user, bounds and volumes are the nested one's own, and its rights no more for it", async () => {
      const place = join(bench.directory, "sandboxes");
      const files = (): string =>
        readdirSync(place, { recursive: true, encoding: "utf8" }).find((file) =>
          file.endsWith("containers/other/stdout"),
        ) ?? "";
      const text =
        "id -u; id -g; ulimit -n; grep -E '^(CapBnd|CapEff|NoNewPrivs)' /proc/self/status; " +
        'pwd; cat pool/word; ls "$HOME" >/dev/null 2>&1; echo $?; echo x >mine && echo written';
      await start("mkdir pool; echo shared >pool/word").then(({ ended }) => ended);
      const nested = spec(text, {
        ...{ isDetached: true, name: "other", user: "daemon" },
        rlimits: [{ type: "nofile", soft: 77, hard: 88 }],
        volumes: [{ containerPath: "pool", of: "parent", path: "pool" }],
      });
      await new Promise<void>((resolve, reject) =>
        sessions.launch(nested, (refusal) => (refusal === undefined ? resolve() : reject(refusal))),
      );
      const exit = await new Promise((resolve) => sessions.wait(nested, resolve));
      const own = "/mnt/mesos/sandbox/containers/other";
      const none = "0000000000000000";
      const said = readFileSync(join(place, files()), "utf8").replaceAll(/[\t ]+/g, " ");
      assert.deepEqual(said.split("\n").slice(0, -1), [
        ...["1", "1", "77", `CapEff: ${none}`, `CapBnd: ${none}`, "NoNewPrivs: 1"],
        ...[own, "shared", "2", "written"],
      ]);
      assert.deepEqual(exit, { kind: "code", code: 0 });
      assert.equal(statSync(join(place, files(), "../mine")).uid, 1);
      // The next one of the task's own user finds the way, too.
      const after = spec("id -u; exit 6", { isDetached: true, name: "after" });
      await new Promise<void>((resolve) => sessions.launch(after, () => resolve()));
      assert.deepEqual(await new Promise((resolve) => sessions.wait(after, resolve)), {
        kind: "code",
        code: 6,
      });
      const refused = (given: Partial<SessionSpec>): Promise<SessionRefusal | undefined> =>
        new Promise((resolve) => sessions.launch(spec("true", { isDetached: true, ...given }), resolve));
      for (const user of ["root", "0", "1:0"])
        assert.equal((await refused({ user }))?.code, "forbidden", user);
      assert.match((await refused({ user: "nobody-here" }))?.message ?? "", /no user "nobody-here"/);
      const rlimits = [{ type: "nofile", soft: 5, hard: 2 ** 40 }] as const;
      assert.equal((await refused({ rlimits }))?.code, "refused");
    });

    it("a user's name is looked up among those of the container's image", async () => {
      const images = await temporaryDirectory();
      chmodSync(images, 0o755);
      const path = join(images, "root");
      makeRoot(path);
      const other = new Bench(host, await temporaryDirectory(), { allowedImageDirectories: [images] });
      const task = contractSpec(shell("read line </dev/ptmx"), { root: { kind: "file", path } });
      await other.launched(task);
      const theirs = other.containers.sessions;
      assert.ok(theirs !== undefined);
      const ofImage = (user: string) =>
        RunningSession.launch(theirs, spec("id -u; id -g", { container: task.containerId, user }));
      const { stdout } = await (await ofImage("worker")).ended;
      assert.equal(stdout, "4242\n4242\n");
      // The host has one.
      await assert.rejects(ofImage("daemon"), /no user "daemon" in the task's root file system/);
      await other.dispose();
      await rm(images, { recursive: true, force: true });
    });

    it("a task without bounds has sessions without them, and checks", async () => {
      const rlimits = [{ type: "core", soft: "unlimited", hard: "unlimited" }] as const;
      const task = contractSpec(shell("sleep 100000"), { rlimits });
      await bench.launched(task);
      const { containerId } = task;
      const session = await start("ulimit -c", { container: containerId });
      assert.equal((await session.ended).stdout, "unlimited\n");
      const probe = { kind: "command", command: shell("ulimit -c | grep unlimited") } as const;
      bench.containers.perform({ type: "check", containerId, checkId: "bounds", probe, timeoutMs: 10_000 });
      const checked = await bench.outcome(task, ["check-result"]);
      assert.ok(checked.type === "check-result" && checked.ok, JSON.stringify(checked));
      await bench.removed(task);
    });

    it("what a task puts in the way of a nested one's places leads nowhere", async () => {
      const task = contractSpec(shell("ln -s /etc containers; ln -s /etc pool; sleep 100000"));
      await bench.launched(task);
      await until("its links", () => existsSync(bench.sandboxFile(task, "pool")));
      const launch = (given: Partial<SessionSpec>): Promise<SessionRefusal | undefined> =>
        new Promise((resolve) =>
          sessions.launch(
            spec("true", { container: task.containerId, isDetached: true, user: "daemon", ...given }),
            resolve,
          ),
        );
      assert.match((await launch({}))?.message ?? "", /containers in the sandbox of its parent cannot be/);
      unlinkSync(bench.sandboxFile(task, "containers"));
      const volumes = [{ containerPath: "x", of: "parent", path: "pool" }] as const;
      assert.match((await launch({ volumes }))?.message ?? "", /pool in the sandbox of its parent cannot be/);
      await bench.removed(task);
    });

    it("more than are allowed are refused, and those that run are not disturbed", async () => {
      const waiting: RunningSession[] = [];
      const refusals: string[] = [];
      await Promise.all(
        Array.from({ length: limits.sessionsMax + 4 }, async () => {
          try {
            waiting.push(await start("read line; echo $line"));
          } catch (error) {
            refusals.push(String(error));
          }
        }),
      );
      assert.equal(waiting.length, limits.sessionsMax);
      assert.equal(refusals.length, 4);
      assert.match(refusals[0] ?? "", /runs \d+ commands in containers already/);
      for (const session of waiting) {
        await session.write(Buffer.from("mine\n"));
        assert.equal((await session.ended).stdout, "mine\n");
      }
    });

    it("when the agent's process ends them, nothing of them is left", async () => {
      const other = new Bench(host, await temporaryDirectory());
      const task = contractSpec(shell("sleep 100000"));
      await other.launched(task);
      const theirs = other.containers.sessions;
      assert.ok(theirs !== undefined);
      const session = await RunningSession.launch(
        theirs,
        spec("sleep 27182 & echo up; wait", { container: task.containerId }),
      );
      await until("the command", () => session.shown.includes("up"));
      theirs.close();
      await until("it to be gone", () => !commands().some((text) => text.includes("sleep 27182")));
      await other.dispose();
    });

    it("what an agent that was killed left behind ends before its successor runs anything there", async () => {
      const session = await start("sleep 16180 & echo up; wait");
      await until("the command", () => session.shown.includes("up"));
      // The same directory again, as after a start: it knows nothing of the other's sessions.
      const next = new Bench(host, bench.directory);
      next.containers.perform({ type: "recover", known: [container] });
      await until("recovery", () => next.outcomes.some(({ type }) => type === "recovered"));
      assert.ok(next.containers.sessions !== undefined);
      const later = await RunningSession.launch(next.containers.sessions, spec("echo new"));
      assert.equal((await later.ended).stdout, "new\n");
      assert.ok(!commands().some((text) => text.includes("sleep 16180")));
      await session.ended;
      await next.containers.close();
    });

    it("it ends with its container", async () => {
      const other = contractSpec(shell("sleep 100000"));
      await bench.launched(other);
      const session = await start("sleep 100000", { container: other.containerId });
      await bench.removed(other);
      assert.equal((await session.ended).exit.kind, "code");
      await assert.rejects(start("true", { container: other.containerId }), /cannot be found/);
    });
  });
}

function commands(): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      return [];
    }
  });
}
