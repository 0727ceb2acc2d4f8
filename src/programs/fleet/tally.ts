/**
 * Counts of what the agents of one thread do; the agents add, the thread reports.
 */

import type { Log } from "#shell/log/log.ts";
import { watchOwnDelay } from "../load/own-delay.ts";
import type { Figures } from "./messages.ts";

export class FleetTally implements Figures {
  connected = 0;
  registered = 0;
  running = 0;
  started = 0;
  ended = 0;
  updates = 0;
  linksLost = 0;
  trouble: string | undefined;
  readonly #late = watchOwnDelay();

  get lateMs(): number {
    return this.#late();
  }

  /** Thousands of agents would say the same: the newest trouble stands for all. */
  readonly log: Log = {
    info: () => {},
    warn: (text, details) => {
      this.trouble = [text, details?.reason].filter((part) => part !== undefined).join(": ");
    },
    error: (text) => {
      this.trouble = text;
    },
  };

  /** A plain value, which can go to another thread. */
  figures(): Figures {
    const { connected, registered, running, started, ended, updates, linksLost, lateMs, trouble } = this;
    return { connected, registered, running, started, ended, updates, linksLost, lateMs, trouble };
  }
}
