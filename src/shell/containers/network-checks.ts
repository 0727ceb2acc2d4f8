/**
 * Checks over the network of a task: whether a port takes connections, and what an HTTP server answers.
 *
 * As Mesos's: a task is asked at its own loopback address; redirects are followed, certificates are not verified,
 * and of an answer nothing is read beyond its headers.
 */

import { type ClientRequest, request as httpRequest } from "node:http";
import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { limits } from "#base/limits.ts";
import type { HttpProbe, IpFamily, TcpProbe } from "#model/task.ts";
import type { CheckAnswer } from "./backend.ts";
import { connectAs, type TaskConnection } from "./task-network.ts";

type Target = { readonly name: string; readonly pid: number };
type Finish = (answer: CheckAnswer) => void;
type Running = { readonly name: string; readonly finish: Finish; readonly drop: () => void };

/** What was begun and is to be given up in the end. */
type Begun = Set<{ destroy(): unknown }>;

export class NetworkChecks {
  readonly #running = new Set<Running>();

  run({ name, pid }: Target, probe: TcpProbe | HttpProbe, timeoutMs: number, done: Finish): void {
    const begun: Begun = new Set();
    const timer = setTimeout(
      () => finish({ ok: false, message: `timed out after ${timeoutMs} ms` }),
      timeoutMs,
    );
    const drop = (): void => {
      clearTimeout(timer);
      for (const one of begun) one.destroy();
    };
    const finish: Finish = (answer) => {
      if (!this.#running.delete(running)) return;
      drop();
      done(answer);
    };
    const running = { name, finish, drop };
    this.#running.add(running);
    try {
      if ("tcp" in probe) probeTcp(pid, probe, begun, finish);
      else probeHttp(pid, probe, begun, finish);
    } catch (error) {
      // Later, as every outcome.
      queueMicrotask(() => finish({ ok: false, message: messageOf(error) }));
    }
  }

  forget(name: string): void {
    for (const running of this.#running)
      if (running.name === name) running.finish({ ok: false, message: "its container has ended" });
  }

  close(): void {
    for (const running of this.#running) running.drop();
    this.#running.clear();
  }
}

const loopbacks = { IPv4: "127.0.0.1", IPv6: "::1" } as const satisfies Record<IpFamily, string>;

function probeTcp(pid: number, { tcp }: TcpProbe, begun: Begun, finish: Finish): void {
  const stream = open(pid, loopbacks[tcp.family], tcp.port, begun);
  const found = (succeeded: boolean, message: string): void =>
    finish({ ok: succeeded, message, result: { kind: "tcp", succeeded } });
  stream.on("connect", () => found(true, "connected"));
  stream.on("error", (error) => found(false, error.message));
}

function probeHttp(pid: number, { http }: HttpProbe, begun: Begun, finish: Finish): void {
  const { scheme, family, port, path } = http;
  const host = family === "IPv6" ? `[${loopbacks.IPv6}]` : loopbacks.IPv4;
  const follow = (url: URL, redirects: number): void => {
    const request = get(pid, url, begun);
    request.on("error", (error) => finish({ ok: false, message: error.message }));
    request.on("response", ({ statusCode = 0, headers }) => {
      const next = redirectOf(url, statusCode, headers.location);
      if (next === undefined) return finish(judged(statusCode));
      request.destroy();
      if (redirects >= limits.checkRedirectsMax)
        return finish({ ok: false, message: `it redirects more than ${limits.checkRedirectsMax} times` });
      try {
        follow(next, redirects + 1);
      } catch (error) {
        finish({ ok: false, message: messageOf(error) });
      }
    });
  };
  follow(new URL(`${scheme}://${host}:${port}${path}`), 0);
}

const judged = (statusCode: number): CheckAnswer => ({
  ok: statusCode >= 200 && statusCode < 400,
  message: `HTTP status ${statusCode}`,
  result: { kind: "http", statusCode },
});

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Undefined: the answer is the last one. */
function redirectOf(from: URL, statusCode: number, location: string | undefined): URL | undefined {
  if (location === undefined || !redirectStatuses.includes(statusCode)) return undefined;
  const to = URL.parse(location, from);
  return to?.protocol === "http:" || to?.protocol === "https:" ? to : undefined;
}

function get(pid: number, url: URL, begun: Begun): ClientRequest {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isTls = url.protocol === "https:";
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  const stream = open(pid, host, port, begun);
  const socket = isTls ? secured(stream, host) : stream;
  begun.add(socket);
  const request = httpRequest({
    host,
    port,
    path: `${url.pathname}${url.search}`,
    headers: { Host: url.host, Connection: "close", Accept: "*/*", "User-Agent": "unum-check" },
    maxHeaderSize: limits.requestHeaderBytesMax,
    createConnection: () => socket,
  });
  // Those of the stream below come up through neither of the others.
  stream.on("error", (error) => request.destroy(error));
  begun.add(request);
  request.end();
  return request;
}

function open(pid: number, host: string, port: number, begun: Begun): TaskConnection {
  const stream = connectAs(pid, host, port);
  begun.add(stream);
  return stream;
}

const secured = (socket: TaskConnection, host: string) =>
  connectTls({ socket, rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
