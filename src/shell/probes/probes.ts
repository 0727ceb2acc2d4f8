/**
 * Network probes made real: TCP connects and HTTP(S) requests, each with a deadline, so many at a time.
 *
 * A probe that finds no free place waits for one; its deadline runs from when it was asked for. Each is
 * answered exactly once. What a task answers is never read beyond its headers.
 */

import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { limits } from "#base/limits.ts";
import type { ProbeRequest, Probes } from "#ports/probes.ts";

type Verdict = { readonly ok: boolean; readonly message: string };
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
      return (done) => probeHttp(request, request.protocol, request.path, done);
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

function probeHttp(
  { address, port }: ProbeRequest,
  protocol: "http" | "https",
  path: string,
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
  request.on("response", ({ statusCode = 0 }) =>
    done({ ok: statusCode >= 200 && statusCode < 400, message: `HTTP status ${statusCode}` }),
  );
  request.on("error", (error) => done({ ok: false, message: error.message }));
  request.end();
  return () => request.destroy();
}

/** A path with characters that no request line may hold is a user's, and must not throw. */
const encodePath = (path: string): string => {
  const absolute = path.startsWith("/") ? path : `/${path}`;
  return absolute.replace(/[^\u0021-\u007e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
};
