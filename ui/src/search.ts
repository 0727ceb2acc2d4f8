/**
 * What stands in addresses behind the `?`: read by hand, so that any address leads somewhere.
 */

type Raw = Readonly<Record<string, unknown>>;

const text = (raw: Raw, name: string): string | undefined => {
  const value = raw[name];
  if (typeof value === "number") return String(value);
  // The router reads JSON by itself; what we keep is text.
  if (value !== null && typeof value === "object") return JSON.stringify(value);
  return typeof value === "string" && value !== "" ? value : undefined;
};

type Texts<Name extends string> = { readonly [Key in Name]?: string };

/** Those of `names` that are there; all others are dropped. */
export const searchOf =
  <Name extends string>(...names: readonly Name[]) =>
  (raw: Raw): Texts<Name> => {
    const found: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const value = text(raw, name);
      if (value !== undefined) found[name] = value;
    }
    return found;
  };

/** `a,b` as a list; none: undefined. */
export const listOf = (value: string | undefined): readonly string[] | undefined => {
  const list = value?.split(",").filter((one) => one !== "");
  return list === undefined || list.length === 0 ? undefined : list;
};
