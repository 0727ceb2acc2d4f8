/**
 * Passes a request on to another of our servers and its answer back, with a pass in place of the client's token.
 *
 * The other server is one that registered with the token; the path and the query are the door's.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { Agent } from "undici";
import { limits } from "#base/limits.ts";
import type { MergedAnswer, ProxyAnswer } from "#ports/door.ts";
import type { Access } from "./access.ts";
import { messageAnswer } from "./answers.ts";
import { follow } from "./follow.ts";
import { mergeStreams } from "./merge.ts";
import { sendBody } from "./send.ts";

export interface Forwarder {
  /** `stream`: the body is passed on as it comes, and the answer may take as long as it likes. */
  pass(
    request: IncomingMessage,
    body: Uint8Array | "stream",
    response: ServerResponse,
    answer: ProxyAnswer,
  ): void;
  /** Streams of several servers as one answer. */
  merge(response: ServerResponse, answer: MergedAnswer): void;
  close(): Promise<void>;
}

const passedOn = [
  "accept",
  "content-type",
  "last-event-id",
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
  "marathon-deployment-id",
  "retry-after",
  "allow",
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
  let merged = 0;
  return {
    pass: (request, body, response, target) => {
      const isLong = body === "stream" || target.isLong === true;
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const pass = (place: ProxyAnswer, moved: AbortSignal): Promise<void> => {
        const signal = AbortSignal.any([gone.signal, moved]);
        return passOn(isLong ? patient : agent, access, request, body, response, place, signal);
      };
      const isSafe = request.method === "GET" || request.method === "HEAD";
      const isOver = (): boolean => response.headersSent || response.destroyed;
      void follow(target, { isSafe, canRepeat: body !== "stream", isOver, pass }).catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return void response.destroy();
        const reason = error instanceof Error ? error.message : String(error);
        sendBody(response, messageAnswer(502, reason));
      });
    },
    merge: (response, answer) => {
      if (response.destroyed) return;
      if (merged >= limits.mergedStreamsMax) {
        const text = `There are ${merged} readers of several files already; try again later.`;
        return sendBody(response, messageAnswer(503, text));
      }
      merged += 1;
      response.once("close", () => {
        merged -= 1;
      });
      mergeStreams(patient, access, response, answer);
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
  signal: AbortSignal,
): Promise<void> {
  const method = request.method ?? "GET";
  const host = `${target.address}:${target.port}`;
  const authorization = access.createPass({ host, method, target: target.path });
  const headers: Record<string, string> = { host, authorization };
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const answer = await agent.request({
    origin: `http://${host}`,
    path: target.path,
    method: method as "GET",
    headers,
    ...(body === "stream"
      ? { body: request, headersTimeout: 0, bodyTimeout: 0 }
      : { body: body.length > 0 ? body : null, ...(target.isLong === true ? { bodyTimeout: 0 } : {}) }),
    signal,
  });
  response.statusCode = answer.statusCode;
  for (const name of passedBack) {
    const value = answer.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  const { location } = answer.headers;
  // Nobody is led to another server in our name.
  if (typeof location === "string" && /^\/(?!\/)/.test(location)) response.setHeader("Location", location);
  response.setHeader("X-Content-Type-Options", "nosniff");
  if (body === "stream" || target.isLong === true) {
    response.flushHeaders();
    response.socket?.setNoDelay(true);
  }
  pipeline(answer.body, response, () => {});
}
