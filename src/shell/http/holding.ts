/**
 * Holds requests back while it changes who answers them: those that come wait, a few seconds at most, those under way are
 * answered by who took them.
 *
 * Nothing that waits was looked at yet, so that it may go to anybody.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#base/limits.ts";
import { messageAnswer } from "./answers.ts";
import { sendBody } from "./send.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const pollMs = 5;

export class Holding {
  #handler: Handler;
  /** Undefined: nothing is held back. */
  #held: Set<() => void> | undefined;
  readonly #underWay = new Set<ServerResponse>();
  #lastAtMs = performance.now();

  constructor(handler: Handler) {
    this.#handler = handler;
  }

  readonly handle: Handler = (request, response) => {
    this.#lastAtMs = performance.now();
    if (this.#held === undefined) return this.#run(request, response);
    if (this.#held.size >= limits.heldRequestsMax) return sendBody(response, tooLong);
    this.#hold(this.#held, request, response);
  };

  hold(): void {
    this.#held ??= new Set();
  }

  /** From now on this one answers, also what waited. */
  serve(handler: Handler): void {
    this.#handler = handler;
    const held = this.#held;
    this.#held = undefined;
    for (const goOn of held ?? []) goOn();
  }

  /** Resolves when all is answered that was taken; what has no end, and what takes longer, is cut off. */
  async settle(withinMs: number): Promise<void> {
    const endMs = performance.now() + withinMs;
    while (performance.now() < endMs && [...this.#underWay].some(hasEnd)) await sleep(pollMs);
    for (const response of this.#underWay) response.destroy();
  }

  get idleMs(): number {
    return performance.now() - this.#lastAtMs;
  }

  #hold(held: Set<() => void>, request: IncomingMessage, response: ServerResponse): void {
    const over = (): void => {
      clearTimeout(timer);
      held.delete(goOn);
    };
    const goOn = (): void => {
      over();
      if (!response.destroyed) this.#run(request, response);
    };
    const timer = setTimeout(() => {
      over();
      sendBody(response, tooLong);
    }, limits.heldRequestMs);
    held.add(goOn);
    response.once("close", over);
  }

  #run(request: IncomingMessage, response: ServerResponse): void {
    this.#underWay.add(response);
    response.once("close", () => this.#underWay.delete(response));
    this.#handler(request, response);
  }
}

/** Streams have sent their headers, and do not know their length. */
const hasEnd = (response: ServerResponse): boolean =>
  !response.headersSent || response.hasHeader("content-length");

const tooLong = messageAnswer(
  503,
  "Another master takes over, and that takes longer than it should; look at the state, and try again.",
  { "Retry-After": "1" },
);
