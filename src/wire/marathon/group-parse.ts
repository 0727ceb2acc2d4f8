/**
 * Groups on their way in: a body of `POST` or `PUT /v2/groups` to what is to become of a tree of apps.
 *
 * Relative ids begin at the group that they stand in. An app is a whole definition, not a patch; pods cannot be
 * sent. A version or a factor stands alone, for it says everything by itself.
 */

import Type, { type Static } from "typebox";
import { limits } from "#base/limits.ts";
import type { AppDefinition } from "#model/app.ts";
import { type AppId, type GroupId, groupId } from "#model/ids.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { Faults, failed, invalid, type Parsed, parsed } from "../json/problem.ts";
import { parsePath } from "./app-id.ts";
import { parseApp, parsePaths } from "./app-parse.ts";

/** As the app service takes it (`GroupTree` there). */
export type ParsedTree = {
  readonly id: GroupId;
  readonly apps: readonly AppDefinition[] | undefined;
  readonly groups: readonly ParsedTree[] | undefined;
  readonly dependencies: readonly AppId[] | undefined;
  readonly enforceRole: boolean | undefined;
};

export type ParsedGroup =
  | { readonly kind: "tree"; readonly tree: ParsedTree }
  | { readonly kind: "scale"; readonly id: GroupId; readonly factor: number }
  | { readonly kind: "version"; readonly id: GroupId; readonly version: string };

const optional = Type.Optional;
const path = () => Type.String({ minLength: 1, maxLength: limits.idLengthMax });

const schema = Type.Object({
  id: optional(path()),
  apps: optional(Type.Array(Type.Unknown(), { maxItems: limits.appsPerGroupRequestMax })),
  groups: optional(Type.Array(Type.Unknown(), { maxItems: limits.groupsPerRequestMax })),
  dependencies: optional(Type.Array(path(), { maxItems: limits.dependenciesMax })),
  scaleBy: optional(Type.Number({ minimum: 0, maximum: 1_000_000 })),
  version: optional(Type.String({ maxLength: limits.idLengthMax })),
  enforceRole: optional(Type.Boolean()),
  // What answers have and a client sends back; pods cannot be changed in this way, and are kept.
  pods: optional(Type.Array(Type.Unknown())),
});
type GroupJson = Static<typeof schema>;
const checkGroup = shapeCheck(schema);

const partial = Type.Object({ enforceRole: Type.Boolean() });
const checkPartial = shapeCheck(partial);

/** `PATCH`: the one thing that can be changed of a group alone. */
export function parseGroupPatch(body: unknown): Parsed<{ readonly enforceRole: boolean }> {
  const shape = checkPartial(body);
  return shape.ok ? parsed({ enforceRole: shape.value.enforceRole }) : shape;
}

/** `base`: the group that the request is for; an id in the body is relative to it. */
export function parseGroup(body: unknown, base: GroupId): Parsed<ParsedGroup> {
  const shape = checkGroup(body);
  if (!shape.ok) return shape;
  const { version, scaleBy } = shape.value;
  const id = idOf(shape.value, base);
  if (!id.ok) return id;
  for (const name of ["version", "scaleBy"] as const) {
    if (shape.value[name] === undefined) continue;
    const others = Object.keys(shape.value).filter((other) => other !== name && other !== "id");
    if (others.length > 0) return invalid(`/${name}`, `must stand alone, without ${others.join(", ")}`);
  }
  if (version !== undefined) return parsed({ kind: "version", id: id.value, version });
  if (scaleBy !== undefined) return parsed({ kind: "scale", id: id.value, factor: scaleBy });
  const walk: Walk = { faults: new Faults(), warnings: [], appIds: new Set(), groupIds: new Set() };
  const tree = parseTree(shape.value, id.value, "", walk);
  if (walk.failure !== undefined) return walk.failure;
  if (walk.faults.any)
    return failed({ status: 422, message: "Object is not valid", details: walk.faults.places });
  return parsed({ kind: "tree", tree }, [...new Set(walk.warnings)]);
}

type Walk = {
  readonly faults: Faults;
  readonly warnings: string[];
  readonly appIds: Set<string>;
  readonly groupIds: Set<string>;
  /** Not even the shape is right. */
  failure?: ReturnType<typeof failed>;
};

/** A body that names a group elsewhere would change, or empty, another one than its path says. */
function idOf(group: GroupJson, base: GroupId): Parsed<GroupId> {
  if (group.id === undefined) return parsed(base);
  const id = parsePath(group.id, base);
  if (!id.ok) return invalid("/id", id.error);
  const isWithin = base === "/" || id.path === base || id.path.startsWith(`${base}/`);
  return isWithin ? parsed(groupId(id.path)) : invalid("/id", `${id.path} is not in the group ${base}`);
}

function parseTree(group: GroupJson, id: GroupId, where: string, walk: Walk): ParsedTree {
  const { faults, groupIds } = walk;
  if (groupIds.has(id)) faults.add(where || "/", `the group ${id} is given twice`);
  groupIds.add(id);
  if ((group.pods ?? []).length > 0)
    walk.warnings.push("pods in a group were ignored: they are changed by /v2/pods");
  return {
    id,
    apps: group.apps?.flatMap((app, index) => parseMember(app, id, `${where}/apps(${index})`, walk) ?? []),
    groups: group.groups?.flatMap(
      (one, index) => parseChild(one, id, `${where}/groups(${index})`, walk) ?? [],
    ),
    dependencies:
      group.dependencies === undefined
        ? undefined
        : parsePaths(group.dependencies, id, `${where}/dependencies`, faults),
    enforceRole: group.enforceRole,
  };
}

function parseMember(app: unknown, group: GroupId, where: string, walk: Walk): AppDefinition | undefined {
  const outcome = parseApp(app, group);
  if (!outcome.ok) return fail(walk, outcome, where);
  const { id } = outcome.value;
  walk.warnings.push(...outcome.warnings);
  if (id.slice(0, id.lastIndexOf("/")) !== (group === "/" ? "" : group))
    walk.faults.add(`${where}/id`, `${id} is not in the group ${group} that it stands in`);
  if (walk.appIds.has(id)) walk.faults.add(`${where}/id`, `the app ${id} is given twice`);
  walk.appIds.add(id);
  return outcome.value;
}

function parseChild(body: unknown, parent: GroupId, where: string, walk: Walk): ParsedTree | undefined {
  const shape = checkGroup(body);
  if (!shape.ok) return fail(walk, shape, where);
  const { id: text, version, scaleBy } = shape.value;
  if (version !== undefined || scaleBy !== undefined)
    walk.faults.add(where, "a version or scaleBy can only be given of the group that the request is for");
  const id = text === undefined ? undefined : parsePath(text, parent);
  if (id === undefined) walk.faults.add(`${where}/id`, "is missing");
  else if (!id.ok) walk.faults.add(`${where}/id`, id.error);
  else if (id.path.slice(0, id.path.lastIndexOf("/")) !== (parent === "/" ? "" : parent))
    walk.faults.add(`${where}/id`, `${id.path} is not right below the group ${parent} that it stands in`);
  return id?.ok === true ? parseTree(shape.value, groupId(id.path), where, walk) : undefined;
}

function fail(walk: Walk, { problem }: ReturnType<typeof failed>, where: string): undefined {
  if (typeof problem.details === "string" || problem.status === 400) {
    walk.failure ??=
      typeof problem.details === "string"
        ? failed(problem)
        : failed({
            ...problem,
            details: problem.details.map(({ path: at, errors }) => ({
              path: `${where}${at === "/" ? "" : at}`,
              errors,
            })),
          });
    return;
  }
  for (const { path: at, errors } of problem.details)
    walk.faults.add(`${where}${at === "/" ? "" : at}`, ...errors);
}
