/** Containers that outlive their agent, of both kinds, and what is left of those that do not. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ContainerOutcome, ContainerSpec } from "#ports/containers.ts";
import { createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { HostAbilities, OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

const best = await detectHost();
if (best.kind === "oci") {
  agentKilled("OCI containers", best);
  remains(best);
} else {
  it("OCI containers over a restart", { skip: best.why }, () => {});
}
agentKilled("plain processes", await detectHost({ forcePlain: true }));

/** Launches in a process of its own, which is then killed with -9; gives the pids of the tasks. */
async function launchAndKill(
  host: HostAbilities,
  directory: string,
  specs: readonly ContainerSpec[],
  allowedImageDirectories: readonly string[] = [],
): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve("./containers-child.ts"))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const told: ContainerOutcome[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line)));
  child.stdin.write(`${JSON.stringify({ host, directory, specs, allowedImageDirectories })}\n`);
  const launched = (): readonly Extract<ContainerOutcome, { type: "launched" }>[] =>
    told.filter((outcome) => outcome.type === "launched");
  await until("all launches in the child", () => launched().length === specs.length);
  child.kill("SIGKILL");
  await until("the end of the child", () => child.signalCode !== null);
  return new Map(launched().map(({ containerId, pid }) => [containerId, pid]));
}

function agentKilled(kind: string, host: HostAbilities): void {
  describe(`${kind} of an agent killed with -9`, () => {
    it("run on; a new agent finds them, tells what ended meanwhile, and destroys strangers", async () => {
      const directory = await temporaryDirectory();
      const stays = contractSpec(shell("sleep 1000"));
      const ends = contractSpec(shell("until [ -e go ]; do sleep 0.02; done; exit 42"));
      const stranger = contractSpec(shell("sleep 1000"));
      const pids = await launchAndKill(host, directory, [stays, ends, stranger]);
      const bench = new Bench(host, directory);
      try {
        writeFileSync(bench.sandboxFile(ends, "go"), "");
        await until("its exit file", () => existsSync(join(directory, "exits", ends.containerId)));
        bench.containers.perform({ type: "recover", known: [stays.containerId, ends.containerId] });
        const recovered = await until("recovery", () =>
          bench.outcomes.find((outcome) => outcome.type === "recovered"),
        );
        const expected = { running: [stays.containerId], ended: [ends.containerId], missing: [] };
        assert.deepEqual(recovered, { type: "recovered", ...expected });
        const exited = await bench.outcome(ends, ["exited"]);
        assert.deepEqual(exited.type === "exited" && exited.exit, { kind: "code", code: 42 });
        assert.ok(existsSync(`/proc/${pids.get(stays.containerId)}`));
        await until("the stranger's end", () => !existsSync(`/proc/${pids.get(stranger.containerId)}`));
        assert.ok(!existsSync(join(directory, "containers", stranger.containerId)));
      } finally {
        await bench.dispose();
      }
    });

    it("are all destroyed, and nothing is left, when a new agent on the directory is stopped for good", async () => {
      const directory = await temporaryDirectory();
      const images = await temporaryDirectory();
      const specs = [contractSpec(shell("sleep 1000 & sleep 1000"))];
      if (host.kind === "oci") {
        makeRoot(join(images, "tree"));
        const root = { kind: "file", path: join(images, "tree") } as const;
        specs.push(contractSpec(shell("while :; do :; done"), { root }));
      }
      await launchAndKill(host, directory, specs, [images]);
      const bench = new Bench(host, directory);
      await bench.containers.destroyAll();
      await until("the last process to be gone", () => processesNaming(directory).length === 0);
      assert.deepEqual(
        readdirSync(directory).filter((name) => name !== "images"),
        ["sandboxes"],
      );
      if (host.kind === "oci") assert.deepEqual(findGroups(host, bench.cgroupParent()), []);
      await bench.dispose();
      execFileSync("rm", ["-rf", images]);
    });
  });
}

function remains(host: OciHost): void {
  describe("what is left of OCI containers", () => {
    it("a container whose supervisor was killed is still noticed when it ends", async () => {
      const bench = new Bench(host, await temporaryDirectory(), { pollMs: 30 });
      try {
        const spec = contractSpec(shell("until [ -e go ]; do sleep 0.02; done"));
        const pid = await bench.launched(spec);
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        const supervisor = Number(/^PPid:\s(\d+)$/m.exec(status)?.[1]);
        assert.equal(readFileSync(`/proc/${supervisor}/comm`, "utf8"), "conmon\n");
        process.kill(supervisor, "SIGKILL");
        writeFileSync(bench.sandboxFile(spec, "go"), "");
        const exited = await bench.outcome(spec, ["exited"]);
        assert.deepEqual(exited.type === "exited" && exited.exit, { kind: "signal", signal: 9 });
      } finally {
        await bench.dispose();
      }
    });

    it("after remove only the sandbox; after destroyAll nothing of the agent", async () => {
      const images = await temporaryDirectory();
      makeRoot(join(images, "tree"));
      const bench = new Bench(host, await temporaryDirectory(), { allowedImageDirectories: [images] });
      const mountsBefore = readFileSync("/proc/self/mounts", "utf8");
      const roots = [{ kind: "host" }, { kind: "file", path: join(images, "tree") }] as const;
      const specs = roots.map((root) =>
        contractSpec(shell("while :; do :; done & read nothing; wait"), { root }),
      );
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

    it("what an agent of another name left in control groups is found and freed, and no other agent's is touched", async () => {
      const directory = await temporaryDirectory();
      const other = new Bench(host, await temporaryDirectory());
      const neighbour = contractSpec(shell("sleep 1000"));
      const pid = await other.launched(neighbour);
      await launchAndKill(host, directory, [contractSpec(shell("sleep 1000"))]);
      const parent = readFileSync(join(directory, "cgroup-parent"), "utf8");
      assert.ok(findGroups(host, parent).length > 0);
      const containers = createContainers({ host, directory, agentName: "renamed" });
      await containers.destroyAll();
      assert.deepEqual(findGroups(host, parent), []);
      assert.ok(!existsSync(join(directory, "cgroup-parent")));
      assert.ok(existsSync(`/proc/${pid}`));
      await other.dispose();
      execFileSync("rm", ["-rf", directory]);
    });

    it("an agent's directory may have a long name with blanks and quotes in it", async () => {
      const outer = await temporaryDirectory();
      const directory = join(outer, 'an agent\'s "own" $directory, with blanks'.repeat(3), "x".repeat(120));
      mkdirSync(directory, { recursive: true });
      const bench = new Bench(host, directory);
      const { stdout } = await bench.run(contractSpec(shell("echo fine")));
      assert.equal(stdout, "fine\n");
      await bench.dispose();
      execFileSync("rm", ["-rf", outer]);
    });
  });
}

function findGroups(host: OciHost, path: string): readonly string[] {
  return host.cgroup.mounts.map((mount) => join(mount, path)).filter((directory) => existsSync(directory));
}

/** Supervisors and helpers carry the agent's directory in their arguments or mounts. */
function processesNaming(directory: string): readonly string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (`${command}${readFileSync(`/proc/${pid}/mountinfo`, "utf8")}`.includes(directory)) found.push(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}
