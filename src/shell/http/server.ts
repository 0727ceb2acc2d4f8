/**
 * The HTTP server: it serves a table of endpoints and does for each what no door has to think of.
 *
 * In order: Host and Origin, the route, the token, the body, the handler, the answer. Owns its sockets and
 * every limit on them; knows no endpoint. Nothing that a client sends, and no handler that throws, ends it.
 */

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { limits } from "#base/limits.ts";
import type { BodyAnswer, DoorAnswer, DoorRequest, Permission } from "#ports/door.ts";
import type { Log } from "../log/log.ts";
import type { Access } from "./access.ts";
import { messageAnswer } from "./answers.ts";
import { streamBody } from "./body-stream.ts";
import { createFlows } from "./flow.ts";
import { type Refusal, refuseStranger } from "./guard.ts";
import { type Handler, Holding } from "./holding.ts";
import { originOf } from "./login.ts";
import { createForwarder, type Forwarder } from "./proxy.ts";
import { executorTokenNeeded, keyIsOld, linkNeeded, overdue, tokenNeeded } from "./refusals.ts";
import {
  boundBody,
  createDoorRequest,
  credentialsOf,
  drainBody,
  parseTarget,
  plainHeaders,
  readBody,
  type Target,
} from "./request.ts";
import { createRouter, type Found, type Route } from "./router.ts";
import { discardFile, sendBody, sendFile } from "./send.ts";
import type { StaticFiles } from "./static-files.ts";
import { createStreams } from "./stream.ts";

/**
 * Takes over a connection after `Upgrade`. Nobody has asked yet who it is: the handler does, and calls `admitted`
 * when it knows. Until then the connection counts among the strangers'.
 */
export type UpgradeHandler = (
  socket: Socket,
  head: Buffer,
  request: IncomingMessage,
  admitted: () => void,
) => void;

export type HttpServerOptions = {
  readonly routes: readonly Route[];
  readonly access: Access;
  /** Names and addresses of ours beside loopback's, as clients write them in `Host`. */
  readonly hostNames: readonly string[];
  /** By the protocol's name in lower case, for example `unum-agent-link/1`. */
  readonly upgrades?: Readonly<Record<string, UpgradeHandler>>;
  /** Asked where there is no endpoint. */
  readonly files?: StaticFiles | undefined;
  readonly log: Log;
};

export interface HttpServer {
  /** Rejects when the address is taken. May be called for several addresses. Port 0: any; resolves with it. */
  listen(address: string, port: number): Promise<number>;
  /** From now on this is served, also to requests that were held back. */
  serve(table: Pick<HttpServerOptions, "routes" | "upgrades" | "files">): void;
  /** Requests wait until there is something else to serve. */
  hold(): void;
  /** Resolves when all requests that were taken are answered; cuts off streams, and what takes longer. */
  settle(withinMs: number): Promise<void>;
  /** For how long no request has come. */
  idleMs(): number;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const proxy = createForwarder(options.access);
  const holding = new Holding(createHandler(options, proxy));
  let upgrades = options.upgrades ?? {};
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  return {
    listen: (address, port) => {
      const server = openServer(options, holding.handle, sockets, () => upgrades);
      return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: address, port, exclusive: true }, () => {
          servers.push(server);
          server.off("error", reject);
          server.on("error", (error) =>
            options.log.error("the HTTP server failed", { reason: error.message }),
          );
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
    serve: (table) => {
      upgrades = table.upgrades ?? {};
      holding.serve(createHandler({ ...options, ...table }, proxy));
    },
    hold: () => holding.hold(),
    settle: (withinMs) => holding.settle(withinMs),
    idleMs: () => holding.idleMs,
    close: async () => {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      // Upgraded ones too: a server waits for every connection that came in through it.
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
      await proxy.close();
    },
  };
}

function openServer(
  options: HttpServerOptions,
  handler: Handler,
  sockets: Set<Socket>,
  upgrades: () => Readonly<Record<string, UpgradeHandler>>,
): Server {
  const upgradeOf = (request: IncomingMessage): UpgradeHandler | undefined => {
    const name = request.headers.upgrade?.toLowerCase();
    return name !== undefined && Object.hasOwn(upgrades(), name) ? upgrades()[name] : undefined;
  };
  const server = createServer(
    {
      maxHeaderSize: limits.requestHeaderBytesMax,
      // Of headers alone: bodies are bounded one by one, for some are streams (`boundBody`).
      requestTimeout: 0,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 15_000,
      // Offers of protocols that we do not speak (h2c) are ignored, as HTTP says.
      shouldUpgradeCallback: (request) => upgradeOf(request) !== undefined,
    },
    handler,
  );
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    if (connections >= limits.connectionsMax) return void socket.destroy();
    connections += 1;
    sockets.add(socket);
    let counted = true;
    const uncount = (): void => {
      if (counted) connections -= 1;
      counted = false;
    };
    socket.once("close", () => {
      sockets.delete(socket);
      uncount();
    });
    // Agents' links have a bound of their own.
    socket.once("unum-upgraded", uncount);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const refusal = refuseStranger(request.headers, options.hostNames);
    const upgrade = upgradeOf(request);
    if (refusal !== undefined || upgrade === undefined) return refuseUpgrade(request, socket, refusal);
    upgrade(socket, head, request, () => void socket.emit("unum-upgraded"));
  });
  return server;
}

function refuseUpgrade(request: IncomingMessage, socket: Duplex, refusal: Refusal | undefined): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket as Socket);
  response.setHeader("Connection", "close");
  const { status, message } = refusal ?? { status: 400, message: "This protocol is not spoken here." };
  sendBody(response, messageAnswer(status, message));
  response.once("finish", () => socket.end());
}

type Who = Pick<DoorRequest, "principal" | "executorToken">;
type Admission = { readonly who: Who } | { readonly refused: BodyAnswer };

function admit(request: IncomingMessage, access: Access, permission: Permission): Admission {
  const { headers, method = "", url = "", socket } = request;
  const { authorization, cookie, host = "" } = headers;
  if (permission === "executor") return admitExecutor(access.executorTokenOf(authorization));
  if (permission === "write-or-executor") {
    const writer = admit(request, access, "write");
    const shown = access.executorTokenOf(authorization);
    return "who" in writer || shown === undefined ? writer : admitExecutor(shown);
  }
  const admitted = { who: { principal: access.principalOf(authorization) } };
  if (permission === "public" || access.admits(authorization, cookie, permission)) return admitted;
  const { pageKey: key } = credentialsOf(request);
  if (key !== undefined) {
    // A page's own request has an Origin when it changes something, and that is ours, or it would not be here.
    const isOfPage = headers.origin !== undefined || method === "GET" || method === "HEAD";
    return isOfPage && access.admitsPage(key, cookie, originOf(headers)) ? admitted : { refused: keyIsOld };
  }
  // A pass for another server's port is none for ours, whatever Host says.
  const isHere = host.endsWith(`:${socket.localPort}`);
  const isPassed = isHere && access.admitsPass(authorization, { host, method, target: url });
  if (isPassed) return admitted;
  // A browser would ask its user for a password in the middle of a page.
  return { refused: headers["sec-fetch-mode"] === undefined ? tokenNeeded : linkNeeded };
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(", ") : value;

/** Whose token it is the door finds out: only the agent knows. */
function admitExecutor(shown: ReturnType<Access["executorTokenOf"]>): Admission {
  if (shown === undefined) return { refused: executorTokenNeeded };
  return { who: shown === "open" ? {} : { executorToken: shown.token } };
}

type Send = (
  request: IncomingMessage,
  response: ServerResponse,
  asked: DoorRequest,
  answer: Exclude<DoorAnswer, { kind: "later" }>,
) => void;

function createSend(options: HttpServerOptions, proxy: Forwarder): Send {
  const streams = createStreams((remoteAddress) =>
    options.log.warn("a reader of events was too slow and is cut off", { remoteAddress }),
  );

  const flows = createFlows();
  return (request, response, { body, stream }, answer) => {
    const isHead = request.method === "HEAD";
    switch (answer.kind) {
      case "body":
        return sendBody(response, answer);
      case "file":
        return sendFile(response, answer, isHead);
      case "stream":
        return streams.send(response, answer, isHead);
      case "flow":
        return flows.send(response, answer);
      case "proxy":
        return proxy.pass(request, stream === undefined ? body : "stream", response, answer);
      case "merge":
        return proxy.merge(response, answer);
      default:
        return answer satisfies never;
    }
  };
}

function createHandler(options: HttpServerOptions, proxy: Forwarder): Handler {
  const router = createRouter(options.routes);
  const send = createSend(options, proxy);

  const run = (
    route: Route,
    doorRequest: DoorRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    let answered = false;
    const timer = setTimeout(() => respond(overdue), limits.requestTimeoutMs);
    const respond = (answer: DoorAnswer): void => {
      if (answered || response.destroyed) {
        if (answer.kind === "file") discardFile(answer);
        if (answer.kind === "flow") answer.refused();
        return;
      }
      clearTimeout(timer);
      if (answer.kind === "later") {
        response.once("close", answer.wait(respond));
        return;
      }
      answered = true;
      if (doorRequest.stream !== undefined) closeAfter(request, response);
      try {
        send(request, response, doorRequest, answer);
      } catch (error) {
        fail(options.log, request, response, error);
      }
    };
    response.once("close", () => clearTimeout(timer));
    const failed = (error: unknown): void => {
      answered = true;
      clearTimeout(timer);
      fail(options.log, request, response, error);
    };
    try {
      route.handle(doorRequest, respond, failed, credentialsOf(request));
    } catch (error) {
      failed(error);
    }
  };

  return (request, response) => {
    response.on("error", () => {});
    const refusal = refuseStranger(request.headers, options.hostNames);
    if (refusal !== undefined) return refuse(response, messageAnswer(refusal.status, refusal.message));
    const target = parseTarget(request.url ?? "");
    if (target === undefined) return refuse(response, messageAnswer(400, "The request has no valid path."));
    const found = router.find(request.method ?? "", target.path);
    if (found.kind !== "route") {
      const file = found.kind === "unknown" ? findFile(options.files, request, target) : undefined;
      return refuse(response, file ?? explainNotFound(found, request, target));
    }
    const { route, params } = found;
    const admission = admit(request, options.access, route.permission);
    if ("refused" in admission) return refuse(response, admission.refused);
    if (route.streams?.(plainHeaders(request)) === true) {
      const asked = createDoorRequest(request, target, params, noBody, admission.who);
      return run(route, { ...asked, stream: streamBody(request) }, request, response);
    }
    boundBody(request);
    readBody(request, (body, problem) => {
      if (body === undefined)
        return refuse(response, messageAnswer(problem?.status ?? 400, problem?.message ?? ""));
      run(route, createDoorRequest(request, target, params, body, admission.who), request, response);
    });
  };
}

function findFile(
  files: StaticFiles | undefined,
  { method, headers }: IncomingMessage,
  { path }: Target,
): BodyAnswer | undefined {
  if (method !== "GET" && method !== "HEAD") return undefined;
  return files?.answer({
    path,
    accept: headers.accept ?? "",
    acceptEncoding: single(headers["accept-encoding"]) ?? "",
    ifNoneMatch: headers["if-none-match"],
  });
}

const noBody = new Uint8Array(0);

/** Of a stream that is answered before its end nobody reads the rest. */
function closeAfter(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.setHeader("Connection", "close");
  response.once("finish", () => request.resume());
}

/** The body, if there is one, is not kept. */
function refuse(response: ServerResponse, answer: BodyAnswer): void {
  boundBody(response.req);
  drainBody(response.req, (isWhole) => {
    if (!isWhole) response.setHeader("Connection", "close");
    sendBody(response, answer);
  });
}

function explainNotFound(
  found: Exclude<Found, { kind: "route" }>,
  request: IncomingMessage,
  { path }: Target,
): BodyAnswer {
  switch (found.kind) {
    case "malformed":
      return messageAnswer(400, "The path has a malformed percent-encoding.");
    case "wrong-method":
      return messageAnswer(405, `${request.method} is not allowed on ${path}; allowed: ${found.allow}.`, {
        Allow: found.allow,
      });
    case "unknown":
      return messageAnswer(404, `There is nothing at ${path}.`);
    default:
      return found satisfies never;
  }
}

/** Our own bug: it is logged whole, the client learns only where to look. */
function fail(log: Log, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const id = randomBytes(4).toString("hex");
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error(`request failed: ${stack}`, {
    id,
    method: request.method ?? "",
    url: request.url?.split("?", 1)[0] ?? "",
  });
  if (response.headersSent) return void response.destroy();
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  sendBody(response, messageAnswer(500, `Internal error ${id}; the server's log says more.`));
}
