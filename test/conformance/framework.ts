/**
 * The framework of the recordings, over our scheduler API: it launches what it is told to, and acknowledges
 * every update that wants it.
 */

import assert from "node:assert/strict";
import { until } from "../until.ts";

type Event = {
  readonly type: string;
  readonly subscribed?: { readonly framework_id: { readonly value: string } };
  readonly offers?: { readonly offers: readonly Offer[] };
  readonly update?: { readonly status: Status };
};

type Offer = { readonly id: { readonly value: string }; readonly agent_id: { readonly value: string } };

type Status = {
  readonly task_id: { readonly value: string };
  readonly agent_id: { readonly value: string };
  readonly state: string;
  readonly uuid?: string;
};

const info = {
  user: "root",
  name: "golden",
  roles: ["golden"],
  capabilities: ["MULTI_ROLE", "RESERVATION_REFINEMENT", "PARTITION_AWARE", "GPU_RESOURCES"].map((type) => ({
    type,
  })),
  failover_timeout: 0,
  checkpoint: true,
  labels: { labels: [{ key: "k", value: "v" }] },
};

export class ReplayFramework {
  readonly #url: string;
  readonly #offers: Offer[] = [];
  readonly #states = new Map<string, string>();
  readonly #abort = new AbortController();
  #stream = "";
  id = "";

  constructor(master: string) {
    this.#url = `${master}/api/v1/scheduler`;
  }

  async subscribe(): Promise<void> {
    const response = await this.#post({ type: "SUBSCRIBE", subscribe: { framework_info: info } });
    assert.equal(response.status, 200, "SUBSCRIBE");
    this.#stream = response.headers.get("mesos-stream-id") ?? "";
    void this.#listen(response);
    await until("SUBSCRIBED", () => this.id !== "");
  }

  /** Tasks by name with their commands, all from one offer. */
  async launch(tasks: Readonly<Record<string, string>>): Promise<void> {
    const offer = await until("an offer", () => this.#offers.shift());
    const resources = [scalar("cpus", 0.1), scalar("mem", 32)];
    const infos = Object.entries(tasks).map(([name, value]) => ({
      name,
      task_id: { value: name },
      agent_id: offer.agent_id,
      resources,
      command: { value, shell: true },
    }));
    const operations = [{ type: "LAUNCH", launch: { task_infos: infos } }];
    await this.#call("ACCEPT", { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0 } });
  }

  /** Until the update that says so is acknowledged. */
  async awaitState(task: string, state: string): Promise<void> {
    await until(`${task} to be ${state}`, () => this.#states.get(task) === state);
  }

  awaitOffer(): Promise<unknown> {
    return until("an offer", () => this.#offers[0]);
  }

  async kill(task: string, agentId: string): Promise<void> {
    await this.#call("KILL", { task_id: { value: task }, agent_id: { value: agentId } });
  }

  async rename(): Promise<void> {
    await this.#call(
      "UPDATE_FRAMEWORK",
      {
        framework_info: {
          ...info,
          name: "golden-renamed",
          roles: ["golden", "golden2"],
          id: { value: this.id },
        },
        suppressed_roles: ["golden2"],
      },
      200,
    );
  }

  async teardown(): Promise<void> {
    await this.#call("TEARDOWN", undefined);
    this.#abort.abort();
  }

  close(): void {
    this.#abort.abort();
  }

  async #call(type: string, payload: unknown, status = 202): Promise<void> {
    const member = payload === undefined ? {} : { [type.toLowerCase()]: payload };
    const response = await this.#post({ framework_id: { value: this.id }, type, ...member });
    assert.equal(response.status, status, `${type}: ${await response.text()}`);
  }

  #post(call: unknown): Promise<Response> {
    return fetch(this.#url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        ...(this.#stream === "" ? {} : { "Mesos-Stream-Id": this.#stream }),
      },
      body: JSON.stringify(call),
      signal: this.#abort.signal,
    });
  }

  async #listen(response: Response): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        for (;;) {
          const [head, length] = /^(\d+)\n/.exec(text) ?? [];
          if (head === undefined || text.length < head.length + Number(length)) break;
          const end = head.length + Number(length);
          await this.#hear(JSON.parse(text.slice(head.length, end)) as Event);
          text = text.slice(end);
        }
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  async #hear(event: Event): Promise<void> {
    if (event.subscribed !== undefined) this.id = event.subscribed.framework_id.value;
    this.#offers.push(...(event.offers?.offers ?? []));
    const status = event.update?.status;
    if (status === undefined) return;
    const { task_id, agent_id, uuid, state } = status;
    if (uuid !== undefined) await this.#call("ACKNOWLEDGE", { agent_id, task_id, uuid });
    this.#states.set(task_id.value, state);
  }
}

const scalar = (name: string, value: number): unknown => ({ name, type: "SCALAR", scalar: { value } });
