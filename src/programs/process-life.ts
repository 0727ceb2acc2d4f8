/**
 * The life of a master's or an agent's process: what ends it, and what is closed when it ends.
 *
 * It ends on SIGTERM and SIGINT, when its parent asks or is gone, when something fatal happens, and when an
 * error escapes. Whatever was opened is closed in reverse order; one that is told to end while it starts first
 * gets through its start, so that nothing is opened behind its back. Ending never stops a task (law 8).
 */

import type { Log } from "#shell/log/log.ts";
import { type ControlReport, type ControlRequest, isControlRequest } from "./control.ts";

export interface ProcessLife {
  /** Registers how to close what was opened; a step that fails or hangs does not keep the others from it. */
  atEnd(what: string, close: () => void | Promise<void>): void;
  /** The program runs, or could not start: what it opens is registered by now. */
  started(): void;
  /** Ends the process in order; only the first call counts. */
  end(exitCode: number): void;
  /** Aborted when it begins to end: what waits for long need not wait any more. */
  readonly ending: AbortSignal;
  /** Ends it for a reason that the parent and the log are told. */
  fail(reason: string): void;
  /** To the parent, if there is one. */
  report(report: ControlReport): void;
  onRequest(handle: (request: Exclude<ControlRequest, { type: "end" }>) => void): void;
  /** The exit code, when everything is closed. */
  readonly ended: Promise<number>;
}

/** How long all closing may take before the process goes without it. */
const closingMs = 8_000;

export function startProcessLife(log: Log): ProcessLife {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const start = Promise.withResolvers<void>();
  const closers: { readonly what: string; readonly close: () => void | Promise<void> }[] = [];
  let handleRequest: Parameters<ProcessLife["onRequest"]>[0] = () => {};
  let isEnding = false;
  const ending = new AbortController();

  const report = (message: ControlReport): void => {
    // A parent that has just gone is no error: `disconnect` follows.
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  };
  const end = (exitCode: number): void => {
    if (isEnding) return;
    isEnding = true;
    ending.abort();
    setTimeout(() => {
      log.error("closing takes too long; the process ends without it");
      process.exit(exitCode);
    }, closingMs).unref();
    // After a failure the start may never get through.
    const ready = exitCode === 0 ? start.promise : Promise.resolve();
    void ready.then(async () => {
      await closeAll(closers, log);
      if (process.connected) process.disconnect?.();
      resolve(exitCode);
    });
  };
  const fail = (reason: string): void => {
    if (isEnding) return;
    log.error(`ending: ${reason}`);
    report({ type: "failed", reason });
    end(1);
  };

  // A parent that was killed no longer reads what is written here, which must not be taken for a failure.
  process.stderr.on("error", () => {});
  process.stdout.on("error", () => {});
  process.on("SIGTERM", () => end(0));
  process.on("SIGINT", () => end(0));
  const orphaned = (): void => {
    if (!isEnding) log.warn("the parent process is gone: ending too; tasks run on");
    end(0);
  };
  process.on("disconnect", orphaned);
  // It may have gone while our modules were loaded, and the event with it.
  if (process.send !== undefined && !process.connected) orphaned();
  process.on("message", (message) => {
    if (!isControlRequest(message) || isEnding) return;
    if (message.type === "end") end(0);
    else handleRequest(message);
  });
  process.on("uncaughtException", (error) => fail(`a defect: ${error.stack ?? error.message}`));

  return {
    ending: ending.signal,
    started: () => start.resolve(),
    atEnd: (what, close) => closers.push({ what, close }),
    end,
    fail,
    report,
    onRequest: (handle) => {
      handleRequest = handle;
    },
    ended,
  };
}

async function closeAll(
  closers: readonly { readonly what: string; readonly close: () => void | Promise<void> }[],
  log: Log,
): Promise<void> {
  for (const { what, close } of [...closers].reverse()) {
    try {
      await close();
    } catch (error) {
      log.warn(`${what} could not be closed`, {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
