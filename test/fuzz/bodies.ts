/**
 * Bodies: what an endpoint takes, drawn valid and then, mostly, broken; or what quite another endpoint takes.
 */

import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import type { MessageName } from "#wire/mesos/proto/tables.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { malformedBodies } from "../support/malformed-bodies.ts";
import type { Draw } from "./draw.ts";
import { drawId, type IdPool } from "./known-ids.ts";
import { drawMessage, encoded } from "./messages.ts";
import { join, mutateBytes, mutateJson } from "./mutate.ts";
import { oddTexts } from "./odd-values.ts";
import { drawApp, drawPod } from "./schema-values.ts";

export type Body = { readonly type: string; readonly bytes: Uint8Array };

/** Makes a JSON value, and where the endpoint speaks Mesos's encodings a message. */
type Kind =
  | "app"
  | "apps"
  | "pod"
  | "task-ids"
  | "group"
  | "form"
  | "none"
  | readonly [name: MessageName, list: boolean];

const kinds: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/\/api\/v1\/scheduler$/, ["scheduler.Call", false]],
  [/\/api\/v1\/executor$/, ["executor.Call", false]],
  [/^\/slave\(1\)\/api\/v1/, ["agent.Call", false]],
  [/\/api\/v1(?:\/\*)?$/, ["master.Call", false]],
  [/^\/v2\/apps\/\*$/, "app"],
  [/^\/v2\/apps$/, "apps"],
  [/^\/v2\/pods(?:\/\*)?$/, "pod"],
  [/^\/v2\/tasks\/delete$/, "task-ids"],
  [/^\/v2\/groups(?:\/\*)?$/, "group"],
  [/\/(?:teardown|(?:un)?reserve|create-volumes|destroy-volumes)$/, "form"],
  [/\/machine\/(?:up|down)$/, ["MachineID", true]],
  [/\/maintenance\/schedule$/, ["maintenance.Schedule", false]],
  [/\/weights$/, ["WeightInfo", true]],
  [/\/quota$/, ["quota.QuotaRequest", false]],
];

const kindsThere: readonly Kind[] = [...kinds.map(([, kind]) => kind), "none"];

const json = "application/json";
const protobuf = "application/x-protobuf";
const recordIo = "application/recordio";
const encoder = new TextEncoder();
let malformed: readonly Uint8Array[] | undefined;

export type BodyFor = {
  readonly method: string;
  readonly path: string;
  /** `/api/v1` is another API there. */
  readonly isAgent: boolean;
  /** Of the right kind, and whole more often than not. */
  readonly isCareful: boolean;
};

export function drawBody({ method, path, isAgent, isCareful }: BodyFor, draw: Draw, ids: IdPool): Body {
  const own = kinds.find(([pattern]) => pattern.test(path))?.[1] ?? "none";
  const kind = isAgent && path === "/api/v1" ? (["agent.Call", false] as const) : own;
  if ((method === "GET" || method === "HEAD" || method === "DELETE") && draw.percent(90)) return noBody;
  if (isCareful) return bodyOf(kind, method, draw.percent(60), draw, ids);
  if (draw.percent(8)) {
    malformed ??= malformedBodies().map(({ bytes }) => bytes);
    return { type: json, bytes: draw.pick(malformed) };
  }
  return bodyOf(draw.percent(90) ? kind : draw.pick(kindsThere), method, draw.percent(20), draw, ids);
}

const noBody: Body = { type: "", bytes: new Uint8Array() };

function bodyOf(kind: Kind, method: string, isWhole: boolean, draw: Draw, ids: IdPool): Body {
  switch (kind) {
    case "none":
      return { type: json, bytes: mutateJson({ a: [1, "b", { c: null }] }, draw) };
    case "app":
      return jsonBody(drawApp(draw, ids), isWhole, draw);
    case "apps": {
      const asList = draw.percent(method === "POST" ? 10 : 90);
      const list = (): unknown => Array.from({ length: 1 + draw.below(3) }, () => drawApp(draw, ids));
      return jsonBody(asList ? list() : drawApp(draw, ids), isWhole, draw);
    }
    case "pod":
      return jsonBody(drawPod(draw, ids), isWhole, draw);
    case "task-ids": {
      const taskIds = Array.from({ length: draw.below(4) }, () => drawId(draw, "task", ids));
      return jsonBody({ ids: taskIds }, isWhole, draw);
    }
    case "group":
      return jsonBody(drawGroup(draw, ids, 2), isWhole, draw);
    case "form":
      return broken(
        { type: "application/x-www-form-urlencoded", bytes: drawForm(draw, ids) },
        draw,
        isWhole ? 0 : 50,
      );
    default:
      return messageBody(kind[0], kind[1], isWhole, draw, ids);
  }
}

function drawGroup(draw: Draw, ids: IdPool, depth: number): unknown {
  if (draw.percent(10))
    return draw.pick([{ scaleBy: 2 }, { scaleBy: 0 }, { version: "x" }, { enforceRole: true }]);
  const list = <Item>(make: () => Item): Item[] => Array.from({ length: draw.below(3) }, make);
  return {
    id: draw.pick(["a", "/a", "../b", "a/b", ".", "/"]),
    ...(draw.percent(60) ? { apps: list(() => drawApp(draw, ids)) } : {}),
    ...(depth > 0 && draw.percent(50) ? { groups: list(() => drawGroup(draw, ids, depth - 1)) } : {}),
    ...(draw.percent(30) ? { dependencies: list(() => draw.pick(["/a", "../b", "c", "."])) } : {}),
  };
}

const jsonBody = (value: unknown, isWhole: boolean, draw: Draw): Body =>
  isWhole
    ? { type: json, bytes: encoder.encode(JSON.stringify(value)) }
    : broken({ type: json, bytes: mutateJson(value, draw) }, draw, 15);

const broken = (body: Body, draw: Draw, share: number): Body =>
  draw.percent(share) ? { ...body, bytes: mutateBytes(body.bytes, draw) } : body;

function messageBody(name: MessageName, asList: boolean, isWhole: boolean, draw: Draw, ids: IdPool): Body {
  const inJson = (): string => new TextDecoder().decode(encoded("json", name, drawMessage(name, draw, ids)));
  if (asList) {
    const items = Array.from({ length: draw.below(4) }, inJson);
    return jsonBody(JSON.parse(`[${items.join(",")}]`), isWhole, draw);
  }
  const encoding: Encoding = draw.percent(50) ? "json" : "protobuf";
  const made: Body =
    encoding === "protobuf"
      ? { type: protobuf, bytes: encoded("protobuf", name, drawMessage(name, draw, ids)) }
      : { type: json, bytes: encoder.encode(inJson()) };
  if (isWhole) return made;
  if (draw.percent(12)) return asRecords(made, draw);
  return encoding === "json" && draw.percent(75)
    ? { type: json, bytes: mutateJson(JSON.parse(new TextDecoder().decode(made.bytes)), draw) }
    : broken(made, draw, 100);
}

const recordLengths = [
  "-1",
  "0",
  "00000000000000000001",
  "1e3",
  "99999999999999999999",
  "16777217",
  "x",
  "",
  " 5",
];

function asRecords({ bytes }: Body, draw: Draw): Body {
  const record = encodeRecord(bytes);
  const bad = join(encoder.encode(`${draw.pick(recordLengths)}\n`), bytes);
  const stream = draw.pick([record, join(record, record), bad, join(record, bad), mutateBytes(record, draw)]);
  return { type: recordIo, bytes: stream };
}

function drawForm(draw: Draw, ids: IdPool): Uint8Array {
  const list = (): string => {
    const items = Array.from({ length: draw.below(3) }, () =>
      new TextDecoder().decode(encoded("json", "Resource", drawMessage("Resource", draw, ids))),
    );
    return draw.percent(80) ? `[${items.join(",")}]` : draw.pick(oddTexts);
  };
  const parts = [
    ["slaveId", drawId(draw, "agent", ids)],
    ["frameworkId", drawId(draw, "framework", ids)],
    ["resources", list()],
    ["volumes", list()],
    [draw.pick(oddTexts), draw.pick(oddTexts)],
  ].filter(() => draw.percent(85));
  const escaped = (text: string): string =>
    draw.percent(90) ? encodeURIComponent(text.toWellFormed()) : text;
  return encoder.encode(
    parts.map(([name = "", value = ""]) => `${escaped(name)}=${escaped(value)}`).join("&"),
  );
}
