/**
 * Puts tasks on the agents of a fleet: a framework of its own, over the scheduler API like any other.
 *
 * It stays until the fleet ends, and takes its tasks with it.
 */

import { randomBytes } from "node:crypto";
import { limits } from "#base/limits.ts";
import { launchAll } from "../load/run.ts";
import { connectScheduler } from "../load/scheduler-client.ts";
import { Tally } from "../load/tally.ts";
import { updatesPerCheck } from "./messages.ts";
import type { FleetOptions } from "./options.ts";

/** Resolves when `signal` has ended it or when it failed; the tally knows of what went wrong. */
export async function fillAgents(
  { agents, tasksPerAgent, taskSize, updatesPerSecond }: FleetOptions,
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<Tally> {
  const connections = connectScheduler({ url, token, encoding: "protobuf" });
  const tally = new Tally();
  try {
    await launchAll(
      {
        frameworks: 1,
        tasks: agents * tasksPerAgent,
        rate: undefined,
        until: "signal",
        namePrefix: `fleet-${randomBytes(3).toString("hex")}`,
        launched: () => {},
        job: {
          role: "*",
          size: taskSize,
          command: "sleep 1000000",
          perAcceptMax: Math.min(tasksPerAgent, limits.tasksPerAcceptMax),
          perAgentMax: tasksPerAgent,
          offerHeldMs: undefined,
          failoverSeconds: 86_400,
          checkEverySeconds:
            updatesPerSecond === undefined
              ? undefined
              : (agents * tasksPerAgent * updatesPerCheck) / updatesPerSecond,
        },
      },
      connections,
      tally,
      signal,
    );
  } catch (error) {
    tally.trouble(error instanceof Error ? error.message : String(error));
  } finally {
    await connections.close();
  }
  return tally;
}
