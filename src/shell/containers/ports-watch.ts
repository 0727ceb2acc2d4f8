/**
 * Which containers listen on TCP ports that they were not given: every now and then each socket that listens is
 * traced to the processes that hold it.
 *
 * A group's tasks may use each other's ports. Each port of a container is told once; what comes of it is
 * another's business. All share the host's network: a port of one is a port of everybody.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { HeldContainer } from "./backend.ts";

export type PortsWatchOptions = {
  readonly intervalMs: number;
  /** Those that run now. */
  readonly running: () => readonly HeldContainer[];
  readonly processesOf: (container: HeldContainer) => readonly number[];
  readonly onStray: (container: HeldContainer, ports: readonly number[]) => void;
};

export class PortsWatch {
  readonly #options: PortsWatchOptions;
  readonly #told = new Map<string, Set<number>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PortsWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), this.#options.intervalMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  forget(name: string): void {
    this.#told.delete(name);
  }

  look(): void {
    const running = this.#options.running();
    if (running.length === 0) return;
    const listening = listeningSockets(`${read("/proc/net/tcp")}\n${read("/proc/net/tcp6")}`);
    if (listening.size === 0) return;
    const groups = Map.groupBy(running, ({ frameworkId, executorId }) => `${frameworkId}/${executorId}`);
    for (const members of groups.values()) {
      const given = members.flatMap(({ ports }) => ports ?? []);
      const isGiven = (port: number): boolean => given.some(([first, last]) => port >= first && port <= last);
      for (const container of members) {
        const told = this.#told.get(container.name) ?? new Set();
        const ports = [...this.#portsOf(container, listening)].filter(
          (port) => !isGiven(port) && !told.has(port),
        );
        if (ports.length === 0) continue;
        this.#told.set(container.name, new Set([...told, ...ports]));
        this.#options.onStray(
          container,
          ports.toSorted((left, right) => left - right),
        );
      }
    }
  }

  #portsOf(container: HeldContainer, listening: ReadonlyMap<string, number>): ReadonlySet<number> {
    const ports = new Set<number>();
    for (const pid of this.#options.processesOf(container)) {
      for (const socket of socketsOf(pid)) {
        const port = listening.get(socket);
        if (port !== undefined) ports.add(port);
      }
    }
    return ports;
  }
}

const LISTENING = "0A";

/** Ports by the sockets' inodes, out of the kernel's tables of version 4 and 6. */
export function listeningSockets(tables: string): ReadonlyMap<string, number> {
  const sockets = new Map<string, number>();
  for (const line of tables.split("\n")) {
    // `sl local:port remote:port state queues timer retransmits uid timeout inode …`
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.split(":").at(-1) ?? "", 16);
    if (state === LISTENING && port > 0) sockets.set(inode, port);
  }
  return sockets;
}

/** The inodes of the sockets that a process holds; none of one that is gone by now. */
function socketsOf(pid: number): readonly string[] {
  const sockets: string[] = [];
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
        if (inode !== undefined) sockets.push(inode);
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // Ended meanwhile.
  }
  return sockets;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
