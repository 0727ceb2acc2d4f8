/**
 * All messages and enums of the Mesos v1 APIs in one table each, by full name.
 *
 * Left out are the resource provider API, which nothing here speaks, and the unversioned internal messages.
 */

import { agentCallsEnums, agentCallsMessages } from "./agent-calls.ts";
import { agentResponsesEnums, agentResponsesMessages } from "./agent-responses.ts";
import { basicsEnums, basicsMessages } from "./basics.ts";
import { containersEnums, containersMessages } from "./containers.ts";
import { executorEnums, executorMessages } from "./executor.ts";
import { frameworksEnums, frameworksMessages } from "./frameworks.ts";
import { masterCallsEnums, masterCallsMessages } from "./master-calls.ts";
import { masterResponsesEnums, masterResponsesMessages } from "./master-responses.ts";
import { policiesEnums, policiesMessages } from "./policies.ts";
import { resourcesEnums, resourcesMessages } from "./resources.ts";
import { schedulerEnums, schedulerMessages } from "./scheduler.ts";
import { statisticsMessages } from "./statistics.ts";
import { tasksEnums, tasksMessages } from "./tasks.ts";

export const messages = {
  ...basicsMessages,
  ...resourcesMessages,
  ...frameworksMessages,
  ...tasksMessages,
  ...containersMessages,
  ...statisticsMessages,
  ...policiesMessages,
  ...schedulerMessages,
  ...executorMessages,
  ...masterCallsMessages,
  ...masterResponsesMessages,
  ...agentCallsMessages,
  ...agentResponsesMessages,
};

export const enums = {
  ...basicsEnums,
  ...resourcesEnums,
  ...frameworksEnums,
  ...tasksEnums,
  ...containersEnums,
  ...policiesEnums,
  ...schedulerEnums,
  ...executorEnums,
  ...masterCallsEnums,
  ...masterResponsesEnums,
  ...agentCallsEnums,
  ...agentResponsesEnums,
};

type Messages = typeof messages;
type Enums = typeof enums;

export type MessageName = keyof Messages;
export type EnumName = keyof Enums;
export type EnumOf<Name extends EnumName> = keyof Enums[Name] & string;

/**
 * A message in memory: a plain object with the interface's own keys.
 *
 * An unset field is absent (`undefined` counts as absent). 64-bit integers are `bigint`, always, so that none
 * is ever rounded; other numbers are `number`, enums the names of their values, `bytes` a `Uint8Array`, and
 * maps a `Map`, because their keys are the user's. A default is not filled in: see `Extras.default`.
 */
export type MessageOf<Name extends MessageName> = {
  readonly [Field in RequiredFields<Messages[Name]>]: FieldOf<Messages[Name][Field]>;
} & {
  readonly [Field in Exclude<keyof Messages[Name], RequiredFields<Messages[Name]>>]?:
    | FieldOf<Messages[Name][Field]>
    | undefined;
};

type RequiredFields<Fields> = {
  [Field in keyof Fields]: Fields[Field] extends readonly [number, string, "required", ...unknown[]]
    ? Field
    : never;
}[keyof Fields];

type FieldOf<Row> = Row extends readonly [number, infer Type, "repeated", ...unknown[]]
  ? readonly ValueOf<Type>[]
  : Row extends readonly [number, infer Type, "map", ...unknown[]]
    ? ReadonlyMap<string, ValueOf<Type>>
    : Row extends readonly [number, infer Type, ...unknown[]]
      ? ValueOf<Type>
      : never;

type ValueOf<Type> = Type extends MessageName
  ? MessageOf<Type>
  : Type extends EnumName
    ? EnumOf<Type>
    : Type extends "string"
      ? string
      : Type extends "double" | "int32" | "uint32"
        ? number
        : Type extends "int64" | "uint64"
          ? bigint
          : Type extends "bool"
            ? boolean
            : Type extends "bytes"
              ? Uint8Array
              : never;
