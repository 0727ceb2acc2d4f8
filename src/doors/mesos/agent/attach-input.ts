/**
 * ATTACH_CONTAINER_INPUT: a request whose body is a stream of records, each a call with what was typed.
 *
 * One record is done after the other; while the command does not read, the client is held back. The answer comes
 * when the stream or the session has ended.
 */

import type { BodyAnswer, BodyStream, DoorRequest, Respond } from "#ports/door.ts";
import type { SessionInput } from "#ports/sessions.ts";
import { type ContainerIdMessage, containerPath, inputStep, pathText } from "#wire/mesos/agent/sessions.ts";
import { decodeMessage, type Encoding } from "#wire/mesos/codec/encoding.ts";
import { type AgentCall, agentCallFault } from "#wire/mesos/operator/call-rules.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { AgentContext } from "../../endpoint.ts";
import { mediaTypes, recordIo } from "../media.ts";
import { readAgent } from "./call-tools.ts";
import { type Found, findSession } from "./find-session.ts";
import { checkOwn } from "./own-containers.ts";

export const isStreamed = (headers: DoorRequest["headers"]): boolean => headers["content-type"] === recordIo;

export function attachInput(request: DoorRequest, context: AgentContext, respond: Respond): void {
  const { stream } = request;
  const given = request.headers["message-content-type"];
  const encoding = (["json", "protobuf"] as const).find((candidate) => mediaTypes[candidate] === given);
  if (given === undefined)
    return respond(textAnswer(400, "Expecting 'Message-Content-Type' to be set for streaming requests"));
  if (encoding === undefined)
    return respond(
      textAnswer(415, `Expecting 'Message-Content-Type' of ${mediaTypes.json} or ${mediaTypes.protobuf}`),
    );
  if (stream === undefined) return respond(textAnswer(400, "Received EOF while reading request body"));
  respond({
    kind: "later",
    wait: (answer) => {
      const typing = new Typing(stream, encoding, context, request, answer);
      return () => typing.leave();
    },
  });
}

class Typing {
  readonly #stream: BodyStream;
  readonly #encoding: Encoding;
  readonly #context: AgentContext;
  readonly #request: DoorRequest;
  readonly #answer: (answer: BodyAnswer) => void;
  readonly #decoder = new RecordDecoder();
  readonly #records: Uint8Array[] = [];
  #input: SessionInput | undefined;
  #isFirst = true;
  #isWaiting = false;
  #isBodyOver = false;
  #isOver = false;
  /** What is wrong with the stream behind the records that are still to be done. */
  #fault: string | undefined;

  constructor(
    stream: BodyStream,
    encoding: Encoding,
    context: AgentContext,
    request: DoorRequest,
    answer: (answer: BodyAnswer) => void,
  ) {
    this.#stream = stream;
    this.#encoding = encoding;
    this.#context = context;
    this.#request = request;
    this.#answer = answer;
    stream.read({
      chunk: (bytes) => this.#take(this.#decoder.push(bytes)),
      ended: (isWhole) => {
        if (!isWhole) return this.leave();
        this.#isBodyOver = true;
        this.#take(this.#decoder.end());
      },
    });
  }

  leave(): void {
    this.#isOver = true;
    this.#input?.detach();
    this.#input = undefined;
  }

  #take(records: ReturnType<RecordDecoder["push"]>): void {
    this.#records.push(...records.records);
    if (!records.ok) this.#fault ??= records.why;
    this.#go();
  }

  #go(): void {
    while (!this.#isOver && !this.#isWaiting) {
      const record = this.#records.shift();
      if (record === undefined) break;
      this.#do(record);
    }
    if (this.#isOver) return;
    if (this.#isWaiting) return this.#stream.pause();
    if (this.#fault !== undefined) return this.#finish(textAnswer(400, this.#fault));
    if (!this.#isBodyOver) return this.#stream.resume();
    this.#finish(
      this.#isFirst ? textAnswer(400, "Received EOF while reading request body") : emptyAnswer(200),
    );
  }

  #finish(answer: BodyAnswer): void {
    if (this.#isOver) return;
    this.leave();
    this.#answer(answer);
  }

  #do(record: Uint8Array): void {
    const call = decodeMessage(this.#encoding, "agent.Call", record);
    if (!call.ok) return this.#finish(textAnswer(400, call.why));
    const fault = agentCallFault(call.value);
    if (fault !== undefined) return this.#finish(textAnswer(400, `Failed to validate agent::Call: ${fault}`));
    if (this.#isFirst) return this.#open(call.value);
    const step = inputStep(call.value);
    if (!step.ok) return this.#finish(textAnswer(400, step.fault));
    if (step.value.type === "resize") this.#input?.resize(step.value.size);
    if (step.value.type !== "data") return;
    if (step.value.bytes.length === 0) this.#input?.end();
    else this.#isWaiting = this.#input?.write(step.value.bytes) === false;
  }

  #open(call: AgentCall): void {
    const { type, attach_container_input: input } = call;
    this.#isFirst = false;
    if (type !== "ATTACH_CONTAINER_INPUT")
      return this.#finish(
        textAnswer(415, `Streaming 'Content-Type' ${recordIo} is not supported for ${type} call`),
      );
    const id = input?.container_id;
    if (input?.type !== "CONTAINER_ID")
      return this.#finish(textAnswer(400, "Expecting 'attach_container_input.type' to be CONTAINER_ID"));
    if (id === undefined)
      return this.#finish(textAnswer(400, "Expecting 'attach_container_input.container_id' to be present"));
    this.#isWaiting = true;
    checkOwn(call, this.#request, this.#context, (refusal) => {
      if (refusal !== undefined) this.#finish(refusal);
      else this.#attachTo(id);
    });
  }

  #attachTo(id: ContainerIdMessage): void {
    readAgent(this.#context, (snapshot) => {
      const found = findSession(snapshot, id);
      const text = pathText(containerPath(id));
      const opened = this.#attach(found);
      if (opened === "taken")
        return this.#finish(textAnswer(409, "Multiple input connections are not allowed"));
      if (opened === "closed")
        return this.#finish(
          textAnswer(501, `The input of ${text} is closed: only a task with a terminal ('tty_info') reads.`),
        );
      if (opened === "unknown") return this.#finish(textAnswer(404, `Container ${text} cannot be found`));
      if (this.#isOver) return opened.detach();
      this.#input = opened;
      this.#ready();
    });
  }

  #attach(found: Found): SessionInput | "unknown" | "taken" | "closed" {
    const { sessions } = this.#context;
    const writer = { ready: () => this.#ready(), ended: () => this.#finish(emptyAnswer(200)) };
    if (found.kind === "unknown") return "unknown";
    if (found.kind === "session") return sessions?.attachInput(found.key, writer) ?? "unknown";
    // Without sessions tasks are plain processes, none of which has a terminal.
    return sessions === undefined ? "closed" : sessions.typeInto(found.container, writer);
  }

  #ready(): void {
    this.#isWaiting = false;
    this.#go();
  }
}
