/**
 * Whether the API answers: asked ten times a second, one gateway after the other, and the longest time without an answer.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { PatientClient } from "./http.ts";

const everyMs = 100;
const timeoutMs = 1_000;

export class Availability {
  longestGap = { fromMs: 0, lastsMs: 0 };
  asked = 0;
  answered = 0;
  #lastMs = performance.now();
  #isOver = false;
  readonly #http: PatientClient;
  readonly #gateways: readonly string[];
  readonly #path: string;

  constructor(http: PatientClient, gateways: readonly string[], path: string) {
    this.#http = http;
    this.#gateways = gateways;
    this.#path = path;
  }

  async run(): Promise<void> {
    this.#lastMs = performance.now();
    const open = new Set<Promise<void>>();
    while (!this.#isOver) {
      const asking = this.#ask(this.#gateways[this.asked % this.#gateways.length] ?? "");
      this.asked += 1;
      open.add(asking);
      void asking.then(() => open.delete(asking));
      await sleep(everyMs);
    }
    await Promise.all(open);
  }

  end(): void {
    this.#isOver = true;
  }

  async #ask(gateway: string): Promise<void> {
    const reply = await this.#http.ask("GET", gateway, this.#path, { timeoutMs });
    if (reply?.status !== 200) return;
    const nowMs = performance.now();
    this.answered += 1;
    const lastsMs = nowMs - this.#lastMs;
    if (lastsMs > this.longestGap.lastsMs) this.longestGap = { fromMs: this.#lastMs, lastsMs };
    this.#lastMs = nowMs;
  }
}
