/**
 * From node's request to a door's: the path without the query, plain headers, the body whole and bounded.
 */

import type { IncomingMessage } from "node:http";
import { limits } from "#base/limits.ts";
import type { DoorRequest } from "#ports/door.ts";

/** What a request shows of who it is. */
export type Credentials = {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly pageKey: string | undefined;
};

export type Target = { readonly path: string; readonly queryText: string };

/** The request's target in its usual and in its absolute form; undefined for any other. */
export function parseTarget(url: string): Target | undefined {
  const local = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?#]*/i, "");
  const cut = local.search(/[?#]/);
  const path = cut === -1 ? local : local.slice(0, cut);
  const query = cut === -1 || local[cut] === "#" ? "" : (local.slice(cut + 1).split("#", 1)[0] ?? "");
  if (path === "" && local !== url) return { path: "/", queryText: query };
  return path.startsWith("/") ? { path, queryText: query } : undefined;
}

export function createDoorRequest(
  request: IncomingMessage,
  { path, queryText }: Target,
  params: DoorRequest["params"],
  body: Uint8Array,
  who: Pick<DoorRequest, "principal" | "executorToken">,
): DoorRequest {
  return {
    method: request.method ?? "GET",
    path,
    params,
    query: new URLSearchParams(queryText),
    queryText,
    headers: plainHeaders(request),
    body,
    remoteAddress: request.socket.remoteAddress ?? "",
    ...who,
  };
}

const secretHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "x-unum-session"]);

/** For the ways in, which are about nothing else. */
export function credentialsOf(request: IncomingMessage): Credentials {
  const { authorization, cookie } = request.headers;
  const key = request.headers["x-unum-session"];
  return { authorization, cookie, pageKey: Array.isArray(key) ? key.join(", ") : key };
}

export function plainHeaders(request: IncomingMessage): DoorRequest["headers"] {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers)) {
    // Who it is was decided before; a door that showed or kept these would leak a secret.
    if (secretHeaders.has(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

/** A body that is not a stream must have come in time: whoever sends it too slowly is cut off. */
export function boundBody(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, limits.requestTimeoutMs);
  const clear = (): void => clearTimeout(timer);
  request.once("end", clear);
  request.once("close", clear);
}

export type BodyProblem = { readonly status: number; readonly message: string };

const noBody = new Uint8Array(0);
const tooLarge: BodyProblem = {
  status: 413,
  message: `The body is larger than ${limits.requestBodyBytesMax} bytes.`,
};

/** Calls back once with the body or with what is wrong with it; never when the client goes away before its end. */
export function readBody(
  request: IncomingMessage,
  done: (body: Uint8Array | undefined, problem: BodyProblem | undefined) => void,
): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    return done(undefined, { status: 415, message: `A body with Content-Encoding ${encoding} is not read.` });
  }
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limits.requestBodyBytesMax) return done(undefined, tooLarge);
  if (declared === 0 && request.headers["transfer-encoding"] === undefined) return done(noBody, undefined);

  const chunks: Buffer[] = [];
  let bytes = 0;
  let over = false;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (over) return;
    if (bytes > limits.requestBodyBytesMax) {
      over = true;
      chunks.length = 0;
      done(undefined, tooLarge);
    } else chunks.push(chunk);
  });
  request.on("end", () => {
    if (!over) done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), undefined);
  });
  // A client that goes away in the middle is nobody's fault.
  request.on("error", () => {});
}

/** Reading on for a while lets the client see the answer: a connection closed on unread data may lose it. */
const drainBytesMax = 8 * limits.requestBodyBytesMax;

/** Throws the rest of the body away; calls back once, with whether its end was seen. */
export function drainBody(request: IncomingMessage, done: (isWhole: boolean) => void): void {
  const declared = Number(request.headers["content-length"] ?? 0);
  const hasBody = declared > 0 || request.headers["transfer-encoding"] !== undefined;
  if (request.complete || !hasBody) return done(true);
  if (request.destroyed || declared > drainBytesMax) return done(false);
  let bytes = 0;
  let called = false;
  const finish = (isWhole: boolean): void => {
    if (called) return;
    called = true;
    done(isWhole);
  };
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > drainBytesMax) finish(false);
  });
  request.on("end", () => finish(true));
  request.on("error", () => {});
}
