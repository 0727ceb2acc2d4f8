/**
 * An endless answer of the live cluster: what came on it, in order.
 *
 * Records are read with code of the tests' own, so that a mistake in ours is not made twice.
 */

import { until } from "../until.ts";
import type { EventJson } from "./recordings.ts";

export class EventStream {
  readonly events: EventJson[] = [];
  readonly #abort = new AbortController();
  /** Told of each event as it comes, one after the other. */
  readonly #hear: (event: EventJson) => Promise<void> | undefined;
  response: Response | undefined;
  hasEnded = false;

  constructor(hear: (event: EventJson) => Promise<void> | undefined = () => undefined) {
    this.#hear = hear;
  }

  async open(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Response> {
    const response = await fetch(url, { method: "POST", headers, body, signal: this.#abort.signal });
    this.response = response;
    void this.#listen(response);
    return response;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await until("the stream to be closed", () => this.hasEnded || this.response === undefined);
  }

  async #listen(response: Response): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of response.body ?? []) {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
          const head = /^(\d+)\n/.exec(rest.subarray(0, 20).toString("latin1"))?.[0] ?? "";
          const end = head.length + Number(head);
          if (head === "" || rest.length < end) break;
          const event = JSON.parse(rest.subarray(head.length, end).toString()) as EventJson;
          rest = rest.subarray(end);
          this.events.push(event);
          await this.#hear(event);
        }
      }
    } catch {
      // Closed by us, or the server is gone.
    }
    this.hasEnded = true;
  }
}
