/**
 * Network namespaces, each held by a process of its own (`hold.sh`), which is known by a file.
 *
 * No mount is needed to keep one, so it is seen from every mount namespace; and it lives for as long as its holder
 * or a container in it does, whatever becomes of the agent.
 */

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { DEFAULT_PATH } from "../containers/environment.ts";
import { isAlive, type ProcessIdentity, parseIdentity, sendSignal } from "../containers/process-identity.ts";

const SCRIPT = join(import.meta.dirname, "hold.sh");

/** `file`: where its holder writes who it is. Throws what says why it cannot be made. */
export async function holdNamespace(file: string, cgroups: readonly string[]): Promise<ProcessIdentity> {
  await startHolder(file, cgroups);
  const holder = await readHolder(file);
  if (holder === undefined) throw new Error("the holder of the network namespace ended at once");
  return holder;
}

function startHolder(file: string, cgroups: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", [SCRIPT, file, ...cgroups], {
      cwd: "/",
      // In a session of its own: nothing that ends the agent ends it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: `${DEFAULT_PATH}:${process.env.PATH ?? ""}` },
    });
    let said = "";
    let words = "";
    const failed = (why: string): void =>
      reject(new Error(`a network namespace cannot be made: ${words.trim().slice(-300) || why}`));
    const timer = setTimeout(() => child.kill("SIGKILL"), limits.networkPluginTimeoutMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
    child.stdout.on("end", () => {
      if (said.trim() !== "held") return;
      clearTimeout(timer);
      child.unref();
      resolve();
    });
    child.on("error", ({ message }) => failed(message));
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      failed(`its holder ended (${signal ?? code})`);
    });
  });
}

/** Undefined: none was there to write, or the file is not whole. */
export async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  return parseIdentity(await readFile(file, "utf8").catch(() => ""));
}

/** Empty when its holder is gone, and with it what would lead there. */
export const namespacePath = (holder: ProcessIdentity | undefined): string =>
  holder !== undefined && isAlive(holder) ? `/proc/${holder.pid}/ns/net` : "";

/** It is gone when the last container in it is, too. */
export function releaseNamespace(holder: ProcessIdentity | undefined): void {
  if (holder !== undefined && isAlive(holder)) sendSignal(holder.pid, "SIGKILL");
}
