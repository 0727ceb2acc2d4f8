/**
 * The shapes of the agent link's messages, as they arrive: what is here was checked, nothing else is trusted.
 *
 * The messages travel in the model's own camelCase, so these schemas mirror `#model/protocol/agent-link.ts`;
 * the two assertions at the end do not compile when one of them changes alone. Members that are `undefined`
 * in the model are absent on the wire. Unknown members are ignored: a newer peer may send more.
 */

import { type Static, type TSchema, Type } from "typebox";
import type { AgentMessage, MasterMessage } from "#model/protocol/agent-link.ts";
import { diskSourceTypes } from "#model/resource.ts";
import { taskReasons } from "#model/task.ts";
import { taskStates } from "#model/task-state.ts";

const text = Type.String();
const integer = Type.Integer();
const amount = Type.Integer({ minimum: 0 });
const port = Type.Integer({ minimum: 0, maximum: 65_535 });
const textMap = Type.Record(Type.String(), Type.String());
const optional = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);
const oneOf = <const Texts extends readonly string[]>(texts: Texts) =>
  Type.Unsafe<Texts[number]>(Type.Enum([...texts]));

const label = Type.Object({ key: text, value: optional(text) });

const ranges = Type.Array(Type.Tuple([integer, integer]));

const resource = Type.Object({
  name: text,
  value: Type.Union([
    Type.Object({ kind: Type.Literal("scalar"), amount }),
    Type.Object({ kind: Type.Literal("ranges"), ranges }),
    Type.Object({ kind: Type.Literal("set"), items: Type.Array(text) }),
  ]),
  reservations: Type.Array(
    Type.Object({
      type: oneOf(["static", "dynamic"]),
      role: text,
      principal: optional(text),
      labels: Type.Array(label),
    }),
  ),
  disk: optional(
    Type.Object({
      persistence: optional(Type.Object({ id: text, principal: optional(text) })),
      volume: optional(
        Type.Object({
          containerPath: text,
          mode: oneOf(["read-write", "read-only"]),
          hostPath: optional(text),
        }),
      ),
      source: optional(
        Type.Object({
          type: oneOf(diskSourceTypes),
          root: optional(text),
          id: optional(text),
          profile: optional(text),
          vendor: optional(text),
          metadata: Type.Array(label),
        }),
      ),
    }),
  ),
  sharedCount: amount,
  revocable: Type.Boolean(),
  providerId: optional(text),
});

const resources = Type.Object({
  cpus: amount,
  mem: amount,
  disk: amount,
  gpus: amount,
  ports: Type.Array(Type.Tuple([port, port])),
  others: Type.Array(resource),
});

const checkpoint = Type.Object({ version: amount, resources: Type.Array(resource) });

const command = Type.Union([
  Type.Object({ kind: Type.Literal("shell"), text }),
  Type.Object({ kind: Type.Literal("argv"), argv: Type.Array(text) }),
]);

const resourceLimit = Type.Union([amount, Type.Literal("unlimited")]);

const commandCheck = Type.Object({
  command,
  delayMs: amount,
  intervalMs: amount,
  timeoutMs: amount,
  gracePeriodMs: amount,
  maxConsecutiveFailures: amount,
});

const taskSpec = Type.Object({
  taskId: text,
  name: text,
  agentId: text,
  resources,
  limits: Type.Object({ cpus: optional(resourceLimit), mem: optional(resourceLimit) }),
  command,
  root: Type.Union([
    Type.Object({ kind: Type.Literal("host") }),
    Type.Object({ kind: Type.Literal("file"), path: text }),
  ]),
  user: optional(text),
  workingDirectory: optional(text),
  env: textMap,
  labels: textMap,
  ports: Type.Array(Type.Object({ number: port, name: optional(text), protocol: text })),
  killGraceMs: amount,
  healthCheck: optional(commandCheck),
});

const taskState = oneOf(taskStates);

const taskStatus = Type.Object({
  taskId: text,
  agentId: optional(text),
  state: taskState,
  source: oneOf(["master", "agent", "executor"]),
  reason: optional(oneOf(taskReasons)),
  message: text,
  timestampMs: integer,
  healthy: optional(Type.Boolean()),
  updateId: optional(text),
  containerId: optional(text),
  address: optional(text),
  exit: optional(
    Type.Union([
      Type.Object({ kind: Type.Literal("code"), code: integer }),
      Type.Object({ kind: Type.Literal("signal"), signal: integer }),
    ]),
  ),
});

const agentInfo = Type.Object({
  name: text,
  hostname: text,
  endpoint: Type.Object({ address: text, port }),
  resources,
  attributes: textMap,
  domain: optional(Type.Object({ region: text, zone: text })),
  version: text,
  isolation: text,
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
  }),
  Type.Object({
    type: Type.Literal("report"),
    seen: amount,
    checkpointVersion: amount,
    tasks: Type.Array(Type.Object({ taskId: text, state: taskState })),
  }),
  Type.Object({
    type: Type.Literal("update"),
    frameworkId: text,
    status: taskStatus,
    latestState: taskState,
  }),
]);

export const masterMessageSchema = Type.Union([
  Type.Object({ type: Type.Literal("registered"), agentId: text, masterId: text }),
  Type.Object({ type: Type.Literal("refused"), reason: text }),
  Type.Object({ type: Type.Literal("ping") }),
  Type.Object({
    type: Type.Literal("run"),
    frameworkId: text,
    role: text,
    spec: taskSpec,
    group: optional(Type.Object({ executorId: text, resources, labels: Type.Array(label) })),
  }),
  Type.Object({ type: Type.Literal("checkpoint"), checkpoint }),
  Type.Object({ type: Type.Literal("kill"), taskId: text, graceMs: optional(amount) }),
  Type.Object({ type: Type.Literal("acknowledge"), taskId: text, updateId: text }),
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
