/**
 * The plain pieces that the shapes of Marathon's definitions are made of, with their bounds.
 */

import Type from "typebox";
import { limits } from "#base/limits.ts";

export const shortTextSchema = () => Type.String({ maxLength: limits.idLengthMax });

/** As many as a number of Java's: clients send the most of it for "never". */
export const countSchema = () => Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

export const portSchema = () => Type.Integer({ minimum: 0, maximum: 65_535 });

/** Every member is checked, whatever its name; a pattern would let some names through. */
export const textMapSchema = (membersMax: number) =>
  Type.Unsafe<Record<string, string>>({
    type: "object",
    additionalProperties: { type: "string", maxLength: limits.stringLengthMax },
    maxProperties: membersMax,
  });

export const labelsSchema = () => textMapSchema(limits.labelsMax);
