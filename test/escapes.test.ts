/**
 * Ways out of a container that must fail: to a neighbour's files, memory and environment, to the host's kernel,
 * devices and control groups, and through the names that a task leaves in its sandbox for the agent to follow.
 *
 * Each attack is made by an unprivileged task and by root where policy allows root, and says `ESCAPED` when it
 * succeeds. Those that harm nobody are made without walls too, to see that they would succeed there.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { limits } from "#base/limits.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { usualIds } from "#shell/containers/oci/user-ids.ts";
import { tryUserNamespaces } from "#shell/containers/oci/user-namespace-probe.ts";
import { SandboxFiles } from "#shell/sandbox/files.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, shell, temporaryDirectory } from "./containers-real.ts";
import { type Attack, attacks, type Target, toldEscapes } from "./support/attacks.ts";
import { temporaryDirectory as ownDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const host = await detectHost();
/** As an agent's data directory is. */
function openDirectory(): string {
  const directory = ownDirectory("unum-escapes-");
  chmodSync(directory, 0o711);
  return directory;
}
const users = process.getuid?.() === 0 ? await tryUserNamespaces(openDirectory()) : undefined;
const whyNoUsers = users?.works === true ? false : (users?.why ?? "not root");
if (host.kind === "oci") escapes(host);
else it("escapes", { skip: host.why }, () => {});

/** A neighbour that has something to steal, in every place that a task has. */
async function startNeighbour(bench: Bench): Promise<Target> {
  const secret = "c0ffee-of-the-neighbour";
  const text = `echo "$SECRET" >secret; ipcmk -M 4096 >/dev/null 2>&1; while :; do sleep 1000; done`;
  const spec = contractSpec(shell(text), { env: { SECRET: secret } });
  await bench.launched(spec);
  const file = bench.sandboxFile(spec, "secret");
  await until("the neighbour's secret", () => existsSync(file) && readFileSync(file, "utf8") !== "");
  const pid = await until("its shell", () => shellWith(secret));
  return { spec, file, secret: secret.slice(2), pid, directory: bench.directory };
}

function shellWith(secret: string): number | undefined {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "latin1");
    } catch {
      return "";
    }
  };
  const found = pids.find(
    (pid) => /^(sh|dash|bash|busybox)\n$/.test(read(pid, "comm")) && read(pid, "environ").includes(secret),
  );
  return found === undefined ? undefined : Number(found);
}

function canTry({ needs }: Attack): boolean {
  return needs === undefined || existsSync(needs);
}

function escapes(host: OciHost): void {
  describe("a task without walls around it", () => {
    it("does what the same attacks try", async () => {
      const plain = await detectHost({ forcePlain: true });
      const bench = new Bench(plain, await temporaryDirectory(), { allowRoot: true });
      try {
        const target = await startNeighbour(bench);
        for (const attack of attacks) {
          if (!attack.succeedsWithoutWalls || !canTry(attack)) continue;
          const spec = contractSpec(attack.command(target), { user: "root" });
          const { stdout, stderr } = await bench.run(spec);
          assert.notDeepEqual(toldEscapes(stdout), [], `${attack.name}: ${stdout}${stderr}`);
        }
      } finally {
        await bench.dispose();
      }
    });
  });

  const ways = [{ user: undefined }, { user: "root" }, { user: "root", userIds: usualIds }] as const;
  for (const { user, ...own } of ways) {
    const skip = "userIds" in own && whyNoUsers;
    const users = "userIds" in own ? ", with users of its own" : "";
    describe(`a task in a container, as ${user ?? "nobody"}${users}`, { skip }, () => {
      let bench: Bench;
      let target: Target;
      before(async () => {
        const directory = await temporaryDirectory();
        // As an agent's is: what is in it is kept from tasks, not the way through it.
        chmodSync(directory, 0o711);
        bench = new Bench(host, directory, { allowRoot: true, pidsMax: 128, ...own });
        writeFileSync(join(bench.directory, "token"), "the agent's own secret");
        target = await startNeighbour(bench);
      });
      after(() => bench.dispose());

      const attempt = async ({ name, command }: Attack): Promise<void> => {
        const { stdout, stderr } = await bench.run(contractSpec(command(target), { user }));
        assert.deepEqual(toldEscapes(stdout), [], `${name}: ${stdout}${stderr}`);
        // It got as far as its end: nothing failed before it was tried.
        assert.match(stdout, /^tried$/m, `${name}: ${stdout}${stderr}`);
        assert.ok(existsSync(`/proc/${target.pid}`), "the neighbour lives");
      };
      for (const attack of attacks) {
        const skip = canTry(attack) ? false : `no ${attack.needs}`;
        it(attack.name, { skip }, () => attempt(attack));
      }

      it("its signals reach nobody but itself", async () => {
        const own = hostname();
        const text = `hostname escaped 2>/dev/null; kill -9 ${target.pid} ${process.pid}; kill -9 -1; exit 0`;
        const spec = contractSpec(shell(text), { user });
        await bench.launched(spec);
        await bench.outcome(spec, ["exited"]);
        assert.ok(existsSync(`/proc/${target.pid}`), "the neighbour lives");
        assert.equal(hostname(), own);
      });

      it("a bomb of processes ends at the limit: its neighbour and the agent go on, and it is cleared away", async () => {
        const bomb = contractSpec(shell("bomb() { bomb | bomb & bomb; }; bomb; sleep 1000"), { user });
        await bench.launched(bomb);
        const stderr = bench.sandboxFile(bomb, "stderr");
        await until("its forks to fail", () => /fork|unavailable/i.test(readFileSync(stderr, "utf8")));
        const { stdout } = await bench.run(contractSpec(shell("echo another starts")));
        assert.equal(stdout, "another starts\n");
        assert.ok(existsSync(`/proc/${target.pid}`), "the neighbour lives");
        await bench.removed(bomb);
      });

      it("a working directory that is a descriptor of the runtime leads nowhere", async () => {
        const probe = join("..", "..", "..", "..", "..", "..", "..", bench.directory, "token");
        for (let descriptor = 3; descriptor < 16; descriptor += 1) {
          const workingDirectory = `/proc/self/fd/${descriptor}`;
          const spec = contractSpec(shell(`cat ${probe}; ls`), { user, workingDirectory });
          bench.containers.perform({ type: "launch", spec });
          const outcome = await bench.outcome(spec, ["launch-failed", "exited"]);
          if (outcome.type === "exited")
            assert.doesNotMatch(readFileSync(bench.sandboxFile(spec, "stdout"), "utf8"), /own secret/);
        }
      });
    });
  }

  links(host);
}

function links(host: OciHost): void {
  describe("what a task leaves in its sandbox for the agent to follow", () => {
    let bench: Bench;
    let outside: string;
    before(async () => {
      bench = new Bench(host, await temporaryDirectory(), { pollMs: 20, sandboxOutputBytesMax: 1_000 });
      outside = await temporaryDirectory();
      mkdirSync(join(outside, "directory"));
      writeFileSync(join(outside, "file"), "x".repeat(5_000));
      writeFileSync(join(outside, "directory", "kept"), "kept");
    });
    after(async () => {
      await bench.dispose();
      execFileSync("rm", ["-rf", outside]);
    });

    it("links to the host's files are neither read, rotated, nor deleted through", async () => {
      const text = `rm stdout stderr; ln -s ${outside}/file stdout; ln -s ${outside}/directory stderr
        ln -s ${outside}/directory directory; ln -s ${outside}/file link; ln ${outside}/file hard 2>/dev/null
        mkfifo stdout.1; ln -s ${outside}/file stdout.2; echo done >done; sleep 1000`;
      const spec = contractSpec(shell(text));
      await bench.launched(spec);
      await until("its links", () => existsSync(bench.sandboxFile(spec, "done")));
      // One whose output is turned over shows that the agent has been by since.
      const chatty = contractSpec(shell("while :; do echo 0123456789; done"));
      await bench.launched(chatty);
      await until("a rotation", () => existsSync(bench.sandboxFile(chatty, "stdout.2")));
      const files = new SandboxFiles(join(bench.directory, "sandboxes"), bench.containers.volumesIn);
      for (const name of ["stdout", "link", "directory/kept", "stderr/kept", "stdout.2"]) {
        const outcome = await files.read(bench.sandboxFile(spec, name), 0, limits.fileReadBytesMax);
        assert.ok("code" in outcome && outcome.code === "forbidden", `${name}: ${JSON.stringify(outcome)}`);
      }
      assert.equal(readFileSync(join(outside, "file"), "utf8").length, 5_000);
      for (const each of [spec, chatty]) {
        await bench.removed(each);
        const { frameworkId, executorId } = each;
        bench.containers.perform({ type: "remove-sandbox", frameworkId, executorId });
      }
      await until("the removal", () => !existsSync(bench.sandboxFile(spec, ".")));
      await until("the end of it", () => !existsSync(join(bench.directory, "removed")));
      assert.equal(readFileSync(join(outside, "file"), "utf8").length, 5_000);
      assert.equal(readFileSync(join(outside, "directory", "kept"), "utf8"), "kept");
    });
  });
}
