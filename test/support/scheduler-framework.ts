/**
 * A framework for tests, over real HTTP and in either encoding: it subscribes, calls, and keeps all that it
 * hears, in order.
 */

import assert from "node:assert/strict";
import { Agent, type Dispatcher } from "undici";
import { decodeMessage, type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import { until } from "../until.ts";

export type CallMessage = MessageOf<"scheduler.Call">;
export type EventMessage = MessageOf<"scheduler.Event">;
export type StatusMessage = MessageOf<"TaskStatus">;
export type OfferMessage = MessageOf<"Offer">;
type EventType = NonNullable<EventMessage["type"]>;

const mediaTypes = { json: "application/json", protobuf: "application/x-protobuf" } as const;

export type FrameworkOptions = {
  readonly encoding?: Encoding;
  readonly info?: Partial<MessageOf<"FrameworkInfo">>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
};

export const fullInfo: MessageOf<"FrameworkInfo"> = {
  user: "root",
  name: "test",
  roles: ["test"],
  capabilities: [{ type: "MULTI_ROLE" }, { type: "RESERVATION_REFINEMENT" }, { type: "PARTITION_AWARE" }],
};

export class TestFramework {
  readonly events: EventMessage[] = [];
  readonly #baseUrl: string;
  readonly #http = new Agent();
  readonly #encoding: Encoding;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #path: string;
  readonly info: MessageOf<"FrameworkInfo">;
  streamId = "";
  status = 0;
  responseHeaders: Dispatcher.ResponseData["headers"] = {};
  ended = false;
  #body: Dispatcher.ResponseData["body"] | undefined;
  readonly #taken = new Set<EventMessage>();
  readonly #declined = new Set<string>();

  constructor(baseUrl: string, options: FrameworkOptions = {}) {
    this.#baseUrl = baseUrl;
    this.#encoding = options.encoding ?? "json";
    this.#headers = options.headers ?? {};
    this.#path = options.path ?? "/api/v1/scheduler";
    this.info = { ...fullInfo, ...options.info };
  }

  get frameworkId(): string {
    const first = this.events.find(({ type }) => type === "SUBSCRIBED");
    return first?.subscribed?.framework_id.value ?? assert.fail("not subscribed");
  }

  /** With `id`, as the framework of that id. */
  async subscribe(id?: string, more: Partial<MessageOf<"scheduler.Call.Subscribe">> = {}): Promise<void> {
    const framework_id = id === undefined ? undefined : { value: id };
    const info = { ...this.info, id: framework_id };
    const call: CallMessage = {
      type: "SUBSCRIBE",
      framework_id,
      subscribe: { framework_info: info, ...more },
    };
    const answer = await this.#post(call, {});
    this.status = answer.statusCode;
    this.responseHeaders = answer.headers;
    if (answer.statusCode !== 200) assert.fail(`${answer.statusCode} ${await answer.body.text()}`);
    this.streamId = String(answer.headers["mesos-stream-id"]);
    this.#body = answer.body;
    void this.#listen(answer.body);
  }

  /** Of calls with the framework's own id and stream, unless they are given. */
  async send(
    call: CallMessage,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const own = { "mesos-stream-id": this.streamId, ...headers };
    const answer = await this.#post({ framework_id: { value: this.frameworkId }, ...call }, own);
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  /** A call that must be taken. */
  async call(call: CallMessage): Promise<void> {
    assert.deepEqual(await this.send(call), { status: 202, text: "" }, String(call.type));
  }

  /** The next event of the type that was not waited for before. */
  async next(
    type: EventType,
    isWanted: (event: EventMessage) => boolean = () => true,
  ): Promise<EventMessage> {
    const found = await until(`an event ${type}`, () =>
      this.events.find((event) => event.type === type && !this.#taken.has(event) && isWanted(event)),
    );
    this.#taken.add(found);
    return found;
  }

  async statusOf(taskId: string): Promise<StatusMessage> {
    const event = await this.next("UPDATE", ({ update }) => update?.status.task_id.value === taskId);
    return event.update?.status ?? assert.fail();
  }

  /** The next offer, with all others of its event declined for a while. */
  async offer(isWanted: (offer: OfferMessage) => boolean = () => true): Promise<OfferMessage> {
    const event = await this.next("OFFERS", ({ offers }) => (offers?.offers ?? []).some(isWanted));
    const offers = event.offers?.offers ?? [];
    const wanted = offers.find(isWanted) ?? assert.fail();
    const others = offers.filter((each) => each !== wanted).map(({ id }) => id);
    if (others.length > 0)
      await this.call({ type: "DECLINE", decline: { offer_ids: others, filters: { refuse_seconds: 0 } } });
    return wanted;
  }

  /** All that were ever made. */
  get offers(): readonly OfferMessage[] {
    return this.events.flatMap(({ offers }) => offers?.offers ?? []);
  }

  async declineAll(refuseSeconds: number): Promise<void> {
    const open = this.offers.filter(({ id }) => !this.#declined.has(id.value)).map(({ id }) => id);
    if (open.length === 0) return;
    for (const { value } of open) this.#declined.add(value);
    const filters = { refuse_seconds: refuseSeconds };
    await this.call({ type: "DECLINE", decline: { offer_ids: open, filters } });
  }

  async acknowledge({ agent_id, task_id, uuid }: StatusMessage): Promise<void> {
    assert.ok(agent_id !== undefined && uuid !== undefined);
    await this.call({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
  }

  async launch(
    offer: OfferMessage,
    ...tasks: readonly (Partial<MessageOf<"TaskInfo">> & { readonly task_id: { readonly value: string } })[]
  ): Promise<void> {
    const task_infos = tasks.map((task) => ({
      name: task.task_id.value,
      agent_id: offer.agent_id,
      resources: small,
      command: { value: "sleep 1000" },
      ...task,
    }));
    await this.call({
      type: "ACCEPT",
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: "LAUNCH", launch: { task_infos } }],
        filters: { refuse_seconds: 0 },
      },
    });
  }

  /** Goes away without a word. */
  async leave(): Promise<void> {
    this.#body?.destroy();
    await this.#http.destroy();
  }

  #post(call: CallMessage, headers: Readonly<Record<string, string>>): Promise<Dispatcher.ResponseData> {
    const mediaType = mediaTypes[this.#encoding];
    return this.#http.request({
      origin: this.#baseUrl,
      path: this.#path,
      method: "POST",
      headers: { "content-type": mediaType, accept: mediaType, ...this.#headers, ...headers },
      body: encodeMessage(this.#encoding, "scheduler.Call", call),
      bodyTimeout: 0,
    });
  }

  async #listen(body: Dispatcher.ResponseData["body"]): Promise<void> {
    const records = new RecordDecoder();
    try {
      for await (const chunk of body) {
        const read = records.push(chunk as Uint8Array);
        assert.ok(read.ok, read.ok ? "" : read.why);
        for (const record of read.records) {
          const event = decodeMessage(this.#encoding, "scheduler.Event", record);
          assert.ok(event.ok, event.ok ? "" : event.detail);
          this.events.push(event.value);
        }
      }
      this.ended = records.end().ok;
    } catch {
      // The connection broke, or the test is over.
    }
  }
}

export const scalar = (name: string, value: number): MessageOf<"Resource"> => ({
  name,
  type: "SCALAR",
  scalar: { value },
});

export const small = [scalar("cpus", 0.1), scalar("mem", 32)];
