/**
 * Real pipes between this process and one that it starts.
 *
 * Node gives its children sockets, which a program cannot open again as /dev/stdin. Neither can it make pipes: a
 * shell makes them, and they are opened through it. Any user may open them again, through a descriptor only.
 */

import { spawn } from "node:child_process";
import { closeSync, constants, fchmodSync, openSync } from "node:fs";
import { Socket } from "node:net";

export type Pipes = {
  /** For the child; closed by `release` once it has started. */
  readonly child: readonly [number, number, number];
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  release(): void;
};

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const MAKE_TIMEOUT_MS = 30_000;

/** Says who it is when it has three pipes, as 3, 4 and 5, and holds them until its input ends. */
const maker =
  "exec 6<&0; : | { exec 3<&0; : | { exec 4<&0; : | { exec 5<&0; " +
  'read -r pid rest </proc/self/stat; echo "$pid"; read -r rest <&6; }; }; }';

export async function openPipes(): Promise<Pipes> {
  const shell = spawn("sh", ["-c", maker], { stdio: ["pipe", "pipe", "ignore"], timeout: MAKE_TIMEOUT_MS });
  shell.stdin.on("error", () => {});
  const opened: number[] = [];
  try {
    const pid = await new Promise<string>((resolve, reject) => {
      shell.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
      shell.once("error", reject);
      shell.once("exit", () => reject(new Error("the shell that makes pipes ended too early")));
    });
    const open = (number: number, flags: number): number => {
      const descriptor = openSync(`/proc/${pid}/fd/${number}`, flags);
      opened.push(descriptor);
      return descriptor;
    };
    const child = [open(3, O_RDONLY), open(4, O_WRONLY), open(5, O_WRONLY)] as const;
    for (const descriptor of child) fchmodSync(descriptor, 0o666);
    const input = open(3, O_WRONLY | O_NONBLOCK);
    const outputs = [open(4, O_RDONLY | O_NONBLOCK), open(5, O_RDONLY | O_NONBLOCK)] as const;
    const reading = (fd: number): Socket => new Socket({ fd, readable: true, writable: false });
    return {
      child,
      stdin: new Socket({ fd: input, readable: false, writable: true }),
      stdout: reading(outputs[0]),
      stderr: reading(outputs[1]),
      release: () => {
        for (const descriptor of child) closeSync(descriptor);
      },
    };
  } catch (error) {
    for (const descriptor of opened) closeSync(descriptor);
    throw error;
  } finally {
    shell.stdin.end();
  }
}
