/**
 * The world of a command when it is run from a shell: the process's own streams and environment.
 *
 * When the reader of standard output goes away (`unum task list | head`), the signal is aborted instead of an
 * error being thrown.
 */

import { join } from "node:path";
import type { CliIo, CliOutput } from "./command.ts";

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
    env: process.env,
    cwd: process.cwd(),
    packageDirectory: join(import.meta.dirname, "../.."),
    signal: gone.signal,
    nowMs: Date.now,
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
