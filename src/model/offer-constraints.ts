/**
 * Offer constraints: which agents a framework wants to be offered at all in a role.
 *
 * An agent passes when all constraints of one group hold for it. Semantics: Apache Mesos's
 * `OfferConstraints`; a constraint on an attribute of text compares text, all our attributes are text.
 */

import { limits } from "#base/limits.ts";
import type { AgentInfo } from "#model/agent.ts";
import { compilePattern } from "#model/pattern.ts";

export type ConstraintSelector =
  | { readonly kind: "attribute"; readonly name: string }
  | { readonly kind: "hostname" }
  | { readonly kind: "region" }
  | { readonly kind: "zone" };

export type ConstraintPredicate =
  | { readonly kind: "exists" }
  | { readonly kind: "not-exists" }
  | { readonly kind: "text-equals"; readonly text: string }
  | { readonly kind: "text-not-equals"; readonly text: string }
  | { readonly kind: "text-matches"; readonly pattern: string }
  | { readonly kind: "text-not-matches"; readonly pattern: string };

export type AttributeConstraint = {
  readonly selector: ConstraintSelector;
  readonly predicate: ConstraintPredicate;
};

/** Any of the groups; in a group, all. */
export type OfferConstraints = readonly (readonly AttributeConstraint[])[];

/** Undefined: the agent passes. Else the first constraint of its nearest group, as text. */
export type ConstraintTest = (agent: AgentInfo) => string | undefined;

export type ConstraintTestOrFault =
  | { readonly ok: true; readonly test: ConstraintTest }
  | { readonly ok: false; readonly fault: string };

export function compileConstraints(groups: OfferConstraints): ConstraintTestOrFault {
  if (groups.length === 0) return { ok: false, fault: "offer constraints without a group" };
  if (groups.flat().length > limits.offerConstraintsMax)
    return { ok: false, fault: `there may be ${limits.offerConstraintsMax} offer constraints in a role` };
  const compiled: Constraint[][] = [];
  for (const group of groups) {
    if (group.length === 0) return { ok: false, fault: "a group of offer constraints is empty" };
    const constraints: Constraint[] = [];
    for (const constraint of group) {
      const holds = compilePredicate(constraint.predicate);
      if (typeof holds === "string") return { ok: false, fault: holds };
      constraints.push({ constraint, holds });
    }
    compiled.push(constraints);
  }
  return { ok: true, test: (agent) => firstBroken(compiled, agent) };
}

type Holds = (value: string | undefined) => boolean;
type Constraint = { readonly constraint: AttributeConstraint; readonly holds: Holds };

function firstBroken(groups: readonly (readonly Constraint[])[], agent: AgentInfo): string | undefined {
  let nearest: AttributeConstraint | undefined;
  for (const group of groups) {
    const broken = group.find(({ constraint, holds }) => !holds(selected(constraint.selector, agent)));
    if (broken === undefined) return undefined;
    nearest ??= broken.constraint;
  }
  return nearest === undefined ? undefined : formatConstraint(nearest);
}

function selected(selector: ConstraintSelector, agent: AgentInfo): string | undefined {
  switch (selector.kind) {
    case "attribute":
      return Object.hasOwn(agent.attributes, selector.name) ? agent.attributes[selector.name] : undefined;
    case "hostname":
      return agent.hostname;
    case "region":
      return agent.domain?.region;
    case "zone":
      return agent.domain?.zone;
    default:
      return selector satisfies never;
  }
}

function compilePredicate(predicate: ConstraintPredicate): Holds | string {
  switch (predicate.kind) {
    case "exists":
      return (value) => value !== undefined;
    case "not-exists":
      return (value) => value === undefined;
    case "text-equals":
      return (value) => value === predicate.text;
    case "text-not-equals":
      return (value) => value !== predicate.text;
    case "text-matches":
    case "text-not-matches": {
      const result = compilePattern(predicate.pattern);
      if (!result.ok) return result.fault;
      const { pattern } = result;
      return predicate.kind === "text-matches"
        ? (value) => value !== undefined && pattern.matches(value)
        : (value) => value === undefined || !pattern.matches(value);
    }
    default:
      return predicate satisfies never;
  }
}

/** `rack matches 'a-.*'`, for people. */
export function formatConstraint({ selector, predicate }: AttributeConstraint): string {
  const name = selector.kind === "attribute" ? selector.name : selector.kind;
  switch (predicate.kind) {
    case "exists":
      return `${name} exists`;
    case "not-exists":
      return `${name} does not exist`;
    case "text-equals":
      return `${name} is '${predicate.text}'`;
    case "text-not-equals":
      return `${name} is not '${predicate.text}'`;
    case "text-matches":
      return `${name} matches '${predicate.pattern}'`;
    case "text-not-matches":
      return `${name} does not match '${predicate.pattern}'`;
    default:
      return predicate satisfies never;
  }
}
