/**
 * Requests to a cluster in trouble: each has its time, and every answer, or none, is a value.
 */

import { Agent } from "undici";

export type Reply = {
  readonly status: number;
  readonly json: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export class PatientClient {
  readonly #agent = new Agent({ connect: { timeout: 1_000 } });
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Undefined: nobody knows what came of it. */
  async ask(
    method: "GET" | "PUT" | "DELETE" | "POST",
    origin: string,
    path: string,
    options: { readonly body?: unknown; readonly timeoutMs?: number } = {},
  ): Promise<Reply | undefined> {
    const { body, timeoutMs = 2_000 } = options;
    try {
      const answer = await this.#agent.request({
        ...{ origin, path, method, signal: AbortSignal.timeout(timeoutMs) },
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, json: parse(text), headers: answer.headers };
    } catch {
      return undefined;
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
