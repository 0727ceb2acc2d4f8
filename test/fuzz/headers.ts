/**
 * Headers: those that endpoints look at with right and wrong values, and some that nobody expects.
 */

import type { Draw } from "./draw.ts";
import { drawId, type IdPool } from "./known-ids.ts";

export type HeaderList = readonly (readonly [name: string, value: string])[];

const mediaTypes = [
  "application/json",
  "application/x-protobuf",
  "application/recordio",
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  "text/plain",
  "text/html,*/*;q=0.8",
  "*/*",
  "application/*",
  "application/json;q=0, */*;q=0.1",
  "application/x-protobuf;q=abc",
  "multipart/form-data; boundary=x",
  "",
  ",",
  ";",
  "/",
  "a".repeat(2_000),
];

const rare: HeaderList = [
  ["If-None-Match", "*"],
  ["If-None-Match", '"x", W/"y"'],
  ["If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ["If-Modified-Since", "yesterday"],
  ["If-Match", '"x"'],
  ["Range", "bytes=0-0"],
  ["Range", "bytes=-1,5-2,99999999999999-"],
  ["Last-Event-ID", "0"],
  ["Last-Event-ID", "-1"],
  ["Last-Event-ID", "9007199254740993"],
  ["Content-Encoding", "gzip"],
  ["Content-Encoding", "identity"],
  ["Content-Encoding", "br, gzip"],
  ["Accept-Encoding", "gzip;q=0"],
  ["Expect", "100-continue"],
  ["Expect", "nothing"],
  ["Upgrade", "h2c"],
  ["Upgrade", "websocket"],
  ["Upgrade", "unum-agent-link/2"],
  ["Connection", "upgrade"],
  ["Connection", "keep-alive, close, x"],
  ["Origin", "http://evil.example"],
  ["Sec-Fetch-Site", "cross-site"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["X-Forwarded-For", "1.2.3.4"],
  ["Referer", "http://evil.example/"],
  ["Cookie", `a=b; ${"c=d; ".repeat(300)}`],
  ["TE", "trailers"],
  ["Trailer", "Authorization"],
  ["Message-Content-Type", "application/json"],
  ["Message-Content-Type", "application/x-protobuf"],
  ["Message-Accept", "application/json"],
  ["Message-Accept", "nonsense"],
  ["User-Agent", "\u00ff\u00fe"],
  ["X-Long", "x".repeat(15_000)],
  ["X-TooLong", "x".repeat(17_000)],
  ["__proto__", "x"],
  ["constructor", "x"],
];

/** Without what the way of sending adds: Host, Content-Length, Transfer-Encoding. */
export function drawHeaders(
  bodyType: string,
  authorization: string | undefined,
  draw: Draw,
  ids: IdPool,
): HeaderList {
  const headers: (readonly [string, string])[] = [];
  if (authorization !== undefined) headers.push(["Authorization", authorization]);
  if (bodyType !== "" && draw.percent(95))
    headers.push(["Content-Type", draw.percent(88) ? bodyType : draw.pick(mediaTypes)]);
  if (draw.percent(70))
    headers.push(["Accept", draw.percent(70) ? draw.pick(mediaTypes.slice(0, 2)) : draw.pick(mediaTypes)]);
  if (draw.percent(60)) headers.push(["Mesos-Stream-Id", latin(drawId(draw, "stream", ids))]);
  for (let count = draw.percent(30) ? 1 + draw.below(3) : 0; count > 0; count -= 1)
    headers.push(draw.pick(rare));
  if (draw.percent(3)) headers.push(...headers.filter(([name]) => name !== "Authorization"));
  if (draw.percent(1))
    headers.push(...Array.from({ length: 150 }, (_, index) => [`X-${index}`, "y"] as const));
  return headers;
}

/** As a client would send them. */
export function usualHeaders(bodyType: string, authorization: string, draw: Draw, ids: IdPool): HeaderList {
  const headers: (readonly [string, string])[] = [["Authorization", authorization]];
  if (bodyType !== "") headers.push(["Content-Type", bodyType]);
  if (draw.percent(90))
    headers.push(["Accept", draw.pick(["application/json", "application/x-protobuf", "*/*"])]);
  const [stream] = ids.stream;
  if (stream !== undefined && draw.percent(85)) headers.push(["Mesos-Stream-Id", latin(stream)]);
  return headers;
}

/** As a header may carry it: one line, one byte a character, not empty. */
const latin = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").trim() || "x";

export type Authorization = { readonly text: string | undefined; readonly isRight: boolean };

export function drawAuthorization(token: string, draw: Draw): Authorization {
  if (draw.percent(92)) {
    const text = draw.percent(90) ? `Bearer ${token}` : basic(`anybody:${token}`);
    return { text, isRight: true };
  }
  const text = draw.pick([
    undefined,
    "",
    "Bearer",
    "Bearer wrong",
    `bearer ${"x".repeat(3_000)}`,
    basic("no colon"),
    basic(":"),
    "Basic !!!",
    "Unum-Pass 99999999999999.00",
    "token=",
    'Digest username="x"',
  ]);
  return { text, isRight: false };
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;
