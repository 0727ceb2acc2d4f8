/**
 * The master's process as the kernel sees it, when it runs on this machine: CPU time and memory.
 *
 * Found by its listening port. Whatever cannot be read (another machine, another user's process) is undefined,
 * and shown as unknown.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export type ProcessUsage = { readonly cpuMs: number; readonly memoryBytes: number };

/** The kernel counts CPU time in hundredths of a second for everyone, whatever its own clock does. */
const tickMs = 10;
const listening = "0A";

/** Reads the process `pid`, or the one that listens at `url`, looked for until it is there. */
export function watchMasterProcess(url: URL, pid: number | undefined): () => ProcessUsage | undefined {
  let known = pid;
  return () => {
    known ??= findMasterProcess(url);
    return known === undefined ? undefined : readUsage(known);
  };
}

function findMasterProcess(url: URL): number | undefined {
  if (!/^(127\.[\d.]+|localhost|\[::1\])$/.test(url.hostname)) return undefined;
  const inodes = listeningInodes(Number(url.port || 80));
  if (inodes.size === 0) return undefined;
  return readNames("/proc")
    .map(Number)
    .find((pid) => pid > 0 && holdsSocket(pid, inodes));
}

function readUsage(pid: number): ProcessUsage | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const memory = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`));
  // The name may hold spaces and parentheses; the numbers come behind the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 13 || memory === null) return undefined;
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, memoryBytes: Number(memory[1]) * 1024 };
}

function listeningInodes(port: number): ReadonlySet<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readText(table).split("\n")) {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      const inode = fields[9];
      if (state === listening && local?.endsWith(`:${hexPort}`) && inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

function holdsSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  return readNames(`/proc/${pid}/fd`).some((name) => {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`)) ?? [];
      return inode !== undefined && inodes.has(inode);
    } catch {
      return false;
    }
  });
}

/** Empty for what is gone or not ours to read. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
