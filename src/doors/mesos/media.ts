/**
 * In which encoding a client of the Mesos v1 APIs speaks and wants to be spoken to, and the plain-text
 * answers that Mesos gives to those who get it wrong.
 *
 * The sentences are Mesos's. In which order a door asks is its own affair.
 */

import type { BodyAnswer, DoorRequest, Headers } from "#ports/door.ts";
import { type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageName, MessageOf } from "#wire/mesos/proto/tables.ts";
import { textAnswer } from "../answers.ts";

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: "application/json",
  protobuf: "application/x-protobuf",
};
export const recordIo = "application/recordio";

export type Settled<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly answer: BodyAnswer };

export const settled = <Value>(value: Value): Settled<Value> => ({ ok: true, value });
export const unsettled = (status: number, sentence: string): Settled<never> => ({
  ok: false,
  answer: textAnswer(status, sentence),
});

/** `others`: further media types that the door speaks, as its sentence names them. */
export function contentEncoding(request: DoorRequest, others = ""): Settled<Encoding> {
  const given = request.headers["content-type"];
  if (given === undefined) return unsettled(400, "Expecting 'Content-Type' to be present");
  for (const encoding of ["json", "protobuf"] as const)
    if (given === mediaTypes[encoding]) return settled(encoding);
  return unsettled(415, `Expecting 'Content-Type' of ${mediaTypes.json} or ${mediaTypes.protobuf}${others}`);
}

/** JSON is taken first, and when nothing is said. Undefined: neither. */
export function acceptedEncoding(request: DoorRequest): Encoding | undefined {
  return (["json", "protobuf"] as const).find((encoding) => accepts(request, mediaTypes[encoding]));
}

/** Whether the client takes the media type; one that says nothing takes all. */
export function accepts(request: DoorRequest, mediaType: string, header = "accept"): boolean {
  const given = request.headers[header];
  if (given === undefined) return true;
  const [type] = mediaType.split("/");
  return given
    .split(",")
    .map((range) => range.split(";", 1)[0]?.trim().toLowerCase())
    .some((range) => range === "*/*" || range === `${type}/*` || range === mediaType);
}

export const messageAnswer = <Name extends MessageName>(
  encoding: Encoding,
  name: Name,
  message: MessageOf<Name>,
  headers: Headers = {},
): BodyAnswer => ({
  kind: "body",
  status: 200,
  headers: { "Content-Type": mediaTypes[encoding], ...headers },
  body: encodeMessage(encoding, name, message),
});

export const wrongMethod = (allowed: string, received: string): BodyAnswer =>
  textAnswer(405, `405 Method Not Allowed. Expecting one of { '${allowed}' }, but received '${received}'.`, {
    Allow: allowed,
  });
