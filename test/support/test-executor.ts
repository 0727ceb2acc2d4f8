/**
 * A custom executor for tests, as a framework would bring it along: a program that runs in a container, knows
 * only its environment, and speaks the executor API in the encoding that its first argument names.
 *
 * Tasks are entries in a table. Its framework tells it by messages what to do, and it answers in messages. It
 * keeps what is not acknowledged, and comes back to an agent that was away.
 */

import { randomUUID } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeMessage, type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";

type Call = Omit<MessageOf<"executor.Call">, "executor_id" | "framework_id">;
type Event = MessageOf<"executor.Event">;
type TaskInfo = MessageOf<"TaskInfo">;
type State = MessageOf<"TaskStatus">["state"];

const encoding: Encoding = process.argv[2] === "protobuf" ? "protobuf" : "json";
const mediaType = encoding === "json" ? "application/json" : "application/x-protobuf";
const env = process.env;
const [host = "", port = ""] = (env.MESOS_AGENT_ENDPOINT ?? "").split(":");
const ids = {
  executor_id: { value: env.MESOS_EXECUTOR_ID ?? "" },
  framework_id: { value: env.MESOS_FRAMEWORK_ID ?? "" },
};

const unackedTasks = new Map<string, TaskInfo>();
const unackedUpdates = new Map<string, MessageOf<"executor.Call.Update">>();
/** Told when the agent is away: `TASK:STATE`. */
const forLater: string[] = [];
/** A pid may be that of another container, too. */
const processId = randomUUID();
let subscriptions = 0;
let comesBack = true;

function post(call: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host,
        port,
        method: "POST",
        path: "/api/v1/executor",
        headers: {
          "content-type": mediaType,
          accept: mediaType,
          authorization: `Bearer ${env.MESOS_EXECUTOR_AUTHENTICATION_TOKEN ?? ""}`,
        },
      },
      resolve,
    );
    sent.on("error", reject);
    sent.end(encodeMessage(encoding, "executor.Call", { ...ids, ...call }));
  });
}

async function say(call: Call): Promise<void> {
  try {
    const answer = await post(call);
    answer.resume();
    if (answer.statusCode !== 202) console.error(`${call.type}: ${answer.statusCode}`);
  } catch {
    // The agent is away; what matters is kept.
  }
}

const reply = (text: string): Promise<void> =>
  say({ type: "MESSAGE", message: { data: new TextEncoder().encode(text) } });

function statusOf(taskId: string, state: State): MessageOf<"executor.Call.Update"> {
  const uuid = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
  return {
    status: {
      task_id: { value: taskId },
      executor_id: ids.executor_id,
      state,
      source: "SOURCE_EXECUTOR",
      timestamp: Date.now() / 1_000,
      uuid: new Uint8Array(uuid),
      data: new TextEncoder().encode(`of ${processId}`),
      labels: { labels: [{ key: "by", value: "test" }] },
      check_status: { type: "COMMAND", command: { exit_code: 7 } },
    },
  };
}

async function update(taskId: string, state: State): Promise<void> {
  const made = statusOf(taskId, state);
  unackedUpdates.set(Buffer.from(made.status.uuid ?? []).toString("hex"), made);
  await say({ type: "UPDATE", update: made });
}

async function obey(text: string): Promise<void> {
  const [order = "", ...words] = text.split(" ");
  const [taskId = "", state = ""] = words;
  if (order === "who") await reply(`process ${processId} subscriptions ${subscriptions}`);
  else if (order === "env") await reply(JSON.stringify(env));
  else if (order === "update") await update(taskId, state as State);
  else if (order === "later") {
    forLater.push(`${taskId}:${state}`);
    await reply("later");
  } else if (order === "deaf") {
    comesBack = false;
    await reply("deaf");
  } else if (order === "crash") process.exit(3);
}

async function launch(task: TaskInfo): Promise<void> {
  unackedTasks.set(task.task_id.value, task);
  if (task.name !== "silent") await update(task.task_id.value, "TASK_RUNNING");
}

async function heard(event: Event): Promise<void> {
  switch (event.type) {
    case "SUBSCRIBED":
      subscriptions += 1;
      return;
    case "LAUNCH":
      return event.launch && launch(event.launch.task);
    case "LAUNCH_GROUP":
      for (const task of event.launch_group?.task_group.tasks ?? []) await launch(task);
      return;
    case "KILL":
      return update(event.kill?.task_id.value ?? "", "TASK_KILLED");
    case "ACKNOWLEDGED":
      unackedUpdates.delete(Buffer.from(event.acknowledged?.uuid ?? []).toString("hex"));
      unackedTasks.delete(event.acknowledged?.task_id.value ?? "");
      return;
    case "MESSAGE":
      return obey(new TextDecoder().decode(event.message?.data));
    case "SHUTDOWN":
      return process.exit(0);
    default:
      return;
  }
}

/** Resolves when the agent is away. */
async function listen(): Promise<void> {
  const answer = await post({
    type: "SUBSCRIBE",
    subscribe: {
      unacknowledged_tasks: [...unackedTasks.values()],
      unacknowledged_updates: [...unackedUpdates.values()],
    },
  });
  if (answer.statusCode !== 200) return void answer.resume();
  const records = new RecordDecoder();
  for await (const chunk of answer) {
    const read = records.push(chunk as Uint8Array);
    if (!read.ok) throw new Error(read.why);
    for (const record of read.records) {
      const event = decodeMessage(encoding, "executor.Event", record);
      if (!event.ok) throw new Error(event.why);
      await heard(event.value);
    }
  }
}

for (;;) {
  await listen().catch((error: unknown) => console.error(String(error)));
  if (env.MESOS_CHECKPOINT !== "1") process.exit(1);
  if (!comesBack) await sleep(1_000_000);
  for (const each of forLater.splice(0)) {
    const [taskId = "", state = ""] = each.split(":");
    await update(taskId, state as State);
  }
  await sleep(50);
}
