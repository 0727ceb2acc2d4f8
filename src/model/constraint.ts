/**
 * Constraints of apps and pods: on which agents their instances may be, by what the agents are and by where
 * their other instances are.
 *
 * Semantics: Marathon's. A field is an attribute of the agent, or one of the names below. Whether a place keeps
 * the constraints is the app service's question; here is what they are, and what is wrong with one in itself.
 */

import { limits } from "#base/limits.ts";
import type { FaultDomain } from "#model/agent.ts";
import { compilePattern, type Pattern } from "#model/pattern.ts";

export const constraintOperators = [
  "UNIQUE",
  "CLUSTER",
  "GROUP_BY",
  "LIKE",
  "UNLIKE",
  "MAX_PER",
  "IS",
] as const;
export type ConstraintOperator = (typeof constraintOperators)[number];

export type Constraint = {
  readonly field: string;
  readonly operator: ConstraintOperator;
  readonly value: string | undefined;
};

/** What of an agent a constraint can be about. */
export type Locality = {
  readonly hostname: string;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly domain?: FaultDomain | undefined;
};

/** As a constraint compares it; undefined: the agent does not have it. */
export function fieldValue(field: string, place: Locality): string | undefined {
  switch (field) {
    case "hostname":
    case "@hostname":
      return place.hostname;
    case "@region":
      return place.domain?.region;
    case "@zone":
      return place.domain?.zone;
    default: {
      const { attributes = {} } = place;
      const text = Object.hasOwn(attributes, field) ? attributes[field] : undefined;
      return text === undefined ? undefined : comparable(text);
    }
  }
}

/** Without one of these an app is for the region that the master is in. */
export const isAboutDomains = ({ field }: Constraint): boolean => field === "@region" || field === "@zone";

const scalar = /^[0-9]+(?:\.[0-9]+)?$/;

/** A number as Mesos compares them, in thousandths, half-even; any other text as it is. */
export const comparable = (text: string): string => (scalar.test(text) ? inThousandths(text) : text);

/** By its digits: in floating point 1.0005 would not be the half that it is. */
function inThousandths(text: string): string {
  const [whole = "0", fraction = ""] = text.split(".");
  const kept = BigInt(whole + fraction.slice(0, 3).padEnd(3, "0"));
  const rest = fraction.slice(3).replace(/0+$/, "");
  const isUp = rest === "5" ? kept % 2n === 1n : rest !== "" && rest >= "5";
  const digits = String(isUp ? kept + 1n : kept).padStart(4, "0");
  const decimals = digits.slice(-3).replace(/0+$/, "");
  return digits.slice(0, -3) + (decimals === "" ? "" : `.${decimals}`);
}

/** What IS compares with, and CLUSTER when it names a value. */
export const wantedValue = ({ value = "" }: Constraint): string => comparable(value);

type Known = { readonly pattern: Pattern; readonly answers: Map<string, boolean> };
const patterns = new WeakMap<Constraint, Known>();

/**
 * Of LIKE and UNLIKE, whose value is a regular expression for the whole of what it is held against. The same agents
 * offer again and again, and a match may cost much: what was found is remembered.
 */
export function matchesPattern(constraint: Constraint, text: string): boolean {
  let known = patterns.get(constraint);
  if (known === undefined) {
    const compiled = compilePattern(constraint.value ?? "");
    if (!compiled.ok) return false;
    known = { pattern: compiled.pattern, answers: new Map() };
    patterns.set(constraint, known);
  }
  let answer = known.answers.get(text);
  if (answer === undefined) {
    answer = known.pattern.matches(text);
    if (known.answers.size >= limits.patternAnswersKeptMax) known.answers.clear();
    known.answers.set(text, answer);
  }
  return answer;
}

/** What is wrong with all of an app's together: each costs time with every agent. */
export function constraintsFault(constraints: readonly Constraint[]): string | undefined {
  let states = 0;
  for (const { operator, value = "" } of constraints) {
    if (operator !== "LIKE" && operator !== "UNLIKE") continue;
    const compiled = compilePattern(value);
    states += compiled.ok ? compiled.pattern.size : 0;
  }
  return states <= limits.patternStatesMax ? undefined : "the regular expressions are together too complex";
}

/** Of MAX_PER and GROUP_BY. Without one, 0. */
export const countOf = ({ value }: Constraint): number => Math.max(0, Number.parseInt(value ?? "0", 10) || 0);

const integer = /^[+-]?[0-9]{1,9}$/;

/** What is wrong with the constraint, if anything. */
export function constraintFault({ field, operator, value }: Constraint): string | undefined {
  if (field === "") return "the field is missing";
  if (field.length + (value?.length ?? 0) > limits.patternLengthMax)
    return `is too long: at most ${limits.patternLengthMax} characters are possible`;
  switch (operator) {
    case "UNIQUE":
      return value === undefined ? undefined : "UNIQUE takes no value";
    case "CLUSTER":
      return undefined;
    case "GROUP_BY":
      return value === undefined || integer.test(value)
        ? undefined
        : "the value of GROUP_BY is a whole number, or none at all";
    case "MAX_PER":
      return value !== undefined && integer.test(value)
        ? undefined
        : "the value of MAX_PER is a whole number";
    case "LIKE":
    case "UNLIKE": {
      if (value === undefined || value === "") return `${operator} needs a regular expression`;
      const compiled = compilePattern(value);
      return compiled.ok ? undefined : `is not a valid regular expression: ${compiled.fault}`;
    }
    case "IS":
      return /^[a-zA-Z0-9_/.-]*$/.test(value ?? "")
        ? undefined
        : "IS compares numbers and plain text (letters, digits and _ / . -)";
    default:
      return operator satisfies never;
  }
}

/** `rack LIKE 'r[1-3]'`, for people. */
export const formatConstraint = ({ field, operator, value }: Constraint): string =>
  value === undefined ? `${field} ${operator}` : `${field} ${operator} '${value}'`;
