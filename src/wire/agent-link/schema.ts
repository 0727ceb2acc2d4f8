/**
 * The shapes of the agent link's messages, as they arrive: what is here was checked, nothing else is trusted.
 *
 * The messages travel in the model's own camelCase, so these schemas mirror `#model/protocol/agent-link.ts`;
 * the two assertions at the end do not compile when one of them changes alone. Members that are `undefined`
 * in the model are absent on the wire. Unknown members are ignored: a newer peer may send more.
 */

import { type Static, Type } from "typebox";
import type { AgentMessage, MasterMessage } from "#model/protocol/agent-link.ts";
import {
  agentInfo,
  amount,
  checkpoint,
  executorEnd,
  executorSpec,
  frameworkInfo,
  integer,
  optional,
  taskSpec,
  taskState,
  taskStatus,
  text,
} from "./nouns.ts";
import { usageReport } from "./usage.ts";

/** Either way. */
const executorMessage = Type.Object({
  type: Type.Literal("executor-message"),
  frameworkId: text,
  executorId: text,
  data: text,
});

export const agentMessageSchema = Type.Union([
  Type.Object({
    type: Type.Literal("register"),
    version: integer,
    key: text,
    agentId: optional(text),
    info: agentInfo,
    checkpoint,
    tasks: Type.Array(
      Type.Object({
        spec: taskSpec,
        frameworkId: text,
        role: text,
        state: taskState,
        launchedAtMs: integer,
        latest: optional(taskStatus),
      }),
    ),
    executors: Type.Array(
      Type.Object({ spec: executorSpec, frameworkId: text, role: text, launchedAtMs: integer }),
    ),
  }),
  Type.Object({
    type: Type.Literal("report"),
    seen: amount,
    checkpointVersion: amount,
    tasks: Type.Array(
      Type.Object({ frameworkId: text, taskId: text, state: taskState, progress: optional(text) }),
    ),
    executors: Type.Array(Type.Object({ frameworkId: text, executorId: text })),
    usage: optional(usageReport),
  }),
  Type.Object({
    type: Type.Literal("update"),
    frameworkId: text,
    status: taskStatus,
    latestState: taskState,
  }),
  Type.Object({
    type: Type.Literal("executor-ended"),
    frameworkId: text,
    executorId: text,
    end: executorEnd,
  }),
  executorMessage,
  Type.Object({
    type: Type.Literal("register-otherwise"),
    version: integer,
    key: text,
    name: text,
    hostname: text,
    release: text,
  }),
]);

export const masterMessageSchema = Type.Union([
  Type.Object({ type: Type.Literal("registered"), agentId: text, masterId: text }),
  Type.Object({ type: Type.Literal("refused"), reason: text }),
  Type.Object({ type: Type.Literal("incompatible"), version: integer, reason: text }),
  Type.Object({ type: Type.Literal("ping") }),
  Type.Object({
    type: Type.Literal("run"),
    frameworkId: text,
    role: text,
    tasks: Type.Array(taskSpec),
    executor: optional(Type.Object({ spec: executorSpec, role: text, framework: frameworkInfo })),
  }),
  Type.Object({ type: Type.Literal("checkpoint"), checkpoint }),
  Type.Object({ type: Type.Literal("kill"), frameworkId: text, taskId: text, graceMs: optional(amount) }),
  Type.Object({ type: Type.Literal("acknowledge"), frameworkId: text, taskId: text, updateId: text }),
  Type.Object({ type: Type.Literal("shutdown-executor"), frameworkId: text, executorId: text }),
  executorMessage,
]);

/** A type without brands, without `readonly`, and with absent and undefined as one: as both sides see it. */
type Plain<T> = T extends string
  ? // Only a record over all texts may be empty: this tells a branded text from a literal.
    Record<never, 1> extends Record<T, 1>
    ? string
    : T
  : T extends number
    ? number
    : T extends boolean | undefined
      ? T
      : T extends readonly [infer First, infer Second]
        ? [Plain<First>, Plain<Second>]
        : T extends readonly (infer Item)[]
          ? Plain<Item>[]
          : { -readonly [Key in keyof Required<T>]: Key extends keyof T ? Plain<T[Key]> : never };

type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;

true satisfies Same<Plain<AgentMessage>, Plain<Static<typeof agentMessageSchema>>>;
true satisfies Same<Plain<MasterMessage>, Plain<Static<typeof masterMessageSchema>>>;
