/**
 * A framework of the recordings at the live cluster: its recorded calls with the ids that things have here,
 * and what it hears.
 *
 * It acknowledges every update, since the recorder did; and a call that uses an offer uses all that it holds,
 * for how resources are cut into offers depends on the moment.
 */

import assert from "node:assert/strict";
import { until } from "../until.ts";
import { EventStream } from "./event-stream.ts";
import type { Answer } from "./judge.ts";
import type { LiveCluster } from "./live-cluster.ts";
import type { EventJson, Recording } from "./recordings.ts";

type Named = { readonly value: string };
type Scalar = { readonly name: string; readonly scalar?: { readonly value: number } };
export type Offer = { readonly id: Named; readonly resources: readonly Scalar[] };
type Status = {
  readonly task_id: Named;
  readonly agent_id?: Named;
  readonly state: string;
  readonly reason?: string;
  readonly uuid?: string;
};
type OperationStatus = { readonly operation_id: Named; readonly uuid?: Named };

const statusIn = (event: EventJson): Status | undefined =>
  (event.update as { readonly status: Status } | undefined)?.status;
const operationIn = (event: EventJson): OperationStatus | undefined =>
  (event.update_operation_status as { readonly status: OperationStatus } | undefined)?.status;
const offersIn = (event: EventJson): readonly Offer[] =>
  (event.offers as { readonly offers: readonly Offer[] } | undefined)?.offers ?? [];
const inverseOffersIn = (event: EventJson): readonly { readonly id: Named }[] =>
  (event.inverse_offers as { readonly inverse_offers: readonly { readonly id: Named }[] } | undefined)
    ?.inverse_offers ?? [];

export class ReplayedFramework {
  readonly stream = new EventStream((event) => this.#hear(event));
  readonly #cluster: LiveCluster;
  readonly #held = new Map<string, Offer>();
  /** Of the last call that used some. */
  #used: readonly string[] = ["none"];
  #streamId = "";
  id = "";

  constructor(cluster: LiveCluster) {
    this.#cluster = cluster;
  }

  get #url(): string {
    return `${this.#cluster.master}/api/v1/scheduler`;
  }

  /** Resolves with what is known when the first event is there. */
  async subscribe(recording: Recording, id = ""): Promise<Response> {
    this.id = id;
    const body = this.ours(recording.request.body ?? "");
    const response = await this.stream.open(this.#url, recording.request.headers, body);
    assert.equal(response.status, 200, recording.name);
    this.#streamId = response.headers.get("mesos-stream-id") ?? "";
    await until("the first event", () => this.stream.events.length > 0 || this.stream.hasEnded);
    return response;
  }

  /** `uuids`: what stands here for a recorded one. */
  async send(recording: Recording, uuids: ReadonlyMap<string, string> = new Map()): Promise<Answer> {
    const { method, headers } = recording.request;
    const body = await this.translate(recording, uuids);
    const streamed = Object.entries(headers).map(([name, value]): [string, string] => [
      name,
      name.toLowerCase() === "mesos-stream-id" ? this.#streamOf(value) : value,
    ]);
    const response = await fetch(this.#url, {
      method,
      headers: streamed,
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
      // Bytes, so that no media type is added to a request that has none.
      ...(method === "GET" ? {} : { body: new TextEncoder().encode(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** A task that was launched and its call not recorded. */
  async launch(name: string, agentId: string, command: string): Promise<void> {
    const offer_ids = (await this.#takeOffers()).map((value) => ({ value }));
    const scalar = (resource: string, value: number) => ({
      name: resource,
      type: "SCALAR",
      scalar: { value },
    });
    const task = {
      name,
      task_id: { value: name },
      agent_id: { value: agentId },
      resources: [scalar("cpus", 0.1), scalar("mem", 32)],
      command: { value: command, shell: true },
    };
    const operations = [{ type: "LAUNCH", launch: { task_infos: [task] } }];
    await this.call("ACCEPT", { offer_ids, operations, filters: { refuse_seconds: 0 } });
  }

  another(): ReplayedFramework {
    return new ReplayedFramework(this.#cluster);
  }

  /** A call that was made and not recorded. */
  async call(type: string, payload?: unknown): Promise<void> {
    const member = payload === undefined ? {} : { [type.toLowerCase()]: payload };
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Mesos-Stream-Id": this.#streamId },
      body: JSON.stringify({ framework_id: { value: this.id }, type, ...member }),
    });
    assert.equal(response.status, 202, `${type}: ${await response.text()}`);
  }

  /** Of the resources that it is offered now, by name. */
  offered(): Readonly<Record<string, number>> {
    return amountsOf([...this.#held.values()]);
  }

  statuses(taskId: string): readonly Status[] {
    return this.stream.events.flatMap((event) => statusIn(event) ?? []).filter(isOf(taskId));
  }

  /** From the recorded ones to those of the same updates here. */
  uuidsLike(recorded: readonly EventJson[]): ReadonlyMap<string, string> {
    const uuids = new Map<string, string>();
    for (const event of recorded) {
      const status = statusIn(event);
      const same = status && this.statuses(status.task_id.value).find(({ state }) => state === status.state);
      if (status?.uuid !== undefined && same?.uuid !== undefined) uuids.set(status.uuid, same.uuid);
      const operation = operationIn(event);
      const live = this.stream.events
        .flatMap((each) => operationIn(each) ?? [])
        .find((each) => each.operation_id.value === operation?.operation_id.value);
      if (operation?.uuid !== undefined && live?.uuid !== undefined)
        uuids.set(operation.uuid.value, live.uuid.value);
    }
    return uuids;
  }

  /** The body of a recorded call with our ids. */
  async translate(recording: Recording, uuids: ReadonlyMap<string, string>): Promise<string> {
    let body = this.ours(recording.request.body ?? "");
    for (const [recorded, live] of uuids) body = body.replaceAll(recorded, live);
    if (/"inverse_offer_ids":/.test(body)) {
      const inverse = await until("an inverse offer", () =>
        this.stream.events.flatMap(inverseOffersIn).at(-1),
      );
      return body.replaceAll(recordedOffer, inverse.id.value);
    }
    if (body.search(recordedOffer) === -1) return body;
    const isStale = recording.name.includes("stale");
    if (!isStale) this.#used = await this.#takeOffers();
    const isTwice = recording.name.includes("twice");
    const ids = this.#used.map((value) => ({ value }));
    const list = JSON.stringify(isTwice ? [...ids, ...ids] : ids);
    return body.replace(/"offer_ids":\[[^\]]*\]/, `"offer_ids":${list}`);
  }

  async #takeOffers(): Promise<readonly string[]> {
    await until("an offer", () => this.#held.size > 0);
    const ids = [...this.#held.keys()];
    this.#held.clear();
    return ids;
  }

  #streamOf(recorded: string): string {
    return /^[0-9a-f-]{36}$/.test(recorded) ? this.#streamId : recorded;
  }

  /** A recorded text with the ids that things have here. */
  ours(text: string): string {
    const { masterId, agentId } = this.#cluster;
    return text
      .replaceAll(/[0-9a-f-]{36}-\d{4}(?!\d)/g, this.id === "" ? `${masterId}-0001` : this.id)
      .replaceAll(/[0-9a-f-]{36}-S0(?!\d)/g, agentId);
  }

  async #hear(event: EventJson): Promise<void> {
    const subscribed = event.subscribed as { readonly framework_id: Named } | undefined;
    if (subscribed !== undefined) this.id = subscribed.framework_id.value;
    for (const offer of offersIn(event)) this.#held.set(offer.id.value, offer);
    const rescinded = (event.rescind as { readonly offer_id: Named } | undefined)?.offer_id.value;
    if (rescinded !== undefined) this.#held.delete(rescinded);
    const { agent_id, task_id, uuid } = statusIn(event) ?? {};
    if (uuid !== undefined) await this.call("ACKNOWLEDGE", { agent_id, task_id, uuid });
  }
}

const recordedOffer = /[0-9a-f-]{36}-O\d+/g;

const isOf =
  (taskId: string) =>
  (status: Status): boolean =>
    status.task_id.value === taskId;

export function amountsOf(offers: readonly Offer[]): Readonly<Record<string, number>> {
  const amounts: Record<string, number> = {};
  for (const { name, scalar } of offers.flatMap(({ resources }) => resources))
    if (scalar !== undefined)
      amounts[name] = Math.round(((amounts[name] ?? 0) + scalar.value) * 1_000) / 1_000;
  return amounts;
}
