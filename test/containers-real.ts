/**
 * Real containers as a subject of the contract suite, and small helpers that the tests of them share.
 */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { OwnCommand } from "#model/task.ts";
import type { ContainerOutcome, ContainerSpec } from "#ports/containers.ts";
import {
  type AgentContainers,
  type ContainersOptions,
  cgroupParent,
  createContainers,
} from "#shell/containers/create-containers.ts";
import type { HostAbilities } from "#shell/containers/host-abilities.ts";
import type { ContractSubject } from "./containers-contract.ts";
import { until } from "./until.ts";

export const shell = (text: string): OwnCommand => ({ kind: "shell", text });

export const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), "unum-containers-"));

function sandboxFile(directory: string, spec: ContainerSpec, name: string): string {
  const { frameworkId, executorId, nestedTaskId } = spec;
  const nested = nestedTaskId === undefined ? [] : ["tasks", nestedTaskId];
  return join(directory, "sandboxes", frameworkId, executorId, ...nested, name);
}

export async function realSubject(host: HostAbilities): Promise<ContractSubject> {
  const directory = await temporaryDirectory();
  const create = (): AgentContainers =>
    createContainers({ host, directory, agentName: "contract", pollMs: 200 });
  let current = create();
  let server: Server | undefined;
  return {
    containers: current,
    restart: async () => {
      await current.close();
      current = create();
      return current;
    },
    until: async (condition, what) => {
      await until(what, condition);
    },
    deaf: async (spec) => {
      const said = () => readFile(sandboxFile(directory, spec, "stdout"), "utf8");
      await until("it to be deaf", async () => (await said()) === "deaf\n");
    },
    settle: () => delay(150),
    dispose: async () => {
      server?.close().closeAllConnections();
      await current.destroyAll();
      await rm(directory, { recursive: true, force: true });
    },
    hasNetworks: host.kind === "oci",
    commands: {
      exits: (code) => shell(`exit ${code}`),
      runs: shell("sleep 1000; sleep 1000"),
      stubborn: shell("trap '' TERM; echo deaf; while :; do sleep 1000; done"),
      passes: shell("test -d ."),
      fails: shell("echo broken; exit 2"),
      hangs: shell("sleep 1000"),
      openPort: async () => {
        server = createServer((_, response) => response.end("well")).listen(0, "127.0.0.1");
        await once(server, "listening");
        return (server.address() as AddressInfo).port;
      },
    },
  };
}

/** An agent's containers on a directory of their own, driven by hand. */
export class Bench {
  readonly directory: string;
  readonly containers: AgentContainers;
  readonly outcomes: ContainerOutcome[] = [];
  readonly #agentName = "bench";

  constructor(host: HostAbilities, directory: string, options: Partial<ContainersOptions> = {}) {
    this.directory = directory;
    this.containers = createContainers({
      host,
      directory,
      agentName: this.#agentName,
      pollMs: 200,
      ...options,
    });
    this.containers.onOutcome((outcome) => this.outcomes.push(outcome));
  }

  sandboxFile(spec: ContainerSpec, name: string): string {
    return sandboxFile(this.directory, spec, name);
  }

  async launched(spec: ContainerSpec): Promise<number> {
    this.containers.perform({ type: "launch", spec });
    const outcome = await this.outcome(spec, ["launched", "launch-failed"]);
    if (outcome.type !== "launched") throw new Error(`not launched: ${JSON.stringify(outcome)}`);
    return outcome.pid;
  }

  /** Runs to its end; gives the exit and what it wrote. */
  async run(
    spec: ContainerSpec,
  ): Promise<{ exited: Extract<ContainerOutcome, { type: "exited" }>; stdout: string; stderr: string }> {
    await this.launched(spec);
    const exited = await this.outcome(spec, ["exited"]);
    if (exited.type !== "exited") throw new Error("unreachable");
    const [stdout, stderr] = await Promise.all(
      ["stdout", "stderr"].map((name) => readFile(this.sandboxFile(spec, name), "utf8")),
    );
    return { exited, stdout: stdout ?? "", stderr: stderr ?? "" };
  }

  async refused(spec: ContainerSpec): Promise<Extract<ContainerOutcome, { type: "launch-failed" }>> {
    this.containers.perform({ type: "launch", spec });
    const outcome = await this.outcome(spec, ["launched", "launch-failed"]);
    if (outcome.type !== "launch-failed") throw new Error("it was launched");
    return outcome;
  }

  async removed(spec: ContainerSpec): Promise<void> {
    this.containers.perform({ type: "remove", containerId: spec.containerId });
    await this.outcome(spec, ["removed"]);
  }

  async outcome(spec: ContainerSpec, types: readonly ContainerOutcome["type"][]): Promise<ContainerOutcome> {
    return until(`${types.join(" or ")} of ${spec.containerId}`, () =>
      this.outcomes.find(
        (outcome) =>
          types.includes(outcome.type) &&
          "containerId" in outcome &&
          outcome.containerId === spec.containerId,
      ),
    );
  }

  /** Where its control groups are, in each hierarchy. */
  cgroupParent(): string {
    return cgroupParent(this.#agentName, this.directory);
  }

  async dispose(): Promise<void> {
    await this.containers.destroyAll();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A small root file system: the shell and a few programs of the host with their libraries. */
export function makeRoot(directory: string): void {
  const programs = ["/bin/sh", "/bin/cat", "/bin/ls", "/usr/bin/id"];
  for (const name of ["etc", "home/worker", "tmp", "proc", "dev"])
    mkdirSync(join(directory, name), { recursive: true });
  for (const name of ["bin", "lib", "lib64", "sbin"]) {
    mkdirSync(join(directory, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, join(directory, name));
  }
  const libraries = execFileSync("sh", ["-c", 'ldd "$@"', "sh", ...programs], { encoding: "utf8" }).matchAll(
    /(\/\S+) \(0x/g,
  );
  const files = new Set([...programs, ...[...libraries].map((match) => match[1] ?? "")]);
  for (const file of files) execFileSync("cp", ["-L", "--parents", file, directory]);
  writeFileSync(
    join(directory, "etc/passwd"),
    "root:x:0:0::/root:/bin/sh\nworker:x:4242:4242::/home/worker:/bin/sh\n",
  );
  writeFileSync(join(directory, "marker"), "original\n");
  execFileSync("chown", ["4242:4242", join(directory, "home/worker")]);
}
