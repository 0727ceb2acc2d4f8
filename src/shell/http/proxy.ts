/**
 * Passes a request on to another of our servers and its answer back, with a pass in place of the client's token.
 *
 * The other server is one that registered with the token; the path and the query are the door's.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { Agent } from "undici";
import { limits } from "#base/limits.ts";
import type { ProxyAnswer } from "#ports/door.ts";
import type { Access } from "./access.ts";
import { messageAnswer } from "./answers.ts";
import { sendBody } from "./send.ts";

export interface Forwarder {
  /** `stream`: the body is passed on as it comes, and the answer may take as long as it likes. */
  pass(
    request: IncomingMessage,
    body: Uint8Array | "stream",
    response: ServerResponse,
    answer: ProxyAnswer,
  ): void;
  close(): Promise<void>;
}

const passedOn = [
  "accept",
  "content-type",
  "message-accept",
  "message-content-type",
  "range",
  "user-agent",
] as const;
const connectMs = 3_000;
const connectionsPerServerMax = 64;

const passedBack = [
  "content-type",
  "message-content-type",
  "content-length",
  "content-disposition",
  "content-range",
  "accept-ranges",
  "cache-control",
  "etag",
  "last-modified",
  "content-security-policy",
] as const;

export function createForwarder(access: Access): Forwarder {
  const agent = new Agent({
    connections: connectionsPerServerMax,
    connect: { timeout: connectMs },
    headersTimeout: limits.requestTimeoutMs,
    // Of silence in the middle of an answer, not of the whole.
    bodyTimeout: limits.requestTimeoutMs,
  });
  // Apart, so that people who work in containers take no connection from those who look at files.
  const patient = new Agent({ connections: limits.flowsMax, connect: { timeout: connectMs, noDelay: true } });
  return {
    pass: (request, body, response, target) => {
      void passOn(body === "stream" ? patient : agent, access, request, body, response, target).catch(
        (error: unknown) => {
          if (response.headersSent || response.destroyed) return void response.destroy();
          const reason = error instanceof Error ? error.message : String(error);
          const text = `The server at ${target.address}:${target.port} does not answer: ${reason}.`;
          sendBody(response, messageAnswer(502, text));
        },
      );
    },
    close: async () => {
      await Promise.all([agent.destroy(), patient.destroy()]);
    },
  };
}

async function passOn(
  agent: Agent,
  access: Access,
  request: IncomingMessage,
  body: Uint8Array | "stream",
  response: ServerResponse,
  target: ProxyAnswer,
): Promise<void> {
  const method = request.method ?? "GET";
  const host = `${target.address}:${target.port}`;
  const authorization = access.createPass({ host, method, target: target.path });
  const headers: Record<string, string> = { host, authorization };
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const answer = await agent.request({
    origin: `http://${host}`,
    path: target.path,
    method: method as "GET",
    headers,
    ...(body === "stream"
      ? { body: request, headersTimeout: 0, bodyTimeout: 0 }
      : { body: body.length > 0 ? body : null }),
    signal: gone.signal,
  });
  response.statusCode = answer.statusCode;
  for (const name of passedBack) {
    const value = answer.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  response.setHeader("X-Content-Type-Options", "nosniff");
  if (body === "stream") {
    response.flushHeaders();
    response.socket?.setNoDelay(true);
  }
  pipeline(answer.body, response, () => {});
}
