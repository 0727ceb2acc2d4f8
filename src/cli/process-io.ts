/**
 * The world of a command when it is run from a shell: the process's own streams and environment.
 *
 * When the reader of standard output goes away (`unum task list | head`), the signal is aborted instead of an
 * error being thrown.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { CliIo, CliOutput, RawIo } from "./command.ts";

export function openProcessIo(): CliIo {
  const gone = new AbortController();
  const output = (stream: NodeJS.WriteStream): CliOutput => {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      gone.abort();
    });
    return {
      write: (text) => void stream.write(text),
      get isTerminal() {
        return stream.isTTY === true;
      },
      get columns() {
        // 0 is what a terminal says that does not know.
        return stream.columns || 80;
      },
    };
  };
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    readStdin,
    raw: rawIo(),
    env: process.env,
    cwd: process.cwd(),
    packageDirectory: join(import.meta.dirname, "../.."),
    signal: gone.signal,
    nowMs: Date.now,
  };
}

/** Streams are opened when they are asked for: a command that reads nothing must not wait for its input. */
const rawIo = (): RawIo => ({
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  size: () => {
    if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) return undefined;
    const { columns, rows } = process.stdout;
    return columns > 0 && rows > 0 ? { columns, rows } : undefined;
  },
  onResize: (listener) => {
    process.stdout.on("resize", listener);
    return () => void process.stdout.off("resize", listener);
  },
  setRaw: (isRaw) => {
    if (process.stdin.isTTY !== true) return;
    process.stdin.setRawMode(isRaw);
    // Node still makes two of each line feed, with which programs move the cursor straight down.
    if (isRaw) spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  },
});

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
