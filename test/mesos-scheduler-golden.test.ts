/**
 * What a real Mesos master answered to bad (and some good) calls, asked of ours: the same statuses, headers,
 * sentences and events, save for the differences that are listed here with their reasons.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Agent } from "undici";
import { decodeMessage } from "#wire/mesos/codec/encoding.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import { TestCluster } from "./support/cluster.ts";
import { type EventMessage, type OfferMessage, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";

type RecordedStatus = {
  readonly task_id: { readonly value: string };
  readonly state: string;
  readonly message?: string;
  readonly source: string;
  readonly reason?: string;
};
type RecordedEvent = {
  readonly type: string;
  readonly update?: { readonly status: RecordedStatus };
  readonly update_operation_status?: { readonly status: { readonly state: string } };
  readonly error?: { readonly message: string };
};
type Exchange = {
  readonly request: {
    readonly method: "GET" | "POST" | "PUT";
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body?: string;
  };
  readonly events?: readonly { readonly json: RecordedEvent }[];
  readonly events_after?: readonly (RecordedEvent | { readonly json: RecordedEvent })[];
};

/** Whose sentences on tasks are our own; all else is the same. */
const ownSentences: ReadonlySet<number> = new Set([54, 52, 53, 58, 68, 69, 70, 78, 80, 92, 93, 94]);

/** What becomes of a task with us, where that is another thing. */
const otherStates: ReadonlyMap<number, readonly (readonly [state: string, message: RegExp])[]> = new Map([
  // A crash of Mesos's executor; we see it at the door.
  [73, [["TASK_ERROR", /command\.value/]]],
  // Known only when it is launched: no status of an executor, which there is none of.
  [76, [["TASK_FAILED", /no_such_user/]]],
  // Files are not fetched.
  [77, [["TASK_ERROR", /command\.uris/]]],
]);

const directory = join(import.meta.dirname, "fixtures/mesos/scheduler-bad");
const numberOf = (name: string): number => Number.parseInt(name, 10);
const names = readdirSync(directory).sort((a, b) => numberOf(a) - numberOf(b));

const theirs = {
  framework: "513e1beb-6f0c-4a49-98a4-fe82197c306d-0009",
  agent: "513e1beb-6f0c-4a49-98a4-fe82197c306d-S0",
  stream: "a4f86c4d-eb63-43a9-b4b9-4680eb18b74f",
  offer: /513e1beb-6f0c-4a49-98a4-fe82197c306d-O\d+/g,
};

const cluster = new TestCluster(temporaryDirectory("unum-golden-"));
const http = new Agent();
let framework: TestFramework;
let successor: TestFramework | undefined;
let agentId = "";
let used: OfferMessage | undefined;

const headers = (): Record<string, string> => ({ authorization: `Bearer ${cluster.token}` });
const bad = { user: "root", name: "bad", roles: ["bad"] };

before(async () => {
  await cluster.start();
  framework = new TestFramework(cluster.file.masterUrl, { headers: headers(), info: bad });
  await framework.subscribe();
  const offer = await framework.offer();
  agentId = offer.agent_id.value;
  await framework.call({
    type: "DECLINE",
    decline: { offer_ids: [offer.id], filters: { refuse_seconds: 0 } },
  });
});
after(async () => {
  await framework.leave();
  await successor?.leave();
  await http.close();
  assert.equal(await cluster.end("SIGTERM"), 0);
});

/** What was recorded, of our framework, our agent, and an offer that stands or one that was used. */
async function ours(name: string, text: string): Promise<string> {
  const known = text
    .replaceAll(theirs.framework, framework.frameworkId)
    .replaceAll(theirs.agent, agentId)
    .replaceAll(theirs.stream, framework.streamId);
  if (known.search(theirs.offer) === -1) return known;
  const isStale = name.includes("stale");
  if (!isStale) used = await framework.offer(({ agent_id }) => agent_id.value === agentId);
  return known.replaceAll(theirs.offer, used?.id.value ?? "");
}

async function prepare(name: string): Promise<void> {
  if (name.startsWith("108-")) {
    const options = { headers: headers(), info: { ...framework.info } };
    successor = new TestFramework(cluster.file.masterUrl, options);
    await successor.subscribe(framework.frameworkId);
    await successor.next("SUBSCRIBED");
  }
  if (name.startsWith("109-")) await successor?.call({ type: "TEARDOWN" });
}

const send = async (exchange: Exchange, name: string) =>
  http.request({
    origin: cluster.file.masterUrl,
    path: "/api/v1/scheduler",
    method: exchange.request.method,
    headers: {
      ...Object.fromEntries(
        await Promise.all(
          Object.entries(exchange.request.headers).map(async ([key, value]) => [
            key,
            await ours(name, value),
          ]),
        ),
      ),
      ...headers(),
    },
    body: exchange.request.body ? await ours(name, exchange.request.body) : null,
  });

for (const name of names)
  test(name, async () => {
    const exchange = JSON.parse(readFileSync(join(directory, name), "utf8")) as Exchange;
    await prepare(name);
    const heard = framework.events.length;
    const answer = await send(exchange, name);
    const { status, headers: recorded, body } = exchange.response;
    assert.equal(answer.statusCode, status);
    for (const [key, value] of recorded)
      if (["allow", "content-type", "transfer-encoding"].includes(key.toLowerCase()))
        assert.equal(answer.headers[key.toLowerCase()], value, key);
    if (exchange.events !== undefined) {
      assert.match(String(answer.headers["mesos-stream-id"]), /^[0-9a-f-]{36}$/);
      await assertFirstEvent(answer.body, exchange.events[0]?.json);
    } else assert.equal(await answer.body.text(), await ours(name, body ?? ""));
    await assertEvents(name, exchange, heard);
  });

async function assertFirstEvent(
  body: AsyncIterable<unknown> & { destroy(): unknown },
  expected: RecordedEvent | undefined,
): Promise<void> {
  const records = new RecordDecoder();
  for await (const chunk of body) {
    const [record] = records.push(chunk as Uint8Array).records;
    if (record === undefined) continue;
    const event = decodeMessage("json", "scheduler.Event", record);
    assert.ok(event.ok);
    assert.equal(event.value.type, expected?.type);
    assert.equal(event.value.error?.message, expected?.error?.message);
    break;
  }
  body.destroy();
}

/** Every task and operation of which something was said there is one of which the same is said here. */
async function assertEvents(name: string, exchange: Exchange, heard: number): Promise<void> {
  const number = numberOf(name);
  const recorded = (exchange.events_after ?? []).map((event) => ("json" in event ? event.json : event));
  const isNew = (event: EventMessage): boolean => framework.events.indexOf(event) >= heard;
  const other = otherStates.get(number);
  const statuses = recorded.flatMap(({ update }) => update?.status ?? []);
  // Our agents have nothing to say before a task runs.
  for (const expected of other === undefined
    ? statuses.filter(({ state }) => state !== "TASK_STARTING")
    : []) {
    const { update } = await framework.next(
      "UPDATE",
      (event) =>
        isNew(event) &&
        event.update?.status.task_id.value === expected.task_id.value &&
        event.update.status.state === expected.state,
    );
    const status = update?.status ?? assert.fail();
    assert.deepEqual([status.source, status.reason], [expected.source, expected.reason]);
    if (!ownSentences.has(number) && expected.state === "TASK_ERROR")
      assert.equal(status.message, expected.message);
    if (status.uuid !== undefined) await framework.acknowledge(status);
  }
  for (const [state, message] of other ?? []) {
    const { update } = await framework.next("UPDATE", isNew);
    assert.equal(update?.status.state, state);
    assert.match(update.status.message ?? "", message);
    if (update.status.uuid !== undefined) await framework.acknowledge(update.status);
  }
  for (const expected of recorded.flatMap(({ update_operation_status: update }) => update?.status ?? [])) {
    const { update_operation_status: update } = await framework.next("UPDATE_OPERATION_STATUS", isNew);
    assert.equal(update?.status.state, expected.state);
  }
}
