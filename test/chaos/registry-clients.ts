/**
 * Clients that write, read and remove a few apps without instances, each through any master's gateway, and write down what
 * they asked, when, and what they were answered: a history.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "#base/random.ts";
import type { RegisterOperation } from "../support/linearizable.ts";
import type { PatientClient, Reply } from "./http.ts";

const keys = ["/registers/a", "/registers/b", "/registers/c"];

export class RegistryClients {
  readonly history: RegisterOperation[] = [];
  readonly #http: PatientClient;
  readonly #gateways: readonly string[];
  readonly #chance: Chance;
  #isOver = false;
  #written = 0;

  constructor(http: PatientClient, gateways: readonly string[], chance: Chance) {
    this.#http = http;
    this.#gateways = gateways;
    this.#chance = chance;
  }

  /** Resolves when `end` was called and every client has heard or given up. */
  async run(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#runOne()));
  }

  end(): void {
    this.#isOver = true;
  }

  get unknown(): number {
    return this.history.filter(({ endMs }) => endMs === undefined).length;
  }

  async #runOne(): Promise<void> {
    while (!this.#isOver) {
      await this.#operate();
      await sleep(50 + this.#chance.below(200));
    }
  }

  async #operate(): Promise<void> {
    const key = keys[this.#chance.below(keys.length)] ?? "";
    const gateway = this.#gateways[this.#chance.below(this.#gateways.length)] ?? "";
    const path = `/v2/apps${key}`;
    const startMs = performance.now();
    const add = (call: RegisterOperation["call"], isKnown = true): void => {
      this.history.push({ key, startMs, endMs: isKnown ? performance.now() : undefined, call });
    };
    const draw = this.#chance.below(20);
    if (draw < 10) {
      const reply = await this.#http.ask("GET", gateway, path);
      if (reply?.status === 404) add({ type: "read", value: undefined });
      else if (reply?.status === 200) add({ type: "read", value: readValue(reply) });
      return;
    }
    if (draw < 18) {
      this.#written += 1;
      const value = `v${this.#written}`;
      const body = { cmd: "true", instances: 0, cpus: 0.01, mem: 32, labels: { value } };
      const reply = await this.#http.ask("PUT", gateway, `${path}?force=true`, { body });
      if (isUnknown(reply)) add({ type: "write", value }, false);
      else if (reply.status < 300) add({ type: "write", value });
      return;
    }
    const reply = await this.#http.ask("DELETE", gateway, `${path}?force=true`);
    if (isUnknown(reply)) add({ type: "remove" }, false);
    else if (reply.status === 404) add({ type: "remove-nothing" });
    else if (reply.status < 300) add({ type: "remove" });
  }
}

/** A server's own trouble says nothing of what another did before it. */
const isUnknown = (reply: Reply | undefined): reply is undefined =>
  reply === undefined || reply.status >= 500;

function readValue({ json }: Reply): string | undefined {
  const { app } = json as { readonly app?: { readonly labels?: { readonly value?: string } } };
  return app?.labels?.value;
}
