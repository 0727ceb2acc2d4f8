/**
 * How both ends of an agent link prove to each other that they know the cluster's token, which never travels.
 *
 * When a master is down anybody on its machine, a task too, may listen on its port: what an agent says to an
 * unknown master must be worth nothing to it, and what an unknown master says must not be obeyed. Each proof
 * is over a number that the other end chose, so none can be used again.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { SessionId } from "#model/ids.ts";

/** The upgrade's header with the agent's number. */
export const challengeHeader = "unum-challenge";
/** The answer's header with the master's proof; the agent's is the first frame. The session is the master's number. */
export const proofHeader = "unum-proof";

/** With it an agent says that it waits for its turn, which is a frame of one word, before it says anything. */
export const turnsHeader = "unum-turns";
export const turnFrame = "go";

/** A proof is shorter, and nothing longer is taken from an end that has not given one. */
export const proofBytesMax = 128;

export type LinkEnd = "agent" | "master";

export const createChallenge = (): string => randomBytes(16).toString("hex");

export const isChallenge = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9a-f]{32}$/.test(text);

export const proofOf = (token: string, end: LinkEnd, challenge: string, session: SessionId): string =>
  createHmac("sha256", token).update(`agent link, ${end}: ${challenge} ${session}`).digest("hex");

export function isProof(
  given: unknown,
  token: string,
  end: LinkEnd,
  challenge: string,
  session: SessionId,
): boolean {
  const expected = Buffer.from(proofOf(token, end, challenge, session));
  const found = Buffer.from(typeof given === "string" ? given : "");
  return found.length === expected.length && timingSafeEqual(found, expected);
}
