/**
 * One session in a container, from here: its output written as it comes, what is typed sent as it is typed.
 *
 * Whoever is slow holds the other back, on both ways. The terminal is left as it was found.
 */

import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { limits } from "#base/limits.ts";
import { decodeMessage, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import type { Api } from "./api.ts";
import { CliError, exitCodes, type RawIo } from "./command.ts";
import { DetachKeys } from "./detach-keys.ts";
import type { Json } from "./json.ts";

export type Nested = { readonly value: string; readonly parent: Json };

export type SessionRun = {
  readonly api: Api;
  /** Of the agent's operator API. */
  readonly path: string;
  /** For errors: `run a command in TASK`. */
  readonly what: string;
  readonly nested: Nested;
  /** The call whose answer is its output. */
  readonly call: Json;
  readonly raw: RawIo;
  readonly isInteractive: boolean;
  readonly hasTerminal: boolean;
  /** No: it is only read, and whoever may write to it. */
  readonly takesInput?: boolean;
  /** From now on what is typed goes there. */
  readonly attached?: () => void;
  /** Typed one after the other they end this, and not what it is attached to; none: nothing does. */
  readonly detachKeys?: readonly number[];
};

type InputMessage = MessageOf<"agent.Call.AttachContainerInput">;
type ProcessMessage = MessageOf<"agent.ProcessIO">;

/** Until the command has ended, and all that it wrote is written; or until somebody wants to be away from it. */
export async function runSession(run: SessionRun): Promise<"ended" | "detached"> {
  const { api, path, what, raw, hasTerminal, isInteractive } = run;
  const output = await api.open({
    ...{ method: "POST", path, what, isPatient: true },
    body: run.call,
    headers: { accept: "application/recordio", "message-accept": "application/x-protobuf" },
  });
  const isRaw = hasTerminal && isInteractive;
  if (isRaw) raw.setRaw(true);
  const detached = Promise.withResolvers<"detached">();
  const stop = run.takesInput === false ? () => {} : sendInput(run, () => detached.resolve("detached"));
  run.attached?.();
  try {
    const written = writeOutput(output.body, raw, what).then(() => "ended" as const);
    const outcome = await Promise.race([written, detached.promise]);
    if (outcome === "detached") {
      written.catch(() => undefined);
      (output.body as Readable).destroy();
    }
    return outcome;
  } finally {
    stop();
    if (isRaw) raw.setRaw(false);
  }
}

async function writeOutput(body: AsyncIterable<Uint8Array>, raw: RawIo, what: string): Promise<void> {
  const decoder = new RecordDecoder();
  const fail = (why: string): never => {
    throw new CliError(`cannot ${what}: the agent's answer broke off: ${why}`, exitCodes.failure);
  };
  try {
    for await (const chunk of body) {
      const read = decoder.push(chunk);
      for (const record of read.records) await writeRecord(record, raw);
      if (!read.ok) fail(read.why);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    fail(error instanceof Error ? error.message : String(error));
  }
  const rest = decoder.end();
  if (!rest.ok) fail(rest.why);
}

async function writeRecord(record: Uint8Array, raw: RawIo): Promise<void> {
  const message = decodeMessage("protobuf", "agent.ProcessIO", record);
  const data = message.ok ? message.value.data : undefined;
  if (data?.data === undefined) return;
  const stream = data.type === "STDERR" ? raw.stderr : raw.stdout;
  if (!stream.write(data.data)) await once(stream, "drain");
}

/** What it returns ends it. */
function sendInput(run: SessionRun, detach: () => void): () => void {
  const { api, path, what, nested, raw, isInteractive, hasTerminal } = run;
  const body = new PassThrough();
  const send = (input: InputMessage): boolean =>
    body.write(
      encodeRecord(
        encodeMessage("protobuf", "agent.Call", {
          type: "ATTACH_CONTAINER_INPUT",
          attach_container_input: input,
        }),
      ),
    );
  const sendIo = (io: ProcessMessage): boolean => send({ type: "PROCESS_IO", process_io: io });
  const sendData = (data: Uint8Array): boolean => sendIo({ type: "DATA", data: { type: "STDIN", data } });
  const keys = new DetachKeys(run.detachKeys ?? []);
  const type = (data: Uint8Array): boolean => {
    // The end of the input is a word of its own.
    if (data.length === 0) return sendData(data);
    const { typed, isDetached } = keys.read(data);
    if (isDetached) detach();
    return typed.length === 0 || sendData(typed);
  };
  const sendSize = (): void => {
    const size = raw.size();
    if (size === undefined) return;
    sendIo({ type: "CONTROL", control: { type: "TTY_INFO", tty_info: { window_size: size } } });
  };
  send({ type: "CONTAINER_ID", container_id: nested as MessageOf<"ContainerID"> });
  const stops: (() => void)[] = [() => void body.destroy()];
  if (hasTerminal) {
    sendSize();
    stops.push(raw.onResize(sendSize));
  }
  if (isInteractive) stops.push(pump(raw.stdin, body, type, hasTerminal));
  else sendData(new Uint8Array(0));
  const beat = setInterval(
    () => sendIo({ type: "CONTROL", control: { type: "HEARTBEAT", heartbeat: {} } }),
    limits.sessionHeartbeatMs,
  );
  stops.push(() => clearInterval(beat));
  // What becomes of the session its output tells; the answer to its input says nothing more.
  void api
    .open({
      ...{ method: "POST", path, what, isPatient: true, bodyStream: body },
      headers: { "content-type": "application/recordio", "message-content-type": "application/x-protobuf" },
    })
    .then(({ body: answer }) => finished(answer as Readable))
    .catch(() => undefined);
  return () => {
    for (const stopIt of stops) stopIt();
  };
}

/** From our input into the request's body, no faster than it takes it. */
function pump(
  stdin: Readable,
  body: PassThrough,
  send: (data: Uint8Array) => boolean,
  hasTerminal: boolean,
): () => void {
  const onData = (chunk: Buffer): void => {
    if (send(chunk)) return;
    stdin.pause();
    body.once("drain", () => stdin.resume());
  };
  // A terminal knows the end by a key.
  const onEnd = (): void => void send(hasTerminal ? Buffer.from("\x04") : new Uint8Array(0));
  stdin.on("data", onData);
  stdin.once("end", onEnd);
  return () => {
    stdin.off("data", onData);
    stdin.off("end", onEnd);
    stdin.pause();
    // A terminal or a pipe that is still open must not keep us.
    (stdin as Readable & { unref?: () => void }).unref?.();
  };
}
