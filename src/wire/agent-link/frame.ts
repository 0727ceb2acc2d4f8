/**
 * Frames of the agent link as text: a number and a message. The session is the connection's.
 *
 * Decoding trusts nothing: what is not a frame is a reason, which closes the session; it never throws.
 */

import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { type AgentMessage, agentLinkVersion, type MasterMessage } from "#model/protocol/agent-link.ts";
import { agentMessageSchema, masterMessageSchema } from "./schema.ts";

/** The protocol's name in `Upgrade`. */
export const agentLinkProtocol = "unum-agent-link/1";
/** The answer's header that names the session. */
export const sessionHeader = "unum-session";

export type Frame<Message> = { readonly number: number; readonly message: Message };

export type DecodedFrame<Message> =
  | { readonly ok: true; readonly frame: Frame<Message> }
  | { readonly ok: false; readonly reason: string };

export const encodeFrame = ({ number, message }: Frame<AgentMessage | MasterMessage>): string =>
  JSON.stringify({ number, message });

export const decodeAgentFrame: (text: string) => DecodedFrame<AgentMessage> = decoder(
  agentMessageSchema,
  withoutForeignParts,
);
export const decodeMasterFrame: (text: string) => DecodedFrame<MasterMessage> = decoder(
  masterMessageSchema,
  (message) => message,
);

/** Of an agent of another version only what all versions share is read: its tasks have a shape of its own. */
function withoutForeignParts(message: unknown): unknown {
  const { type, version, key, info } = membersOf(message);
  if (type !== "register" || typeof version !== "number" || version === agentLinkVersion) return message;
  const { name, hostname, version: release } = membersOf(info);
  const said = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    type: "register-otherwise",
    version,
    key,
    name: said(name),
    hostname: said(hostname),
    release: said(release),
  };
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

function decoder<Message>(
  schema: TSchema,
  prepare: (message: unknown) => unknown,
): (text: string) => DecodedFrame<Message> {
  const validator = Compile(schema);
  return (text) => {
    const value = parse(text);
    if (typeof value !== "object" || value === null || !("number" in value) || !("message" in value)) {
      return { ok: false, reason: "not a frame" };
    }
    const { number } = value;
    const message = prepare(value.message);
    if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 1) {
      return { ok: false, reason: "a frame's number is a positive integer" };
    }
    if (!validator.Check(message))
      return { ok: false, reason: `not a message: ${problemOf(validator.Errors(message))}` };
    // The schema and the type are asserted to be the same where the schema is written.
    return { ok: true, frame: { number, message: message as Message } };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The deepest error is the one that the closest alternative has; the others only say that it is another type. */
function problemOf(errors: readonly { readonly instancePath: string; readonly message: string }[]): string {
  const deepest = [...errors].sort((a, b) => b.instancePath.length - a.instancePath.length)[0];
  return deepest === undefined
    ? "unknown shape"
    : `${deepest.instancePath || "/"} ${deepest.message}`.slice(0, 200);
}
