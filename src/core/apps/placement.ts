/**
 * Whether a place keeps an app's constraints, given where its other instances are; if not, why.
 *
 * Counts the instances by what each constraint is about, and goes on counting as more are placed. Semantics:
 * Marathon's, 1.11; GROUP_BY without a number goes by the older rule, under which no group waits for a count that
 * nobody gave.
 */

import {
  type Constraint,
  countOf,
  fieldValue,
  formatConstraint,
  isAboutDomains,
  type Locality,
  matchesPattern,
  wantedValue,
} from "#model/constraint.ts";
import type { Refusal } from "#model/reason.ts";

/** By value; under undefined those that have none. */
type Counts = Map<string | undefined, number>;

type Rule = {
  readonly constraint: Constraint;
  readonly counts: Counts;
  /** Of places that were looked at: many are, again and again. */
  readonly values: WeakMap<Locality, { readonly value: string | undefined }>;
};

function valueAt({ constraint, values }: Rule, place: Locality): string | undefined {
  let known = values.get(place);
  if (known === undefined) {
    known = { value: fieldValue(constraint.field, place) };
    values.set(place, known);
  }
  return known.value;
}

export class Crowd {
  readonly #rules: readonly Rule[];
  readonly #wanted: number;
  #size = 0;

  /** `wanted`: how many instances there are to be; `places`: where those are that count. */
  constructor(constraints: readonly Constraint[], wanted: number, places: Iterable<Locality> = []) {
    this.#rules = constraints.map((constraint) => ({
      constraint,
      counts: new Map(),
      values: new WeakMap(),
    }));
    this.#wanted = wanted;
    for (const place of places) this.add(place);
  }

  add(place: Locality): void {
    this.#size += 1;
    for (const rule of this.#rules) {
      const value = valueAt(rule, place);
      rule.counts.set(value, (rule.counts.get(value) ?? 0) + 1);
    }
  }

  /** What is refused now may be taken when others are placed elsewhere. */
  get mayRelent(): boolean {
    return this.#rules.some(({ constraint }) => constraint.operator === "GROUP_BY");
  }

  get isAboutDomains(): boolean {
    return this.#rules.some(({ constraint }) => isAboutDomains(constraint));
  }

  /** Of the groups that the place is in: how many instances they have. */
  loadAt(place: Locality): number {
    let load = 0;
    for (const rule of this.#rules)
      if (rule.constraint.operator === "GROUP_BY") load += rule.counts.get(valueAt(rule, place)) ?? 0;
    return load;
  }

  /** One for each constraint that another instance there would break. */
  refusalsAt(place: Locality): readonly Refusal[] {
    return this.#rules.flatMap((rule): readonly Refusal[] => {
      const found = this.#brokenBy(rule, valueAt(rule, place));
      return found === undefined
        ? []
        : [{ kind: "placement", constraint: formatConstraint(rule.constraint), found }];
    });
  }

  /** What stands against it; undefined: nothing. */
  #brokenBy({ constraint, counts }: Rule, value: string | undefined): string | undefined {
    const { field, operator } = constraint;
    if (value === undefined) return operator === "UNLIKE" ? undefined : `it has no ${field}`;
    const there = counts.get(value) ?? 0;
    const isSo = `${field} is '${value}'`;
    switch (operator) {
      case "LIKE":
        return matchesPattern(constraint, value) ? undefined : isSo;
      case "UNLIKE":
        return matchesPattern(constraint, value) ? isSo : undefined;
      case "IS":
        return value === wantedValue(constraint) ? undefined : isSo;
      case "CLUSTER":
        if (constraint.value !== undefined && constraint.value !== "")
          return value === wantedValue(constraint) ? undefined : isSo;
        return this.#size === 0 || there > 0 ? undefined : `${isSo}, and the others are elsewhere`;
      case "UNIQUE":
        return there === 0 ? undefined : `'${value}' has an instance already`;
      case "MAX_PER":
        return there < countOf(constraint) ? undefined : `'${value}' has ${there} already`;
      case "GROUP_BY":
        return this.#mayGrow(counts, there, countOf(constraint))
          ? undefined
          : `'${value}' has its share, ${there}, for now`;
      default:
        return operator satisfies never;
    }
  }

  #mayGrow(counts: Counts, there: number, groups: number): boolean {
    if (groups === 0) return there === 0 || there === Math.min(...counts.values());
    if (there === 0) return counts.size < groups;
    const share = Math.floor(this.#wanted / groups);
    if (there < share) return true;
    let over = this.#wanted % groups;
    for (const count of counts.values()) over -= Math.max(0, count - share);
    return there === share && over > 0;
  }
}
