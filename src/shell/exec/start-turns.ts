/**
 * How many commands one container starts at a time: few, for what the runtime itself takes on its way into a container
 * is charged to it, and a small one would be out of memory by nobody's wish but ours.
 *
 * A turn ends when the command runs, or will not. It never looks at what is started.
 */

import { limits } from "#base/limits.ts";
import { Permits } from "../images/flights.ts";
import { readFileIfThere } from "../process/files.ts";
import type { Started } from "./start.ts";

type Starting = Pick<Started, "child" | "pidFile">;

const LOOK_MS = 10;

export class StartTurns {
  readonly #turns = new Map<string, { readonly permits: Permits; users: number }>();

  /** Resolves as `start` does, which may be before the turn is over. */
  run<Result extends Starting>(container: string, start: () => Promise<Result>): Promise<Result> {
    const turn = this.#turns.get(container) ?? { permits: new Permits(limits.sessionStartsMax), users: 0 };
    this.#turns.set(container, turn);
    turn.users += 1;
    const result = Promise.withResolvers<Result>();
    const over = turn.permits.hold(async () => {
      const started = await start();
      result.resolve(started);
      await untilRunning(started);
    });
    over.catch(result.reject).finally(() => {
      turn.users -= 1;
      if (turn.users === 0) this.#turns.delete(container);
    });
    return result.promise;
  }
}

/** The runtime writes the pid when the command has taken its own place. */
async function untilRunning({ child, pidFile }: Starting): Promise<void> {
  for (let waitedMs = 0; waitedMs < limits.sessionStartTurnMsMax; waitedMs += LOOK_MS) {
    const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    if (isOver || (readFileIfThere(pidFile) ?? "") !== "") return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
