/**
 * Connections as a task itself would make them: from inside its network.
 *
 * Most tasks share the host's network, and a socket of this process is as good as one of theirs. Into a network of
 * a task's own a socket cannot be taken, so a small shell goes there, connects, and passes the bytes on; it ends
 * with the connection, and with this process.
 */

import { spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { DEFAULT_PATH } from "./environment.ts";

/** Ready to be written to at once; `connect` is emitted when somebody listens at the other end. */
export type TaskConnection = Socket | Duplex;

/** `pid`: of any process of the task. Throws when that is gone. */
export function connectAs(pid: number, host: string, port: number): TaskConnection {
  const network = `/proc/${pid}/ns/net`;
  return readlinkSync(network) === readlinkSync("/proc/self/ns/net")
    ? connect({ host, port })
    : connectWithin(network, host, port);
}

/** Says `+` when it is connected. When either side is over it goes, and takes its reader along. */
const RELAY =
  'exec 3<>"/dev/tcp/$0/$1" && printf + || exit 1; cat <&3 & exec >&-; cat >&3; kill $! 2>/dev/null';

function connectWithin(network: string, host: string, port: number): Duplex {
  // With a socket as its input bash would take itself for a login from afar, and read root's own settings.
  const argv = [`--net=${network}`, "bash", "--norc", "-c", RELAY, host, String(port)];
  const child = spawn("nsenter", argv, {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    cwd: "/",
    env: { PATH: `${DEFAULT_PATH}:${process.env.PATH ?? ""}` },
  });
  const { stdin, stdout, stderr } = child;
  let words = "";
  let connected = false;
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk, _encoding, callback) => void stdin.write(chunk, () => callback()),
    final: (callback) => void stdin.end(() => callback()),
    destroy: (error, callback) => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        try {
          // The shell and what it started, whom the task may keep waiting.
          process.kill(-child.pid, "SIGKILL");
        } catch {
          // It is gone already.
        }
      }
      callback(error);
    },
  });
  const failed = (why: string): void => {
    if (!connected) stream.destroy(new Error(why));
  };
  stderr.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-500);
  });
  stdin.on("error", () => {});
  stdout.on("data", (chunk: Buffer) => {
    let rest = chunk;
    if (!connected) {
      connected = true;
      rest = chunk.subarray(1);
      stream.emit("connect");
    }
    if (rest.length > 0 && !stream.push(rest)) stdout.pause();
  });
  stdout.on("end", () => {
    if (connected) stream.push(null);
  });
  child.on("error", ({ message }) => failed(`cannot enter the network of the task: ${message}`));
  child.on("close", () => failed(relayFailure(words)));
  return stream;
}

/** The shell's words begin with where in its script it is. */
const relayFailure = (words: string): string => {
  const last = words.trim().split("\n").at(-1) ?? "";
  return last.slice(last.lastIndexOf(": ") + 1).trim() || "the connection could not be made";
};
