/**
 * Checks a value against a TypeBox schema, and says what is wrong in a reader's words.
 *
 * A member that is `null` counts as absent, as Marathon reads it; `withoutNulls` takes such members out
 * before the check, so that schemas need not say so field by field.
 */

import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { failed, type Parsed, type Place, parsed } from "./problem.ts";

export type ShapeCheck<Value> = (value: unknown) => Parsed<Value>;

/** At most so many places are told; a body with more is wrong as a whole. */
const placesMax = 20;

type SchemaError = {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message: string;
};

export function shapeCheck<Schema extends TSchema>(schema: Schema): ShapeCheck<Static<Schema>> {
  const validator = Compile(schema);
  return (value) => {
    const given = withoutNulls(value);
    if (validator.Check(given)) return parsed(given as Static<Schema>);
    const errors = withoutEchoes(validator.Errors(given) as unknown as readonly SchemaError[]);
    return failed({ ...kindOf(errors), details: describe(errors) });
  };
}

function withoutNulls(value: unknown): unknown {
  // JSON has a zero below zero; written it is the same as the other, and compared it would not be.
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}

/**
 * Of a wrong type, or of the right one with a value that cannot be. Either is 422, as Marathon has it: 400 is for what
 * is no JSON at all.
 */
const kindOf = (errors: readonly SchemaError[]): { status: 422; message: string } => ({
  status: 422,
  message: errors.some(({ keyword }) => keyword === "type" || keyword === "required")
    ? "Invalid JSON"
    : "Object is not valid",
});

/**
 * One fault is told several times: by the object that has the member, by each branch of an alternative, and by
 * the alternative. Kept is the innermost, and all branches where no branch came further.
 */
function withoutEchoes(errors: readonly SchemaError[]): readonly SchemaError[] {
  return errors.filter((error) => {
    if (error.keyword === "anyOf" || error.keyword === "additionalProperties") return false;
    if (!error.schemaPath.includes("/anyOf/")) return true;
    const isDeeper = (other: SchemaError) => other.instancePath.startsWith(`${error.instancePath}/`);
    if (errors.some(isDeeper)) return false;
    const sameBranch = (other: SchemaError) =>
      other.schemaPath === error.schemaPath && other.keyword === "const";
    return error.keyword !== "type" || !errors.some(sameBranch);
  });
}

function describe(errors: readonly SchemaError[]): readonly Place[] {
  const places = new Map<string, string[]>();
  for (const error of errors) {
    for (const { path, sentence } of sentencesOf(error)) {
      const known = places.get(path);
      if (known === undefined) places.set(path, [sentence]);
      else if (!known.includes(sentence)) known.push(sentence);
    }
    if (places.size >= placesMax) break;
  }
  return [...places].map(([path, sentences]) => ({ path, errors: [joined(sentences)] }));
}

/** `must be a number or "unlimited"`. */
const joined = (sentences: readonly string[]): string =>
  sentences
    .map((sentence, index) => (index === 0 ? sentence : sentence.replace(/^must be /, "")))
    .join(" or ");

function sentencesOf(error: SchemaError): { readonly path: string; readonly sentence: string }[] {
  const path = readablePath(error.instancePath);
  const { params } = error;
  switch (error.keyword) {
    case "required":
      return asList(params.requiredProperties).map((name) => ({
        path: path === "/" ? `/${name}` : `${path}/${name}`,
        sentence: "is missing",
      }));
    case "type":
      return [{ path, sentence: `must be ${withArticle(String(params.type))}` }];
    case "const":
      return [{ path, sentence: `must be ${JSON.stringify(params.allowedValue)}` }];
    case "enum":
      return [{ path, sentence: `must be one of ${asList(params.allowedValues).join(", ")}` }];
    case "minimum":
      return [{ path, sentence: `must be at least ${String(params.limit)}` }];
    case "maximum":
      return [{ path, sentence: `must be at most ${String(params.limit)}` }];
    case "minLength":
      return [{ path, sentence: "must not be empty" }];
    case "maxLength":
      return [{ path, sentence: `must not be longer than ${String(params.limit)} characters` }];
    case "maxItems":
      return [{ path, sentence: `must not have more than ${String(params.limit)} items` }];
    case "maxProperties":
      return [{ path, sentence: `must not have more than ${String(params.limit)} members` }];
    default:
      return [{ path, sentence: error.message }];
  }
}

const asList = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [String(value)];

const articles: Readonly<Record<string, string>> = {
  array: "an array",
  integer: "an integer",
  object: "an object",
};
const withArticle = (type: string): string => articles[type] ?? `a ${type}`;

/** `/healthChecks/0/path` to `/healthChecks(0)/path`. */
const readablePath = (pointer: string): string =>
  pointer === ""
    ? "/"
    : pointer
        .replace(/\/(\d+)(?=\/|$)/g, "($1)")
        .replaceAll("~1", "/")
        .replaceAll("~0", "~");
