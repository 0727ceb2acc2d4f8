/**
 * Runs a CNI plugin: a program of the host's that puts a container into a network, or takes it out.
 *
 * What it says on failure becomes the error's words. One that takes too long, or says too much, is ended.
 */

import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { cniErrorIn } from "#wire/cni/result.ts";
import { DEFAULT_PATH } from "../containers/environment.ts";

export type PluginCall = {
  readonly command: "ADD" | "DEL" | "CHECK";
  readonly containerId: string;
  /** Empty: it is gone already. */
  readonly namespace: string;
  readonly interfaceName: string;
  readonly input: object;
};

export async function findPlugin(directories: readonly string[], type: string): Promise<string | undefined> {
  for (const directory of directories) {
    const file = join(directory, type);
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}

/** What it wrote. Throws what says why it failed. */
export async function runPlugin(
  directories: readonly string[],
  type: string,
  call: PluginCall,
): Promise<Buffer> {
  const program = await findPlugin(directories, type);
  if (program === undefined)
    throw new Error(`the CNI plugin ${type} is not in ${directories.join(" or ") || "any directory"}`);
  const { code, output, words } = await execute(program, directories, call);
  if (code === 0) return output;
  const why = cniErrorIn(output) ?? (words.trim().slice(-500) || `it ended with ${code}`);
  throw new Error(`the CNI plugin ${type} failed to ${call.command}: ${why}`);
}

type Ended = { readonly code: number | string; readonly output: Buffer; readonly words: string };

function execute(program: string, directories: readonly string[], call: PluginCall): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, [], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: `${DEFAULT_PATH}:${process.env.PATH ?? ""}`,
        CNI_COMMAND: call.command,
        CNI_CONTAINERID: call.containerId,
        CNI_NETNS: call.namespace,
        CNI_IFNAME: call.interfaceName,
        CNI_PATH: directories.join(":"),
      },
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let words = "";
    let ended: string | undefined;
    const end = (why: string): void => {
      ended = why;
      // With what it started itself.
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const { networkPluginTimeoutMs: timeoutMs, networkPluginOutputBytesMax: bytesMax } = limits;
    const timer = setTimeout(() => end(`nothing: it took longer than ${timeoutMs} ms`), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else end(`nothing: it wrote more than ${bytesMax} bytes`);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = `${words}${text}`.slice(-2_000);
    });
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(call.input));
    child.on("error", ({ message }) => {
      clearTimeout(timer);
      resolve({ code: "an error", output: Buffer.alloc(0), words: message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: ended ?? code ?? signal ?? "an error", output: Buffer.concat(chunks), words });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
