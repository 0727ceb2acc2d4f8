/**
 * A master of a test's own that speaks just enough of the scheduler API: it offers whole agents, says that
 * every launched task runs, and keeps count of what the framework did, right or wrong.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";
import { decodeMessage, type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";

type Call = MessageOf<"scheduler.Call">;
type Event = MessageOf<"scheduler.Event">;
type TaskInfo = MessageOf<"TaskInfo">;
type State = MessageOf<"TaskStatus">["state"];

export class StubMaster {
  readonly calls: Call[] = [];
  readonly launched: TaskInfo[] = [];
  readonly acknowledged: string[] = [];
  /** What a master would not have taken. */
  readonly wrongs: string[] = [];
  /** What becomes of a task, one update after the other. */
  becomes: readonly State[] = ["TASK_RUNNING"];
  /** Answered to every call but SUBSCRIBE, when set. */
  refusal: string | undefined;
  readonly #encoding: Encoding;
  readonly #free: Map<string, number>;
  readonly #offers = new Map<string, string>();
  readonly #streams = new Map<string, ServerResponse>();
  readonly #suppressed = new Set<string>();
  readonly #server: Server;
  #serial = 0;

  constructor(encoding: Encoding, agents: number, cpusEach: number) {
    this.#encoding = encoding;
    this.#free = new Map(Array.from({ length: agents }, (_, index) => [`agent-${index}`, cpusEach]));
    this.#server = createServer((request, response) => void this.#serve(request, response));
    after(() => this.#server.closeAllConnections());
    after(() => this.#server.close());
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  called(type: Call["type"]): readonly Call[] {
    return this.calls.filter((call) => call.type === type);
  }

  cutStreams(): void {
    for (const stream of this.#streams.values()) stream.end();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = decodeMessage(this.#encoding, "scheduler.Call", Buffer.concat(chunks));
    if (request.url !== "/api/v1/scheduler" || !call.ok) {
      this.wrongs.push(call.ok ? `a request for ${request.url}` : call.why);
      return void response.writeHead(400).end();
    }
    this.calls.push(call.value);
    if (call.value.type === "SUBSCRIBE") return this.#subscribe(response);
    if (this.refusal !== undefined) return void response.writeHead(400).end(this.refusal);
    response.writeHead(202).end();
    const streamId = String(request.headers["mesos-stream-id"]);
    if (call.value.framework_id?.value !== `framework-${streamId}`) this.wrongs.push("a call of nobody's");
    this.#act(call.value, streamId);
  }

  #subscribe(response: ServerResponse): void {
    this.#serial += 1;
    const id = `stream-${this.#serial}`;
    response.writeHead(200, { "mesos-stream-id": id });
    this.#streams.set(id, response);
    this.#send(id, {
      type: "SUBSCRIBED",
      subscribed: { framework_id: { value: `framework-${id}` }, heartbeat_interval_seconds: 15 },
    });
    this.#send(id, { type: "HEARTBEAT" });
    this.#offer(id);
  }

  #act(call: Call, streamId: string): void {
    for (const { value } of call.accept?.offer_ids ?? call.decline?.offer_ids ?? []) {
      if (!this.#offers.delete(value)) this.wrongs.push(`offer ${value} was not outstanding`);
    }
    for (const operation of call.accept?.operations ?? []) {
      for (const task of operation.launch?.task_infos ?? []) this.#launch(task, streamId);
    }
    if (call.type === "SUPPRESS") this.#suppressed.add(streamId);
    if (call.type === "ACCEPT" || call.type === "DECLINE") this.#offer(this.#nextAfter(streamId));
    if (call.type === "TEARDOWN") {
      this.#streams.get(streamId)?.end();
      this.#streams.delete(streamId);
    }
    const { uuid } = call.acknowledge ?? {};
    if (uuid !== undefined) this.acknowledged.push(Buffer.from(uuid).toString());
  }

  /** Whoever comes behind it and still wants offers. */
  #nextAfter(streamId: string): string | undefined {
    const ids = [...this.#streams.keys()];
    const at = ids.indexOf(streamId);
    return [...ids.slice(at + 1), ...ids.slice(0, at + 1)].find((id) => !this.#suppressed.has(id));
  }

  #launch(task: TaskInfo, streamId: string): void {
    const agent = task.agent_id.value;
    const left = (this.#free.get(agent) ?? 0) - (task.resources?.[0]?.scalar?.value ?? 0);
    if (left < -1e-9) this.wrongs.push(`${agent} was given more than it has`);
    this.#free.set(agent, left);
    this.launched.push(task);
    for (const state of this.becomes) {
      const { task_id, agent_id } = task;
      const uuid = Buffer.from(`${task_id.value} ${state}`);
      this.#send(streamId, { type: "UPDATE", update: { status: { task_id, agent_id, state, uuid } } });
    }
  }

  /** All agents that are not offered and have something left, in one event. */
  #offer(streamId: string | undefined): void {
    if (streamId === undefined) return;
    const offered = new Set(this.#offers.values());
    const offers = [...this.#free].flatMap(([agent, cpus]) => {
      if (offered.has(agent) || cpus < 0.001) return [];
      this.#serial += 1;
      const id = `offer-${this.#serial}`;
      this.#offers.set(id, agent);
      return [offerOf(id, streamId, agent, cpus)];
    });
    if (offers.length > 0) this.#send(streamId, { type: "OFFERS", offers: { offers } });
  }

  #send(streamId: string, event: Event): void {
    const record = encodeMessage(this.#encoding, "scheduler.Event", event);
    this.#streams.get(streamId)?.write(encodeRecord(record));
  }
}

const offerOf = (id: string, streamId: string, agent: string, cpus: number): MessageOf<"Offer"> => ({
  id: { value: id },
  framework_id: { value: `framework-${streamId}` },
  agent_id: { value: agent },
  hostname: agent,
  resources: [
    { name: "cpus", type: "SCALAR", scalar: { value: cpus } },
    { name: "mem", type: "SCALAR", scalar: { value: 100_000 } },
  ],
});
