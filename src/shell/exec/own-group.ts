/**
 * How a command gets into control groups of its own before it does anything: it stops itself first, is put there, and
 * goes on. So nothing that it starts, and no memory that it takes, is anywhere else.
 */

import { limits } from "#base/limits.ts";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { SessionGroup } from "#model/session.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { sendSignal } from "../containers/process-identity.ts";
import { readFileIfThere } from "../process/files.ts";
import { isStopped } from "./processes.ts";
import type { Started } from "./start.ts";

/** Of commands in containers, by the container's name and the command's. */
export interface SessionGroups {
  make(container: string, name: string, group: SessionGroup): Promise<void>;
  enter(container: string, name: string, pid: number): Promise<void>;
  usage(container: string, name: string): Omit<ContainerUsage, "timestampMs">;
  remove(container: string, name: string): Promise<void>;
}

/** What is run in the place of `argv`. */
export const stoppedFirst = (argv: readonly string[]): readonly string[] => [
  ...["/bin/sh", "-c", 'kill -s STOP "$$" && exec "$@"', "sh"],
  ...argv,
];

const LOOK_MS = 5;

/** Resolves when it goes on, or has ended. Throws `LaunchRefusal`, with the command still stopped. */
export async function letIn(
  { child, pidFile }: Pick<Started, "child" | "pidFile">,
  enter: (pid: number) => Promise<void>,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < limits.sessionStartTurnMsMax; waitedMs += LOOK_MS) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const pid = Number.parseInt(readFileIfThere(pidFile) ?? "", 10);
    if (pid > 1 && isStopped(pid)) {
      await enter(pid).catch((error: Error) => {
        throw new LaunchRefusal(`it cannot be put into control groups of its own: ${error.message}`);
      });
      sendSignal(pid, "SIGCONT");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new LaunchRefusal("it did not start in time to be put into control groups of its own");
}
