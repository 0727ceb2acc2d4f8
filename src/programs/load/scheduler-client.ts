/**
 * A client of the scheduler API: one stream of events, and calls beside it, in JSON or protobuf.
 *
 * It follows the redirect of a master that does not lead. Whatever a master answers that is no success is a
 * `SchedulerError` whose message is for people. It knows nothing of what a framework does.
 */

import { Agent, type Dispatcher } from "undici";
import { limits } from "#base/limits.ts";
import { decodeMessage, type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";

export type SchedulerCallMessage = MessageOf<"scheduler.Call">;
export type SchedulerEventMessage = MessageOf<"scheduler.Event">;

export class SchedulerError extends Error {
  override readonly name = "SchedulerError";
}

/** Connections to one master, shared by the frameworks of a process. */
export type SchedulerConnections = {
  readonly url: string;
  readonly token: string | undefined;
  readonly encoding: Encoding;
  /** For calls, which wait for each other. */
  readonly calls: Dispatcher;
  /** For whatever must not wait: each has a connection of its own. */
  readonly streams: Dispatcher;
  close(): Promise<void>;
};

export function connectScheduler(
  options: Pick<SchedulerConnections, "url" | "token" | "encoding">,
): SchedulerConnections {
  const timeouts = { connect: { timeout: 5_000 }, headersTimeout: limits.requestTimeoutMs };
  const calls = new Agent({ ...timeouts, connections: callConnections });
  const streams = new Agent({ ...timeouts, pipelining: 1 });
  return {
    ...options,
    calls,
    streams,
    close: async () => {
      await Promise.all([calls.destroy(), streams.destroy()]);
    },
  };
}

const callConnections = 8;
const redirectsMax = 5;
const path = "/api/v1/scheduler";

export class SchedulerClient {
  readonly #connections: SchedulerConnections;
  #origin: string;
  #streamId: string | undefined;

  constructor(connections: SchedulerConnections) {
    this.#connections = connections;
    this.#origin = connections.url;
  }

  /** Events until the master ends the stream or `signal` does; an end by the master is an error. */
  async *subscribe(call: SchedulerCallMessage, signal: AbortSignal): AsyncGenerator<SchedulerEventMessage> {
    const answer = await this.#open(call, signal);
    const decoder = new RecordDecoder();
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      const records = decoder.push(chunk);
      for (const record of records.records) yield this.#decode(record);
      if (!records.ok) throw new SchedulerError(`The master's stream is no RecordIO: ${records.why}.`);
    }
    throw new SchedulerError("The master ended the stream of events.");
  }

  /** Resolves when the master has taken the call; one that is `urgent` waits behind no others. */
  async call(call: SchedulerCallMessage, urgent = false): Promise<void> {
    const { calls, streams } = this.#connections;
    const answer = await this.#send(call, urgent ? streams : calls, undefined);
    const text = await answer.body.text();
    if (answer.statusCode !== 202) throw refusal(call, answer.statusCode, text);
  }

  async #open(call: SchedulerCallMessage, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    for (let turn = 0; turn <= redirectsMax; turn += 1) {
      const answer = await this.#send(call, this.#connections.streams, signal);
      if (answer.statusCode === 200) {
        const streamId = answer.headers["mesos-stream-id"];
        if (typeof streamId === "string") this.#streamId = streamId;
        return answer;
      }
      const text = await answer.body.text();
      const { location } = answer.headers;
      if (answer.statusCode !== 307 || typeof location !== "string")
        throw refusal(call, answer.statusCode, text);
      this.#origin = new URL(location, this.#origin).origin;
    }
    throw new SchedulerError(`The masters pass the framework on more than ${redirectsMax} times.`);
  }

  async #send(
    call: SchedulerCallMessage,
    dispatcher: Dispatcher,
    signal: AbortSignal | undefined,
  ): Promise<Dispatcher.ResponseData> {
    const { token, encoding } = this.#connections;
    try {
      return await dispatcher.request({
        origin: this.#origin,
        path,
        method: "POST",
        headers: {
          accept: mediaTypes[encoding],
          "content-type": mediaTypes[encoding],
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(this.#streamId === undefined ? {} : { "mesos-stream-id": this.#streamId }),
        },
        body: encodeMessage(encoding, "scheduler.Call", call),
        signal: signal ?? null,
        bodyTimeout: signal === undefined ? limits.requestTimeoutMs : 0,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SchedulerError(`${call.type} did not reach ${this.#origin}: ${reason}.`);
    }
  }

  #decode(record: Uint8Array): SchedulerEventMessage {
    const event = decodeMessage(this.#connections.encoding, "scheduler.Event", record);
    if (!event.ok) throw new SchedulerError(`The master sent an event that is none: ${event.detail}.`);
    return event.value;
  }
}

const mediaTypes = { json: "application/json", protobuf: "application/x-protobuf" } as const;

const refusal = (call: SchedulerCallMessage, status: number, text: string): SchedulerError =>
  new SchedulerError(`The master answers ${call.type} with ${status}: ${text.slice(0, 500) || "no reason"}`);
