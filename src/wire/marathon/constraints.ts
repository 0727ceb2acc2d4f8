/**
 * Constraints, in both of Marathon's forms: `["rack", "LIKE", "r[1-3]"]` of apps, and objects with `fieldName`,
 * `operator` and `value` of pods. Either is taken for either.
 */

import Type, { type Static } from "typebox";
import { limits } from "#base/limits.ts";
import {
  type Constraint,
  type ConstraintOperator,
  constraintFault,
  constraintOperators,
  constraintsFault,
} from "#model/constraint.ts";
import type { Faults } from "../json/problem.ts";

const word = () => Type.String({ maxLength: limits.patternLengthMax });

const constraintForm = Type.Union([
  Type.Array(word(), { maxItems: 3 }),
  Type.Object({
    fieldName: Type.Optional(word()),
    field: Type.Optional(word()),
    operator: Type.Optional(word()),
    value: Type.Optional(word()),
  }),
]);
export const constraintsSchema = Type.Array(constraintForm, { maxItems: limits.constraintsPerAppMax });
export type ConstraintsJson = Static<typeof constraintsSchema>;

/** Each once, in the order given; `at`: where they stand. Undefined: none. */
export function parseConstraints(
  list: ConstraintsJson,
  at: string,
  faults: Faults,
): readonly Constraint[] | undefined {
  const constraints = new Map<string, Constraint>();
  list.forEach((given, index) => {
    const constraint = parseConstraint(given, `${at}(${index})`, faults);
    if (constraint !== undefined) constraints.set(JSON.stringify(constraint), constraint);
  });
  const fault = constraintsFault([...constraints.values()]);
  if (fault !== undefined) faults.add(at, fault);
  return constraints.size === 0 ? undefined : [...constraints.values()];
}

function parseConstraint(given: ConstraintsJson[number], at: string, faults: Faults): Constraint | undefined {
  const [field, word, value] = Array.isArray(given)
    ? given
    : [given.fieldName ?? given.field, given.operator, given.value];
  if (field === undefined || word === undefined) {
    faults.add(at, "must have a field and an operator, and may have a value");
    return undefined;
  }
  const operator = asOperator(word.toUpperCase());
  if (operator === undefined) {
    faults.add(at, `operator must be one of ${constraintOperators.join(", ")}; it is '${word}'`);
    return undefined;
  }
  // Old clients send an empty value with those that need none.
  const isNone = value === undefined || (value === "" && mayDoWithout.has(operator));
  const constraint = { field, operator, value: isNone ? undefined : value };
  const fault = constraintFault(constraint);
  if (fault !== undefined) faults.add(at, fault);
  return constraint;
}

const mayDoWithout: ReadonlySet<ConstraintOperator> = new Set(["UNIQUE", "CLUSTER", "GROUP_BY"]);

const asOperator = (text: string): ConstraintOperator | undefined =>
  constraintOperators.find((operator) => operator === text);

/** As apps have them. */
export const formatConstraints = (constraints: readonly Constraint[] = []): readonly (readonly string[])[] =>
  constraints.map(({ field, operator, value }) =>
    value === undefined ? [field, operator] : [field, operator, value],
  );

/** As pods have them. */
export const formatConstraintObjects = (constraints: readonly Constraint[] = []) =>
  constraints.map(({ field, operator, value }) => ({
    fieldName: field,
    operator,
    ...(value === undefined ? {} : { value }),
  }));
