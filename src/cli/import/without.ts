/**
 * A definition without the members that the cluster refuses, named as its complaints name them: `/healthChecks(0)/path`.
 */

/** The definition without what the path names; undefined when there is no such member, or it is the whole. */
export function without(definition: unknown, path: string): unknown {
  const steps = stepsOf(path);
  return steps.length === 0 ? undefined : remove(definition, steps);
}

/** `/container/volumes(0)` as `container`, `volumes`, 0. */
function stepsOf(path: string): readonly (string | number)[] {
  return path
    .split("/")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const indexed = /^(.*)\((\d+)\)$/.exec(part);
      return indexed === null ? [part] : [indexed[1] ?? "", Number(indexed[2])];
    })
    .filter((step) => step !== "");
}

function remove(value: unknown, [step, ...rest]: readonly (string | number)[]): unknown {
  if (Array.isArray(value) && typeof step === "number") {
    if (step >= value.length) return undefined;
    if (rest.length === 0) return value.toSpliced(step, 1);
    const inner = remove(value[step], rest);
    return inner === undefined ? undefined : value.with(step, inner);
  }
  if (typeof value !== "object" || value === null || typeof step !== "string" || !(step in value))
    return undefined;
  const record: Readonly<Record<string, unknown>> = { ...value };
  if (rest.length === 0) {
    const { [step]: _, ...others } = record;
    return others;
  }
  const inner = remove(record[step], rest);
  return inner === undefined ? undefined : { ...record, [step]: inner };
}
