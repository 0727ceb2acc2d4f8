/**
 * The terminals that pages have open at an agent, by name: what is typed comes in requests of its own, which find here
 * where it belongs.
 */

import type { SessionInput } from "#ports/sessions.ts";

export type Terminal = {
  readonly input: SessionInput;
  /** Of the newest piece that was done. */
  last: number;
  /** Waits for the command to read. */
  waiting: (() => void) | undefined;
};

/** Those that are open at this agent. */
export class Terminals {
  readonly newName: () => string;
  readonly open = new Map<string, Terminal>();

  /** `newName`: one that nobody can guess. */
  constructor(newName: () => string) {
    this.newName = newName;
  }
}
