/**
 * Network probes made real: TCP connects and HTTP(S) requests, each with a deadline, so many at a time.
 *
 * A probe that finds no free place waits for one; its deadline runs from when it was asked for. Each is
 * answered exactly once. What a task answers is not read beyond its headers, unless it is asked for, and then
 * as far as there is a place for it.
 */

import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { limits } from "#base/limits.ts";
import type { ProbeRequest, ProbeResponse, ProbeResult, Probes } from "#ports/probes.ts";

type Verdict = Omit<ProbeResult, "probeId">;
/** Starts a probe; returns how to give it up. */
type Attempt = (done: (verdict: Verdict) => void) => () => void;

export function createProbes(): Probes {
  const waiting = new Set<() => void>();
  let inFlight = 0;

  const startNext = (): void => {
    const next = waiting.values().next().value;
    if (next === undefined || inFlight >= limits.probesInFlightMax) return;
    waiting.delete(next);
    next();
  };

  return {
    perform: (request, done) => {
      const attempt = attemptOf(request);
      let giveUp: (() => void) | undefined;
      let answered = false;
      const finish = (verdict: Verdict): void => {
        if (answered) return;
        answered = true;
        clearTimeout(timer);
        waiting.delete(start);
        if (giveUp !== undefined) {
          inFlight -= 1;
          giveUp();
        }
        done({ probeId: request.probeId, ...verdict });
        startNext();
      };
      const start = (): void => {
        inFlight += 1;
        // Until the attempt has begun there is nothing to give up but the place.
        giveUp = () => {};
        giveUp = attempt(finish);
      };
      const timer = setTimeout(() => {
        const place = giveUp === undefined ? " (it waited for other checks all that time)" : "";
        finish({ ok: false, message: `no answer within ${request.timeoutMs} ms${place}` });
      }, request.timeoutMs);
      waiting.add(start);
      startNext();
    },
  };
}

function attemptOf(request: ProbeRequest): Attempt {
  switch (request.protocol) {
    case "tcp":
      return (done) => probeTcp(request, done);
    case "http":
    case "https":
      return (done) => probeHttp(request, done);
    default:
      return request satisfies never;
  }
}

function probeTcp({ address, port }: ProbeRequest, done: (verdict: Verdict) => void): () => void {
  const socket = connect({ host: address, port });
  socket.on("connect", () => done({ ok: true, message: "connected" }));
  socket.on("error", (error) => done({ ok: false, message: error.message }));
  // Reset: thousands of checks a minute must not leave as many sockets waiting in TIME_WAIT.
  return () => (socket.connecting ? socket.destroy() : socket.resetAndDestroy());
}

type HttpProbe = ProbeRequest & { readonly protocol: "http" | "https" };

function probeHttp(
  { address, port, protocol, path, withBody = false, timeoutMs }: HttpProbe,
  done: (verdict: Verdict) => void,
): () => void {
  const options = {
    host: address,
    port,
    path: encodePath(path),
    agent: false,
    headers: { Connection: "close", "User-Agent": "unum-health-check" },
    maxHeaderSize: limits.requestHeaderBytesMax,
  };
  const request =
    protocol === "http" ? httpRequest(options) : httpsRequest({ ...options, rejectUnauthorized: false });
  // An answer that only promises another one counts when that does not come.
  let promised: number | undefined;
  const silence = setTimeout(() => {
    if (promised !== undefined) done(verdictOf({ status: promised, contentType: "", body: "" }));
  }, timeoutMs * 0.9);
  request.on("information", ({ statusCode }) => {
    promised = statusCode;
  });
  request.on("response", (response) => {
    clearTimeout(silence);
    const { statusCode: status = 0, headers } = response;
    const contentType = headers["content-type"]?.replace(/;.*$/s, "").trim() ?? "";
    if (!withBody) return done(verdictOf({ status, contentType, body: "" }));
    return readBody(response, (body) => done(verdictOf({ status, contentType, body })));
  });
  request.on("error", (error) => done({ ok: false, message: error.message }));
  request.end();
  return () => {
    clearTimeout(silence);
    request.destroy();
  };
}

const verdictOf = (response: ProbeResponse): Verdict => {
  const { status } = response;
  return { ok: status >= 200 && status < 400, message: `HTTP status ${status}`, response };
};

/** As much as is kept; what follows is not waited for. */
function readBody(response: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const finish = (): void =>
    done(Buffer.concat(chunks).subarray(0, limits.probeBodyBytesMax).toString("utf8"));
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limits.probeBodyBytesMax) finish();
  });
  response.on("end", finish);
}

/** A path with characters that no request line may hold is a user's, and must not throw. */
const encodePath = (path: string): string => {
  const absolute = path.startsWith("/") ? path : `/${path}`;
  return absolute.replace(/[^\u0021-\u007e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
};
