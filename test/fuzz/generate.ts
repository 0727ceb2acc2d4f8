/**
 * Request N of a seed: endpoint, path, query, headers, body and the way in which it is sent.
 *
 * The first requests go to each endpoint once, with the token and in order; after them chance chooses.
 */

import { gzipSync } from "node:zlib";
import { type Body, drawBody } from "./bodies.ts";
import { type Draw, drawOf } from "./draw.ts";
import { drawAuthorization, drawHeaders, type HeaderList, usualHeaders } from "./headers.ts";
import type { KnownIds } from "./known-ids.ts";
import type { Expectation, FuzzRequest } from "./request.ts";
import { type FuzzRoute, routesOf, type ServerName } from "./servers.ts";
import { drawTarget, withoutRootGroup } from "./targets.ts";

export type Surface = readonly { readonly server: ServerName; readonly route: FuzzRoute }[];

export const wholeSurface: Surface = (["gateway", "master", "agent"] as const).flatMap((server) =>
  routesOf[server].map((route) => ({ server, route })),
);

export type FuzzWorld = {
  readonly surface: Surface;
  readonly token: string;
  readonly hosts: Readonly<Record<ServerName, string>>;
  readonly ids: KnownIds;
};

/** Most of the depth lies behind what takes a body. */
const takesBody = ({ route }: Surface[number]): boolean =>
  route.method !== "GET" && (!route.path.includes("/api/v1") || route.method === "POST");

export function generate(seed: number, number: number, world: FuzzWorld): FuzzRequest {
  const draw = drawOf(seed, number);
  const isTour = number < world.surface.length;
  const deep = world.surface.filter(takesBody);
  const chosen =
    world.surface[number] ?? draw.pick(deep.length > 0 && draw.percent(60) ? deep : world.surface);
  const { server, route } = chosen;
  const isCareful = isTour || draw.percent(60);
  const method = isCareful ? route.method : drawMethod(route.method, draw);
  // A method that was changed may change something, so it gets ids that may be changed.
  const isRead = route.method === "GET" && (method === "GET" || method === "HEAD");
  const executor = route.permission === "executor" ? world.ids.executor : undefined;
  const ids = { ...(isRead ? world.ids.seen : world.ids.prey), ...executor?.pool };
  const isAgent = server === "agent";
  const body = drawBody({ method, path: route.path, isAgent, isCareful }, draw, ids);
  const target = withoutRootGroup(method, drawTarget(method, route.path, isCareful, draw, ids));
  const token = executor?.token ?? world.token;
  const right = { text: `Bearer ${token}`, isRight: true };
  const authorization = isCareful ? right : drawAuthorization(token, draw);
  const headers = isCareful
    ? usualHeaders(body.type, right.text, draw, ids)
    : drawHeaders(body.type, authorization.text, draw, ids);
  const sending = !isCareful && draw.percent(35) ? drawSending(draw) : plain;
  const host = isCareful || draw.percent(95) ? world.hosts[server] : draw.pick(oddHosts);
  return {
    number,
    server,
    endpoint: `${route.method} ${route.path}`,
    method,
    isAuthorized: authorization.isRight,
    ...sending({ method, target, host, headers, body }, draw),
  };
}

const drawMethod = (method: string, draw: Draw): string => {
  if (draw.percent(90)) return method;
  return draw.pick(["HEAD", "OPTIONS", "TRACE", "PATCH", "PUT", "POST", "GET", "LOCK", "QUERY"]);
};

const oddHosts = ["", "evil.example", "127.0.0.1:99999", "[::1", "a b", "127.0.0.1, x", "x".repeat(300)];

type Parts = {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: HeaderList;
  readonly body: Body;
};

type Sent = Pick<FuzzRequest, "pieces" | "ending" | "expects">;
type Sending = (parts: Parts, draw: Draw) => Sent;

function head({ method, target, host, headers }: Parts, more: HeaderList, version = "1.1"): Uint8Array {
  const lines = [["Host", host] as const, ...headers, ...more, ["Connection", "close"] as const];
  const text = `${method} ${target} HTTP/${version}\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`;
  return Buffer.from(text, "latin1");
}

const lengthOf = ({ body, method }: Parts): HeaderList =>
  body.bytes.length > 0 || method !== "GET" ? [["Content-Length", String(body.bytes.length)]] : [];

const chunkedHeader: HeaderList = [["Transfer-Encoding", "chunked"]];

const text = (latin: string): Uint8Array => Buffer.from(latin, "latin1");

/** Also what HTTP itself refuses is answered by the server or ended by it. */
const expectationOf = ({ headers }: Parts): Expectation =>
  headers.some(([name]) => /^(?:connection|upgrade|expect|x-toolong|trailer|te|__proto__)$/i.test(name))
    ? "answer-or-close"
    : "answer";

const plain: Sending = (parts) => ({
  pieces: [Buffer.concat([head(parts, lengthOf(parts)), parts.body.bytes])],
  ending: "wait",
  expects: expectationOf(parts),
});

const chunked: Sending = (parts, draw) => {
  const { bytes } = parts.body;
  const cut = draw.below(bytes.length + 1);
  const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)]
    .filter(({ length }) => length > 0)
    .map((part) => Buffer.concat([text(`${part.length.toString(16)};a="b"\r\n`), part, text("\r\n")]));
  return {
    pieces: [head(parts, chunkedHeader), ...pieces, text("0\r\nX-Trailer: y\r\n\r\n")],
    ending: "wait",
    expects: expectationOf(parts),
  };
};

const oddChunks = [
  "-1\r\n",
  "ffffffffffffffff\r\n",
  "x\r\n",
  "5\nabcde\n",
  "0x5\r\nabcde",
  "5\r\nabc\r\n0\r\n\r\n",
  "\r\n\r\n",
];

const badChunks: Sending = (parts, draw) => ({
  pieces: [head(parts, chunkedHeader), text(draw.pick(oddChunks))],
  ending: "half-close",
  expects: "answer-or-close",
});

const oddFraming: readonly HeaderList[] = [
  [
    ["Content-Length", "5"],
    ["Transfer-Encoding", "chunked"],
  ],
  [
    ["Content-Length", "5"],
    ["Content-Length", "6"],
  ],
  [["Content-Length", "-5"]],
  [["Content-Length", "5 "]],
  [["Content-Length", "99999999999999999999"]],
  [["Transfer-Encoding", "gzip"]],
  [["Transfer-Encoding", "chunked, identity"]],
  [["Transfer-Encoding", "\u000bchunked"]],
  [["Bad Name", "x"]],
  [["X-Folded", "a\r\n b"]],
];

const badFraming: Sending = (parts, draw) => ({
  pieces: [Buffer.concat([head(parts, draw.pick(oddFraming)), parts.body.bytes.subarray(0, 64)])],
  ending: "half-close",
  expects: "answer-or-close",
});

const badStart: Sending = (parts, draw) => {
  const { target, body } = parts;
  const whole = Buffer.from(head(parts, lengthOf(parts))).toString("latin1");
  const starts = [
    whole.replace("HTTP/1.1", "HTTP/1.0"),
    whole.replace("HTTP/1.1", "HTTP/3.7"),
    whole.replace(" HTTP/1.1", ""),
    whole.replace(/^\w+/, "get"),
    whole.replace(/^\w+/, "CONNECT"),
    whole.replace(/^\w+ \S*/, "OPTIONS *"),
    whole.replace(target, `${target}\u00ff\u0080`),
    whole.replaceAll("\r\n", "\n"),
    whole.replace("Host:", "Host :"),
    whole.replace(/Host: [^\r]*\r\n/, ""),
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${whole}`,
    `\r\n\r\n${whole}`,
    `\u0016\u0003\u0001\u0002${whole}`,
    whole.slice(0, draw.below(whole.length)),
  ];
  return {
    pieces: [Buffer.concat([text(draw.pick(starts)), body.bytes])],
    ending: "half-close",
    expects: "answer-or-close",
  };
};

/** The body's end never comes. */
const cutOff: Sending = (parts, draw) => {
  const { bytes } = parts.body;
  const more: HeaderList = draw.percent(50)
    ? chunkedHeader
    : [["Content-Length", String(bytes.length + 1_000)]];
  const part = more === chunkedHeader ? text("fff\r\nabc") : bytes.subarray(0, draw.below(bytes.length + 1));
  const vanishes = draw.percent(50);
  return {
    pieces: [head(parts, more), part],
    ending: vanishes ? "vanish" : "half-close",
    expects: vanishes ? "nothing" : "answer-or-close",
  };
};

const inDrops: Sending = (parts, draw) => {
  const whole = Buffer.concat([head(parts, lengthOf(parts)), parts.body.bytes]);
  const size = Math.max(1, Math.ceil(whole.length / (2 + draw.below(6))));
  const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
    whole.subarray(index * size, (index + 1) * size),
  );
  return { pieces, ending: "wait", expects: expectationOf(parts) };
};

const zipped: Sending = (parts) => {
  const body = { ...parts.body, bytes: gzipSync(parts.body.bytes) };
  const headers = [...parts.headers, ["Content-Encoding", "gzip"] as const];
  return plain({ ...parts, body, headers }, undefined as never);
};

const tooLong: Sending = (parts, draw) => {
  const filler = draw.pick(['{"a":"', "[", "9", " ", '{"a":[', "\u0000"]);
  const bytes = text(filler.repeat(Math.ceil(draw.pick([900_000, 1_048_577, 1_500_000]) / filler.length)));
  return plain({ ...parts, body: { ...parts.body, bytes } }, draw);
};

/** The answer to the first is what counts; the second must not break it. */
const pipelined: Sending = (parts) => {
  const whole = Buffer.concat([head(parts, lengthOf(parts)), parts.body.bytes]);
  return { pieces: [Buffer.concat([whole, whole])], ending: "half-close", expects: "answer-or-close" };
};

/** Asks, and does not wait for the answer. */
const gone: Sending = (parts, draw) => ({ ...plain(parts, draw), ending: "vanish", expects: "nothing" });

const drawSending = (draw: Draw): Sending =>
  draw.pick([
    chunked,
    chunked,
    badChunks,
    badFraming,
    badStart,
    badStart,
    cutOff,
    inDrops,
    inDrops,
    zipped,
    tooLong,
    pipelined,
    gone,
  ]);
