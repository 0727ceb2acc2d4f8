/**
 * The floor: what conmon and the OCI runtime alone need for the full life of `/bin/true`, one after the other.
 *
 * The containers get the namespaces that tasks get, and as little else as works: no seccomp, few mounts. They
 * are driven by a small shell, so that no large process is forked.
 */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { atEnd } from "./cleanup.ts";
import { type CpuMeter, createCpuMeter } from "./cpu.ts";
import { median } from "./numbers.ts";

export type Floor = { readonly ms: number; readonly cpuMs: number };

/** Medians of `rounds` containers, after one that is not counted. */
export async function measureFloor(host: OciHost, rounds: number): Promise<Floor> {
  const directory = mkdtempSync(join(tmpdir(), "unum-floor-"));
  const meter = createCpuMeter(`unum-bench-floor-${process.pid}`);
  atEnd(meter.close);
  const removeDirectory = atEnd(() => rmSync(directory, { recursive: true, force: true }));
  const lane = openLane(host, directory, meter);
  try {
    const taken: Floor[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const name = `floor-${round}`;
      prepare(join(directory, "containers", name), `${meter.path}/${name}`);
      const cpuBefore = meter.usedUs();
      const startedAt = performance.now();
      const exited = waitForFile(join(directory, "exits"), name);
      const answer = await lane.run(`start ${name}`);
      if (answer !== "started") throw new Error(`the runtime alone starts no container: ${lane.said()}`);
      await exited;
      await lane.run(`remove ${name}`);
      const ms = performance.now() - startedAt;
      if (round > 0) taken.push({ ms, cpuMs: (meter.usedUs() - cpuBefore) / 1000 });
    }
    return { ms: median(taken.map(({ ms }) => ms)), cpuMs: median(taken.map(({ cpuMs }) => cpuMs)) };
  } finally {
    await lane.close();
    await removeDirectory();
  }
}

/** A shell that starts and removes containers, one after the other. */
export function openLane(host: OciHost, directory: string, meter: CpuMeter) {
  for (const name of ["containers", "exits", "state"]) mkdirSync(join(directory, name), { recursive: true });
  const script = join(import.meta.dirname, "floor.sh");
  const args = ["sh", script, host.runtime.path, host.conmon.path, directory, host.hiddenMount ?? ""];
  const child = spawn("unshare", ["--mount", "--propagation", "slave", ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-1_000);
  });
  if (child.pid !== undefined) meter.adopt(child.pid);
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async (line: string): Promise<string> => {
      child.stdin.write(`${line}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error(`the launch helper ended: ${said}`);
      return value;
    },
    said: () => said,
    close: async (): Promise<void> => {
      child.stdin.end();
      await ended;
    },
  };
}

function waitForFile(directory: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(directory, () => {
      if (!readdirSync(directory).includes(name)) return;
      watcher.close();
      resolve();
    });
  });
}

/** A bundle with as little around its command as works. */
export function prepare(bundle: string, cgroupPath: string, args: readonly string[] = ["/bin/true"]): void {
  const root = join(bundle, "rootfs");
  for (const name of ["usr", "proc", "dev"]) mkdirSync(join(root, name), { recursive: true });
  for (const name of ["bin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  const config = {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: 65534, gid: 65534 },
      args,
      env: ["PATH=/bin"],
      cwd: "/",
    },
    root: { path: "rootfs", readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
      { destination: "/usr", type: "bind", source: "/usr", options: ["bind", "ro"] },
    ],
    linux: {
      cgroupsPath: cgroupPath,
      namespaces: [{ type: "pid" }, { type: "mount" }, { type: "ipc" }, { type: "uts" }],
      resources: { memory: { limit: 32 * 1024 * 1024 } },
    },
  };
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
}
