/**
 * Two answers, field by field: every place where they differ, by its path.
 */

export type Difference = { readonly path: string; readonly recorded: unknown; readonly live: unknown };

/** `absent` stands for what is not there. */
export const absent = "(absent)";

export function differences(recorded: unknown, live: unknown, path = ""): Difference[] {
  if (Object.is(recorded, live)) return [];
  if (Array.isArray(recorded) && Array.isArray(live)) {
    const length = Math.max(recorded.length, live.length);
    return Array.from({ length }).flatMap((_, index) =>
      differences(
        index < recorded.length ? recorded[index] : absent,
        index < live.length ? live[index] : absent,
        `${path}[${index}]`,
      ),
    );
  }
  if (isObject(recorded) && isObject(live)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(live)])];
    return names.flatMap((name) =>
      differences(
        Object.hasOwn(recorded, name) ? recorded[name] : absent,
        Object.hasOwn(live, name) ? live[name] : absent,
        path === "" ? name : `${path}.${name}`,
      ),
    );
  }
  return [{ path, recorded, live }];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
