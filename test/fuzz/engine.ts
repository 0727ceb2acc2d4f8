/**
 * Sends requests, several at a time, and keeps what was wrong and what was reached.
 *
 * It knows requests and answers only; where the servers come from and what else must hold is the caller's.
 */

import { type FuzzWorld, generate } from "./generate.ts";
import { judge } from "./judge.ts";
import { describeRequest, type FuzzRequest, repeatCommand } from "./request.ts";
import { type Outcome, send } from "./send.ts";
import type { ServerName } from "./servers.ts";

export type Addresses = Readonly<Record<ServerName, { readonly address: string; readonly port: number }>>;

export type EngineOptions = {
  readonly seed: number;
  readonly addresses: Addresses;
  readonly world: () => FuzzWorld;
  readonly answerWithinMs: number;
  readonly atOnce: number;
};

const problemsMax = 10;

export class Engine {
  readonly #options: EngineOptions;
  readonly problems: string[] = [];
  readonly #known = new Set<string>();
  /** By endpoint, the statuses that it gave. */
  readonly statuses = new Map<string, Map<number, number>>();
  sent = 0;
  slowestMs = 0;
  slowest = "";

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get seed(): number {
    return this.#options.seed;
  }

  /** From `first` on, until `isOver`; resolves with the number that would be next. */
  async run(
    first: number,
    isOver: (number: number) => boolean,
    before: (number: number) => Promise<void>,
  ): Promise<number> {
    let next = first;
    const worker = async (): Promise<void> => {
      while (!isOver(next) && this.problems.length < problemsMax) {
        const number = next;
        next += 1;
        await before(number);
        await this.one(number);
      }
    };
    await Promise.all(Array.from({ length: this.#options.atOnce }, worker));
    return next;
  }

  async one(number: number): Promise<Outcome> {
    return this.sendOne(generate(this.#options.seed, number, this.#options.world()));
  }

  async sendOne(request: FuzzRequest): Promise<Outcome> {
    const { addresses, answerWithinMs, seed } = this.#options;
    const { address, port } = addresses[request.server];
    const startedAtMs = performance.now();
    const outcome = await send(request, port, address, answerWithinMs);
    const tookMs = performance.now() - startedAtMs;
    this.sent += 1;
    if (tookMs > this.slowestMs && request.ending !== "vanish") {
      this.slowestMs = tookMs;
      this.slowest = `${request.number} ${request.server} ${request.endpoint}`;
    }
    this.#count(request, outcome);
    const problem = judge(request, outcome);
    if (problem !== undefined) {
      const again = repeatCommand(request, seed, address, port);
      this.#found(request, problem, `${problem}\n${describeRequest(request)}\nagain: ${again}`);
    }
    return outcome;
  }

  /** The same trouble at the same endpoint is told once. */
  #found({ server, endpoint }: FuzzRequest, problem: string, text: string): void {
    const key = `${server} ${endpoint} ${problem.replace(/[0-9a-f]{8}|\d+/g, "N").slice(0, 60)}`;
    if (this.#known.has(key) || this.problems.length >= problemsMax) return;
    this.#known.add(key);
    this.problems.push(text);
  }

  #count(request: FuzzRequest, outcome: Outcome): void {
    const key = `${request.server} ${request.endpoint}`;
    const counts = this.statuses.get(key) ?? new Map<number, number>();
    this.statuses.set(key, counts);
    const status = outcome.kind === "answered" ? outcome.status : 0;
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
}
