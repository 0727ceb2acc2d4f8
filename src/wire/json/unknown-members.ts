/**
 * Members that a schema says nothing of, so that whoever sent them can be told that they were ignored.
 *
 * Only what the schema lists is known; maps of free names (labels) and alternatives are left alone.
 */

/** As much of a JSON schema as matters here. */
type Schema = {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly anyOf?: readonly unknown[];
};

/** Paths such as `container.docker.colour` and `healthChecks(0).delay`, at most `most` of them. */
export function unknownMembers(schema: unknown, value: unknown, most: number): readonly string[] {
  const found: string[] = [];
  const look = (known: Schema, given: unknown, path: string): void => {
    if (found.length >= most || typeof given !== "object" || given === null) return;
    if (Array.isArray(given)) {
      const { items } = known;
      if (items === undefined) return;
      for (const [index, member] of given.entries()) look(items as Schema, member, `${path}(${index})`);
      return;
    }
    const { properties, additionalProperties } = known;
    if (properties === undefined || typeof additionalProperties === "object") return;
    for (const [name, member] of Object.entries(given)) {
      const place = path === "" ? name : `${path}.${name}`;
      if (found.length >= most) return;
      if (Object.hasOwn(properties, name)) look(properties[name] as Schema, member, place);
      else found.push(place);
    }
  };
  look(schema as Schema, value, "");
  return found;
}
