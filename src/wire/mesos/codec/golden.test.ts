/**
 * What a real Mesos said (test/fixtures/mesos): read and printed again byte for byte, and refused with its words.
 *
 * Two differences are known, and allowed for by name below: the last digit of some doubles, where Mesos's
 * printer does not choose the nearest of the shortest texts (the double is the same); and `checkpoint` of an
 * agent, which the interface does not have any more, but Mesos prints from its internal message.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeUtf8 } from "#wire/json/text.ts";
import type { MessageName } from "../proto/tables.ts";
import { messageFromJson } from "./json/decode.ts";
import { messageToJson } from "./json/encode.ts";
import { doubleText } from "./json/number-text.ts";
import { messageFromProtobuf } from "./protobuf/decode.ts";
import { messageToProtobuf } from "./protobuf/encode.ts";

type Event = { readonly raw?: string; readonly json: unknown };

type Recording = {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly response?: { readonly status: number; readonly body?: string; readonly raw?: string };
  readonly events?: readonly Event[];
  readonly events_after?: readonly Event[];
};

type Api = "scheduler" | "agent" | "master";
type Exchange = { readonly file: string; readonly api: Api; readonly recording: Recording };

const directory = join(import.meta.dirname, "../../../../test/fixtures/mesos");

const exchanges: readonly Exchange[] = readdirSync(directory, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".json"))
  .toSorted()
  .map((file) => {
    const recording: Recording = JSON.parse(readFileSync(join(directory, file), "utf8"));
    return { file, api: apiOf(file, recording.request.path), recording };
  })
  .filter(({ recording: { request } }) => request.method === "POST");

function apiOf(file: string, path: string): Api {
  if (path === "/api/v1/scheduler") return "scheduler";
  return file.startsWith("agent-v1") || /^(?:operator-bad|crashes).*-agent-/.test(file) ? "agent" : "master";
}

type Printed = { readonly file: string; readonly name: MessageName; readonly raw: string };

const printed: readonly Printed[] = exchanges.flatMap(({ file, api, recording }) => {
  const events = [...(recording.events ?? []), ...(recording.events_after ?? [])];
  const raws = events.map(({ raw }) => raw ?? assert.fail(`${file} has an event without its text`));
  const event: MessageName = api === "agent" ? "agent.ProcessIO" : `${api}.Event`;
  const response = recording.response?.raw;
  return [
    ...(response === undefined ? [] : [{ file, name: `${api}.Response` as const, raw: response }]),
    ...raws.map((raw) => ({ file, name: event, raw })),
  ];
});

const sameDoubles = (text: string): string =>
  text.replace(/(?<=[:,[])-?\d+\.\d+(?:e-?\d+)?/g, (digits) => doubleText(Number(digits)));

const withoutAgentCheckpoint = (text: string): string =>
  text.replace(/(?<="id":\{"value":"[^"]*-S\d+"\}),"checkpoint":(?:true|false)(?=\})/g, "");

test("golden: everything Mesos printed is read, and printed the same", () => {
  let identical = 0;
  for (const { file, name, raw } of printed) {
    const message = messageFromJson(name, encodeUtf8(raw));
    if (!message.ok) assert.fail(`${file}: ${message.why}`);
    const again = messageToJson(name, message.value);
    if (again === raw) identical += 1;
    else assert.equal(again, withoutAgentCheckpoint(sameDoubles(raw)), file);
  }
  assert.equal(printed.length, 332);
  assert.equal(identical, 303);
});

test("golden: everything Mesos printed goes through protobuf and comes back the same", () => {
  for (const { file, name, raw } of printed) {
    const message = messageFromJson(name, encodeUtf8(raw));
    assert.ok(message.ok);
    const bytes = messageToProtobuf(name, message.value as never);
    const across = messageFromProtobuf(name, bytes);
    if (!across.ok) assert.fail(`${file}: ${across.detail}`);
    // Empty lists are the only thing that protobuf cannot say.
    const withoutEmpty = messageToJson(name, message.value)
      .replace(/"\w+":\[\],?/g, "")
      .replaceAll(",}", "}");
    assert.equal(messageToJson(name, across.value), withoutEmpty, file);
  }
});

test("golden: every call that Mesos took is taken, and what it could not read is refused in its words", () => {
  let refused = 0;
  for (const { file, api, recording } of exchanges) {
    const { body, headers } = recording.request;
    if (body === undefined || recording.response === undefined) continue;
    const isProtobuf = headers["Content-Type"] === "application/x-protobuf";
    const read = isProtobuf ? messageFromProtobuf : messageFromJson;
    const outcome = read(`${api}.Call`, encodeUtf8(body));
    const said = recording.response.body ?? "";
    if (recording.response.status === 400 && /^Failed to (?:parse body|convert JSON)/.test(said)) {
      refused += 1;
      assert.equal(outcome.ok ? "taken" : outcome.why, said, file);
    } else if (!outcome.ok) {
      assert.ok([400, 405, 406, 415].includes(recording.response.status), `${file}: ${outcome.why}`);
    }
  }
  assert.equal(refused, 10);
});
