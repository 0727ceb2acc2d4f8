/**
 * The servers of a cluster that is exchanged piece by piece: three masters with an etcd and two agents, each a process of
 * whichever release it was started with last.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestEtcd } from "../support/etcd.ts";
import { freePorts } from "../support/free-ports.ts";
import { until } from "../until.ts";
import type { Release } from "./releases.ts";

export type Server = {
  readonly name: string;
  readonly argv: readonly string[];
  readonly data: string;
  readonly isMaster: boolean;
  child?: ChildProcess;
  log: string;
};

export type Servers = {
  readonly masters: readonly Server[];
  readonly agents: readonly Server[];
  /** Of the masters: where frameworks are served, and where people are. */
  readonly apis: readonly string[];
  readonly gateways: readonly string[];
  readonly end: () => Promise<void>;
};

export async function planServers(home: string, token: string): Promise<Servers> {
  const tokenFile = join(home, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const etcd = await TestEtcd.start();
  const ports = await freePorts(10);
  const placeOf = (at: number): string => `127.0.0.1:${ports[at]}`;
  const server = (kind: "master" | "agent", index: number, argv: readonly string[]): Server => {
    const name = `${kind}-${index + 1}`;
    const data = join(home, name);
    const own = [kind, "--data", data, "--token-file", tokenFile];
    return { name, data, argv: [...own, ...argv], isMaster: kind === "master", log: "" };
  };
  const places = [0, 2, 4].map(placeOf).join(",");
  const masters = [0, 2, 4].map((at, index) =>
    server("master", index, [
      ...["--port", String(ports[at]), "--gateway-port", String(ports[at + 1])],
      ...["--store", etcd.url.replace("http://", "etcd://"), "--leader-lease", "10"],
    ]),
  );
  const agents = [6, 8].map((at, index) =>
    server("agent", index, [
      ...["--name", `agent-${index + 1}`, "--master", places, "--port", String(ports[at])],
      ...["--cpus", "4", "--mem", "2048", "--disk", "1000", "--ports", `${ports[at + 1]}-${ports[at + 1]}`],
    ]),
  );
  return {
    ...{ masters, agents },
    apis: [0, 2, 4].map((at) => `http://${placeOf(at)}`),
    gateways: [1, 3, 5].map((at) => `http://${placeOf(at)}`),
    end: async () => {
      for (const { child } of agents) if (child?.connected) child.send({ type: "destroy" }, () => {});
      for (const { child } of agents) if (child?.exitCode === null) await once(child, "exit");
      for (const master of masters) await stopServer(master);
      await etcd.kill();
    },
  };
}

export async function startServer(server: Server, release: Release): Promise<void> {
  const child = fork(join(release.directory, "src/main.ts"), [...server.argv], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  server.child = child;
  let isReady = false;
  server.log = "";
  child.on("message", (message: { readonly type?: string }) => {
    if (message.type === "ready") isReady = true;
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      server.log += chunk;
    });
  await until(
    `${server.name} to run`,
    () => {
      if (child.exitCode !== null) throw new Error(`${server.name} ended: ${server.log}`);
      return isReady || server.log.includes("waiting as a standby");
    },
    120_000,
  );
}

export async function stopServer({ child }: Server): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
