/**
 * Messages of the Mesos APIs, drawn from the same tables as the codecs: valid by type, and often by meaning.
 *
 * Calls get the payload that their type asks for; ids are ones that the cluster knows. What is nonsense in
 * them comes from mutating them afterwards.
 */

import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import { encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { type FieldPlan, type Fields, type MessagePlan, planOf } from "#wire/mesos/codec/plan.ts";
import type { MessageName } from "#wire/mesos/proto/tables.ts";
import type { Draw } from "./draw.ts";
import { drawId, type IdKind, type IdPool } from "./known-ids.ts";
import { oddTexts } from "./odd-values.ts";

export const callNames = [
  "master.Call",
  "agent.Call",
  "scheduler.Call",
  "executor.Call",
] as const satisfies readonly MessageName[];

const depthMax = 6;

export function drawMessage(name: MessageName, draw: Draw, ids: IdPool): Fields {
  return drawFields(planOf(name), draw, ids, depthMax);
}

export const encoded = (encoding: Encoding, name: MessageName, message: Fields): Uint8Array =>
  encodeMessage(encoding, name, message as never);

function drawFields(plan: MessagePlan, draw: Draw, ids: IdPool, depth: number): Fields {
  const made = special(plan.name, draw, ids);
  if (made !== undefined) return made;
  const message: Fields = {};
  const share = depth <= 0 ? 0 : depth >= 4 ? 35 : 20;
  for (const field of plan.declared) {
    if (field.label !== "required" && !draw.percent(share)) continue;
    for (const rival of field.rivals) delete message[rival];
    message[field.name] = drawField(plan, field, draw, ids, depth);
  }
  if ((callNames as readonly string[]).includes(plan.name)) choosePayload(plan, message, draw, ids);
  for (const field of plan.declared)
    if (field.extras.implicit && (message[field.name] === 0 || message[field.name] === 0n))
      delete message[field.name];
  return message;
}

/** The type is one that exists, with its own payload beside it. */
function choosePayload(plan: MessagePlan, message: Fields, draw: Draw, ids: IdPool): void {
  const type = plan.declared.find(({ name }) => name === "type");
  if (type?.value.kind !== "enum") return;
  const chosen = draw.pick([...type.value.values.numbers.keys()]);
  const payload = plan.declared.find(({ name }) => name === chosen.toLowerCase());
  // The odd one more is there to be ignored.
  if (draw.percent(80))
    for (const { name, label, value } of plan.declared)
      if (value.kind === "message" && label !== "required") delete message[name];
  message.type = chosen;
  if (payload !== undefined && draw.percent(95))
    message[payload.name] = drawField(plan, payload, draw, ids, depthMax - 1);
  if (plan.declared.some(({ name }) => name === "framework_id") && draw.percent(85))
    // The first is the one whose stream the headers name.
    message.framework_id = { value: ids.framework[0] ?? "none" };
  if (plan.name === "scheduler.Call" && draw.percent(85)) describeRightly(message);
  if (plan.name === "executor.Call" && draw.percent(85))
    message.executor_id = { value: ids.executor[0] ?? "none" };
}

/** A framework that is new has no id; one that describes itself anew says its own. */
function describeRightly(message: Fields): void {
  const { type, subscribe, update_framework: update } = message as Record<string, Fields | undefined>;
  if (String(type) === "SUBSCRIBE") delete message.framework_id;
  const before = String(type) === "SUBSCRIBE" ? subscribe : update;
  const info = before?.framework_info as Fields | undefined;
  if (info === undefined) return;
  if (message.framework_id === undefined) delete info.id;
  else info.id = message.framework_id;
}

function drawField(plan: MessagePlan, field: FieldPlan, draw: Draw, ids: IdPool, depth: number): unknown {
  const one = (): unknown => drawValue(plan, field, draw, ids, depth - 1);
  switch (field.label) {
    case "repeated":
      return Array.from({ length: 1 + draw.below(3) }, one);
    case "map":
      return new Map(
        Array.from({ length: 1 + draw.below(2) }, () => [drawText(draw), one()] as [string, unknown]),
      );
    case "required":
    case "optional":
      return one();
  }
  return field.label satisfies never;
}

const idMessages: Readonly<Record<string, IdKind>> = {
  AgentID: "agent",
  FrameworkID: "framework",
  OfferID: "offer",
  TaskID: "task",
  ContainerID: "container",
  ExecutorID: "executor",
};

/** What is only taken when its parts fit together. */
function special(name: string, draw: Draw, ids: IdPool): Fields | undefined {
  const kind = idMessages[name];
  if (kind !== undefined && draw.percent(97)) {
    const value = withoutNul(drawId(draw, kind, ids));
    return name === "ContainerID" && draw.percent(20) ? { value, parent: { value: "parent" } } : { value };
  }
  if (draw.percent(20)) return undefined;
  switch (name) {
    case "Resource":
      return drawResource(draw, ids);
    case "MachineID":
      return { hostname: drawId(draw, "host", ids).replaceAll("\0", ""), ip: "127.0.0.1" };
    case "FrameworkInfo":
      return {
        user: "root",
        name: `fuzz-${draw.below(100)}`,
        roles: [drawRole(draw, ids)],
        capabilities: [{ type: "MULTI_ROLE" }, { type: "RESERVATION_REFINEMENT" }],
        ...(draw.percent(30) ? { failover_timeout: draw.pick([0, 1, 60]) } : {}),
      };
    case "TaskStatus":
      return {
        task_id: { value: withoutNul(drawId(draw, "task", ids)) },
        state: draw.pick(["TASK_STARTING", "TASK_RUNNING", "TASK_RUNNING", "TASK_KILLING", "TASK_FAILED"]),
        uuid: draw.bytes(draw.percent(95) ? 16 : 3),
        source: draw.percent(95) ? "SOURCE_EXECUTOR" : "SOURCE_MASTER",
        ...(draw.percent(40) ? { message: drawText(draw), data: draw.bytes(8) } : {}),
      };
    case "TaskInfo":
      return {
        name: "fuzz",
        task_id: { value: `fuzz-${draw.uuid()}` },
        agent_id: { value: withoutNul(drawId(draw, "agent", ids)) },
        resources: [scalar("cpus", 0.1), scalar("mem", 32)],
        command: { value: draw.pick(["sleep 1000", "sleep 0", "exit 1"]) },
      };
    default:
      return undefined;
  }
}

const scalar = (name: string, value: number): Fields => ({ name, type: "SCALAR", scalar: { value } });

function drawResource(draw: Draw, ids: IdPool): Fields {
  const role = drawRole(draw, ids);
  const reserved: Fields = draw.percent(50) ? { reservations: [{ type: "DYNAMIC", role }] } : {};
  const allocated: Fields = draw.percent(40) ? { allocation_info: { role } } : {};
  if (draw.percent(15))
    return {
      name: "ports",
      type: "RANGES",
      ranges: { range: [{ begin: BigInt(draw.pick([0, 31_000, 31_500])), end: 31_000n }] },
      ...reserved,
      ...allocated,
    };
  const disk: Fields = draw.percent(50)
    ? {
        disk: {
          persistence: { id: `v${draw.below(4)}` },
          volume: { container_path: "data", mode: "RW" },
        },
      }
    : {};
  return draw.percent(30)
    ? { ...scalar("disk", draw.pick([1, 8, 64])), ...reserved, ...allocated, ...disk }
    : { ...scalar(draw.pick(["cpus", "mem"]), draw.pick([0.1, 1, 32])), ...reserved, ...allocated };
}

const drawRole = (draw: Draw, ids: IdPool): string => withoutNul(draw.pick(ids.role));

/** Both encodings refuse a NUL in a text before any handler sees it. */
const withoutNul = (text: string): string => text.replaceAll("\0", "").toWellFormed();

const drawText = (draw: Draw): string =>
  withoutNul(draw.percent(60) ? `fuzz${draw.below(9)}` : draw.pick(oddTexts));

const textHints: Readonly<Record<string, IdKind>> = {
  path: "path",
  role: "role",
  roles: "role",
  suppressed_roles: "role",
  hostname: "host",
  user: "role",
};

function drawValue(plan: MessagePlan, field: FieldPlan, draw: Draw, ids: IdPool, depth: number): unknown {
  const { value } = field;
  switch (value.kind) {
    case "message":
      return drawFields(value.plan, draw, ids, depth);
    case "enum":
      return draw.pick([...value.values.numbers.keys()]);
    case "string": {
      const hint = textHints[field.name];
      if (plan.name === "CommandInfo" && field.name === "value") return "sleep 1000";
      return hint === undefined || draw.percent(10) ? drawText(draw) : withoutNul(drawId(draw, hint, ids));
    }
    case "bytes":
      return draw.bytes(field.name === "uuid" && draw.percent(90) ? 16 : draw.pick([0, 1, 16, 40]));
    case "bool":
      return draw.percent(50);
    case "double":
      return draw.pick([0, 0.1, 1, 2.5, 60, -1, 1e-9, 1e9, 1e300, -1e300, 2 ** 53]);
    case "int32":
      return draw.pick([0, 1, 5, 1_000, -1, -(2 ** 31), 2 ** 31 - 1]);
    case "uint32":
      return draw.pick([0, 1, 5, 1_000, 65_536, 2 ** 32 - 1]);
    case "int64":
      return draw.pick([0n, 1n, 100n, -1n, -(2n ** 63n), 2n ** 63n - 1n]);
    case "uint64":
      return draw.pick([0n, 1n, 100n, 2n ** 63n, 2n ** 64n - 1n]);
  }
  return value satisfies never;
}
