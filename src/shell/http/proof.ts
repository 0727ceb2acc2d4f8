/**
 * How a gateway shows a client that it knows the cluster's token, before the client sends it.
 *
 * While the cluster is down, anybody on the machine, a task too, may listen at the gateway's port, and would be
 * handed the token by the next command. So the client first sends a number of its own choice, and sends the token
 * only to a server that answers with the right proof. The proof is over the host and port that the client
 * asked for, so that it is worth nothing elsewhere.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { ClientError, createHttpClient } from "./client.ts";
import type { Route } from "./router.ts";

export const proofPath = "/unum/v1/proof";

/** `host`: as in the URL, with the port. */
export const proofOf = (token: string, host: string, challenge: string): string =>
  createHmac("sha256", token).update(`gateway: ${host} ${challenge}`).digest("hex");

export const createProofRoute = (token: string): Route => ({
  method: "GET",
  path: proofPath,
  permission: "public",
  handle: (request, respond) => {
    const challenge = request.query.get("challenge") ?? "";
    const isChallenge = /^[0-9a-f]{32}$/.test(challenge);
    const answer = isChallenge
      ? { proof: proofOf(token, request.headers.host ?? "", challenge) }
      : { message: "challenge must be 32 hexadecimal digits" };
    respond({
      kind: "body",
      status: isChallenge ? 200 : 400,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(answer),
    });
  },
});

/** Throws a `ClientError` unless the server at `baseUrl` knows the token; the token itself is not sent. */
export async function assertKnowsToken(baseUrl: string, token: string): Promise<void> {
  const challenge = randomBytes(16).toString("hex");
  const client = createHttpClient({ baseUrl });
  try {
    const { json } = await client.request({ method: "GET", path: `${proofPath}?challenge=${challenge}` });
    const expected = Buffer.from(proofOf(token, new URL(baseUrl).host, challenge));
    const given = Buffer.from(String((json as { proof?: unknown } | undefined)?.proof ?? ""));
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  } finally {
    await client.close();
  }
  throw new ClientError(
    `what listens at ${baseUrl} does not know this cluster's token, so it was not given it. Is the cluster down, ` +
      "and another program in its place? Or does the token belong to another cluster?",
    "EPROOF",
  );
}
