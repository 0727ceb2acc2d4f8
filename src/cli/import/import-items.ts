/**
 * Brings what another Marathon runs into this cluster, one definition at a time, and tells what became of each.
 *
 * What is there already is left alone. What the cluster refuses is reported with its reason; a member is left out only
 * when that was asked for.
 */

import type { ForeignItem } from "#wire/marathon/foreign-groups.ts";
import { type Api, type ApiAnswer, appPath } from "../api.ts";
import { arrayAt, textAt, toRecord } from "../json.ts";
import { without } from "./without.ts";

export type ImportOptions = {
  /** Asks whether it would be taken, and changes nothing. */
  readonly dryRun: boolean;
  readonly dropUnsupported: boolean;
  /** With no instances yet; how many there were is kept in a label. */
  readonly suspended: boolean;
};

export type ImportResult = {
  readonly kind: ForeignItem["kind"];
  readonly id: string;
  readonly outcome: "imported" | "would be imported" | "exists" | "refused";
  /** What could not be kept, and why; of one that is refused: why. */
  readonly lost: readonly { readonly path: string; readonly why: string }[];
  readonly remarks: readonly string[];
};

/** One complaint after the other may come up, as each is dealt with. */
const attemptsMax = 20;
const instancesLabel = "UNUM_IMPORTED_INSTANCES";

/** In an order in which everything is there before what depends on it. */
export function inOrder(items: readonly ForeignItem[]): readonly ForeignItem[] {
  const left = new Map(items.map((item) => [`${item.kind} ${item.id}`, item]));
  const ordered: ForeignItem[] = [];
  const isIn = (id: string, path: string): boolean => id === path || id.startsWith(`${path}/`);
  while (left.size > 0) {
    const ready = [...left].filter(
      ([, item]) =>
        !item.dependencies.some((path) =>
          [...left.values()].some((other) => other !== item && isIn(other.id, path)),
        ),
    );
    // A circle: the cluster will say so.
    for (const [key, item] of ready.length > 0 ? ready : [...left]) {
      ordered.push(item);
      left.delete(key);
    }
  }
  return ordered;
}

export async function importItem(api: Api, item: ForeignItem, options: ImportOptions): Promise<ImportResult> {
  const { kind, id, remarks } = item;
  const lost: { path: string; why: string }[] = [];
  let definition: unknown = options.suspended ? suspend(item) : whole(item);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const answer = await submit(api, item, definition, options.dryRun);
    const result = { kind, id, lost, remarks: [...remarks, ...warningsOf(answer)] };
    if (answer.status < 300) {
      return { ...result, outcome: options.dryRun ? "would be imported" : "imported" };
    }
    if (answer.status === 409 && /already exists/.test(textAt(answer.body, "message") ?? "")) {
      return { ...result, outcome: "exists" };
    }
    const complaints = complaintsOf(answer);
    const smaller = options.dropUnsupported ? dropAll(definition, complaints) : undefined;
    if (smaller === undefined) return { ...result, outcome: "refused", lost: [...lost, ...complaints] };
    definition = smaller.definition;
    lost.push(...smaller.lost);
  }
  return { kind, id, outcome: "refused", lost, remarks };
}

const whole = ({ definition, dependencies }: ForeignItem): unknown =>
  dependencies.length === 0 ? definition : { ...definition, dependencies };

function suspend(item: ForeignItem): unknown {
  const definition = toRecord(whole(item));
  if (item.kind === "group") return definition;
  if (item.kind === "pod") {
    const instances = toRecord(definition.scaling).instances ?? 1;
    return {
      ...definition,
      scaling: { kind: "fixed", instances: 0 },
      labels: labelled(definition, instances),
    };
  }
  return { ...definition, instances: 0, labels: labelled(definition, definition.instances ?? 1) };
}

const labelled = (definition: Readonly<Record<string, unknown>>, instances: unknown): unknown => ({
  ...toRecord(definition.labels),
  [instancesLabel]: String(instances),
});

function submit(api: Api, { kind, id }: ForeignItem, body: unknown, dryRun: boolean): Promise<ApiAnswer> {
  const what = `import ${kind} ${id}`;
  const path = { app: "/v2/apps", pod: "/v2/pods", group: "/v2/groups" }[kind];
  // A group may be there already, by what is in it.
  if (!dryRun && kind !== "group") return api.attempt({ method: "POST", path, body, what });
  const own = `${path}${appPath(id).slice("/v2/apps".length)}`;
  return api.attempt({ method: "PUT", path: dryRun ? `${own}?dryRun=true` : own, body, what });
}

function complaintsOf({ status, body }: ApiAnswer): readonly { path: string; why: string }[] {
  const details = arrayAt(body, "details").map((detail) => ({
    path: textAt(detail, "path") ?? "/",
    why: arrayAt(detail, "errors").join("; "),
  }));
  if (details.length > 0) return details;
  return [{ path: "/", why: textAt(body, "message") ?? `the cluster answered ${status}` }];
}

type Loss = ImportResult["lost"][number];

/** Undefined when one of them names nothing that could be left out. */
function dropAll(
  definition: unknown,
  complaints: readonly Loss[],
): { readonly definition: unknown; readonly lost: readonly Loss[] } | undefined {
  let smaller = definition;
  const lost: Loss[] = [];
  // The last of a list first, so that the places of the others stay.
  for (const { path, why } of complaints.toReversed()) {
    const dropped = [path, ...memberAbove(path)].find((one) => without(smaller, one) !== undefined);
    if (dropped === undefined) return undefined;
    smaller = without(smaller, dropped);
    lost.unshift({ path: dropped, why: dropped === path ? why : `${path}: ${why}` });
  }
  return { definition: smaller, lost };
}

/** What lacks something that it must have, as a volume that is none without its source, is left out as a whole. */
const memberAbove = (path: string): readonly string[] => {
  const [, above] = /^(.*\(\d+\))\/[^/]+$/.exec(path) ?? [];
  return above === undefined ? [] : [above];
};

function warningsOf({ headers }: ApiAnswer): readonly string[] {
  const warning = headers["unum-warning"];
  return typeof warning === "string" && warning !== "" ? [warning] : [];
}
