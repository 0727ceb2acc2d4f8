/**
 * Offer constraints, between Mesos's messages and our own terms.
 */

import type {
  AttributeConstraint,
  ConstraintPredicate,
  ConstraintSelector,
  OfferConstraints,
} from "#model/offer-constraints.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"scheduler.OfferConstraints">;

/** By role. */
export function offerConstraintsFromMessage(
  message: Message | undefined,
): Translated<Readonly<Record<string, OfferConstraints>> | undefined> {
  if (message === undefined) return translated(undefined);
  const byRole: [string, OfferConstraints][] = [];
  for (const [role, { groups = [] }] of message.role_constraints ?? []) {
    const constraints = translateAll(groups, ({ attribute_constraints: group = [] }) =>
      translateAll(group, constraintFromMessage),
    );
    if (!constraints.ok) return constraints;
    byRole.push([role, constraints.value]);
  }
  return translated(byRole.length === 0 ? undefined : Object.fromEntries(byRole));
}

function constraintFromMessage({
  selector,
  predicate,
}: MessageOf<"scheduler.AttributeConstraint">): Translated<AttributeConstraint> {
  const [ours, theirs] = [selectorFromMessage(selector), predicateFromMessage(predicate)];
  if (ours === undefined) return untranslated("Offer constraints are not valid: a selector selects nothing");
  if (theirs === undefined)
    return untranslated("Offer constraints are not valid: a predicate asks for nothing");
  return translated({ selector: ours, predicate: theirs });
}

function selectorFromMessage({
  attribute_name: name,
  pseudoattribute_type: type,
}: MessageOf<"scheduler.AttributeConstraint.Selector">): ConstraintSelector | undefined {
  if (name !== undefined) return { kind: "attribute", name };
  switch (type) {
    case "HOSTNAME":
      return { kind: "hostname" };
    case "REGION":
      return { kind: "region" };
    case "ZONE":
      return { kind: "zone" };
    case "UNKNOWN":
    case undefined:
      return undefined;
    default:
      return type satisfies never;
  }
}

function predicateFromMessage(
  message: MessageOf<"scheduler.AttributeConstraint.Predicate">,
): ConstraintPredicate | undefined {
  if (message.exists !== undefined) return { kind: "exists" };
  if (message.not_exists !== undefined) return { kind: "not-exists" };
  if (message.text_equals !== undefined) return { kind: "text-equals", text: message.text_equals.value };
  if (message.text_not_equals !== undefined)
    return { kind: "text-not-equals", text: message.text_not_equals.value };
  if (message.text_matches !== undefined)
    return { kind: "text-matches", pattern: message.text_matches.regex };
  if (message.text_not_matches !== undefined)
    return { kind: "text-not-matches", pattern: message.text_not_matches.regex };
  return undefined;
}
