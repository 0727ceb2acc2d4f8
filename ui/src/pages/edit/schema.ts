/**
 * Which members a place in a definition may have, by the schemas that the gateway publishes. Pure.
 */

export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
};

/** The schemas that may hold at a place: `path` has member names, and numbers for places in arrays. */
export function schemasAt(schema: Schema, path: readonly (string | number)[]): readonly Schema[] {
  const here = [schema, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  const [step, ...rest] = path;
  if (step === undefined) return here;
  return here.flatMap((one) => {
    if (typeof step === "number") return one.items === undefined ? [] : schemasAt(one.items, rest);
    const member = one.properties?.[step];
    if (member !== undefined) return schemasAt(member, rest);
    return typeof one.additionalProperties === "object" ? schemasAt(one.additionalProperties, rest) : [];
  });
}

export type Suggestion = { readonly label: string; readonly type: string; readonly info?: string };

export function membersAt(schema: Schema, path: readonly (string | number)[]): readonly Suggestion[] {
  return schemasAt(schema, path)
    .flatMap(({ properties }) => Object.entries(properties ?? {}))
    .map(([label, member]) => ({
      label,
      type: member.type ?? "",
      ...(member.description === undefined ? {} : { info: member.description }),
    }));
}

/** Written as JSON. */
export function valuesAt(schema: Schema, path: readonly (string | number)[]): readonly string[] {
  const values = schemasAt(schema, path).flatMap((one) => [
    ...(one.enum ?? []),
    ...(one.const === undefined ? [] : [one.const]),
    ...(one.type === "boolean" ? [true, false] : []),
  ]);
  return [...new Set(values.map((value) => JSON.stringify(value)))];
}
