/**
 * What a page may ask of each view, as it arrives: JSON in a query parameter, checked here and nowhere else.
 *
 * The types of `params` in `live.ts` are what callers write; the assertions at the end hold the two together.
 */

import { type Static, type TSchema, Type } from "typebox";
import { limits } from "#base/limits.ts";
import { timelineKinds } from "#model/timeline.ts";
import { shapeCheck } from "../../json/check-shape.ts";
import { failed, type Parsed } from "../../json/problem.ts";
import type { ConsoleViews, LiveSubscription, ViewName } from "./live.ts";
import type { LogSource } from "./session.ts";

const text = Type.String({ maxLength: limits.consoleTextCharactersMax });
const id = Type.String({ maxLength: limits.idLengthMax * 2 });
const literals = <Value extends string>(values: readonly Value[]) =>
  Type.Union(values.map((value) => Type.Literal(value)));
const listOf = (values: readonly string[]) => Type.Array(literals(values), { maxItems: values.length });
const time = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const paging = {
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.consolePageMax })),
  sort: Type.Optional(text),
};

const nodeStatuses = [
  "active",
  "draining",
  "drained",
  "deactivated",
  "disconnected",
  "unreachable",
  "incompatible",
] as const;
const serviceStatuses = ["running", "deploying", "waiting", "delayed", "unhealthy", "suspended"] as const;
const frameworkStates = ["active", "disconnected", "completed"] as const;

const schemas = {
  overview: Type.Object({ history: Type.Optional(literals(["hour", "day"])) }),
  nodes: Type.Object({
    ...paging,
    text: Type.Optional(text),
    status: Type.Optional(listOf(nodeStatuses)),
    region: Type.Optional(text),
    zone: Type.Optional(text),
  }),
  "node-map": Type.Object({ groupBy: Type.Optional(literals(["zone", "rack", "region", "none"])) }),
  node: Type.Object({ ...paging, id }),
  services: Type.Object({
    ...paging,
    group: Type.Optional(id),
    flat: Type.Optional(Type.Boolean()),
    text: Type.Optional(text),
    status: Type.Optional(listOf(serviceStatuses)),
    kind: Type.Optional(literals(["app", "pod"])),
  }),
  service: Type.Object({ ...paging, id }),
  tasks: Type.Object({
    ...paging,
    text: Type.Optional(text),
    state: Type.Optional(Type.Array(text, { maxItems: 20 })),
    which: Type.Optional(literals(["active", "ended", "all"])),
    service: Type.Optional(id),
    node: Type.Optional(id),
    framework: Type.Optional(id),
    healthy: Type.Optional(Type.Boolean()),
  }),
  task: Type.Object({ id, framework: Type.Optional(id) }),
  frameworks: Type.Object({
    ...paging,
    text: Type.Optional(text),
    state: Type.Optional(listOf(frameworkStates)),
  }),
  framework: Type.Object({ id }),
  roles: Type.Object({ ...paging, text: Type.Optional(text) }),
  timeline: Type.Object({
    kind: Type.Optional(listOf(timelineKinds)),
    service: Type.Optional(id),
    task: Type.Optional(id),
    node: Type.Optional(id),
    framework: Type.Optional(id),
    text: Type.Optional(text),
    fromMs: Type.Optional(time),
    untilMs: Type.Optional(time),
    before: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.consolePageMax })),
  }),
  about: Type.Object({}),
  search: Type.Object({
    text,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.consoleSearchMax })),
  }),
} satisfies Readonly<Record<ViewName, TSchema>>;

export const viewNames = Object.keys(schemas) as readonly ViewName[];

const checks = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [name, shapeCheck(schema as TSchema)]),
);

export const isViewName = (name: string): name is ViewName => Object.hasOwn(schemas, name);

/** Members that a view does not know are ignored. */
export function parseViewParams<Name extends ViewName>(
  name: Name,
  value: unknown,
): Parsed<ConsoleViews[Name]["params"]> {
  const check = checks[name];
  if (check === undefined)
    return failed({ status: 422, message: `There is no view ${name}.`, details: "unknown view" });
  return check(value) as Parsed<ConsoleViews[Name]["params"]>;
}

const subscriptions = shapeCheck(
  Type.Array(
    Type.Object({
      key: Type.String({ minLength: 1, maxLength: limits.consoleTextCharactersMax }),
      view: text,
      params: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
    { minItems: 1, maxItems: limits.liveSubscriptionsMax },
  ),
);

/** As they stand in `views` of a stream; which views there are is looked at one by one. */
export const parseSubscriptions = (value: unknown): Parsed<readonly LiveSubscription[]> =>
  subscriptions(value) as Parsed<readonly LiveSubscription[]>;

const logSources = shapeCheck(
  Type.Array(
    Type.Object({
      key: Type.String({ minLength: 1, maxLength: limits.consoleTextCharactersMax }),
      nodeId: id,
      path: Type.String({ minLength: 1, maxLength: 4_096 }),
      offset: Type.Optional(time),
    }),
    { minItems: 1, maxItems: limits.logSourcesMax },
  ),
);

export const parseLogSources = (value: unknown): Parsed<readonly LogSource[]> =>
  logSources(value) as Parsed<readonly LogSource[]>;

/** Every value that passes is one that the view understands. */
type Understood = {
  readonly [Name in ViewName]: Static<(typeof schemas)[Name]> extends ConsoleViews[Name]["params"]
    ? true
    : Name;
}[ViewName];
true satisfies Understood;
