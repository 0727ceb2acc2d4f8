/**
 * Random commands on the group `/g` as a whole, and what they do to each app in it if they are done.
 */

import type { AppsCommand, GroupTree, GroupUpdate } from "#core/apps/types.ts";
import type { AppDefinition } from "#model/app.ts";
import { appId, groupId, type VersionId } from "#model/ids.ts";
import { configVariable } from "./draw-app.ts";
import type { Wanted } from "./wanted.ts";
import type { World } from "./world.ts";

/** What a command does to each of its apps if it is done: the outcomes among which `seen` may choose. */
export type Plan = { readonly command: AppsCommand; readonly after: ReadonlyMap<string, readonly Wanted[]> };

export type GroupVersion = { readonly version: VersionId; readonly wanted: ReadonlyMap<string, Wanted> };

export type GroupScene = {
  readonly world: World;
  /** Every app that is or was in the group. */
  readonly now: ReadonlyMap<string, Wanted>;
  readonly versions: readonly GroupVersion[];
  readonly draw: (id: string) => AppDefinition;
};

const group = groupId("/g");

/** Undefined: nothing to do now. */
export function planGroup(scene: GroupScene): Plan | undefined {
  const { world, now } = scene;
  const isThere = [...now.values()].some((wanted) => wanted !== undefined);
  switch (isThere ? world.chance.below(6) : 5) {
    case 0:
      return {
        command: { type: "delete-group", id: group, force: false },
        after: new Map([...now.keys()].map((id) => [id, [undefined]])),
      };
    case 1:
      return update(
        { kind: "scale", factor: 0.5 },
        now,
        (wanted) => wanted && stillHalfway(wanted, { ...wanted, instances: Math.ceil(wanted.instances / 2) }),
      );
    case 2:
      return rollBack(scene);
    default:
      return changeTree(scene);
  }
}

function update(
  change: GroupUpdate,
  now: ReadonlyMap<string, Wanted>,
  outcome: (wanted: Wanted, id: string) => Wanted,
): Plan {
  return {
    command: { type: "update-group", id: group, update: change, force: false },
    after: new Map([...now].map(([id, wanted]) => [id, [outcome(wanted, id)]])),
  };
}

function rollBack({ world, now, versions }: GroupScene): Plan | undefined {
  const old = world.pick(versions);
  if (old === undefined) return undefined;
  return update({ kind: "version", version: old.version }, now, (wanted, id) => {
    const then = old.wanted.get(id);
    return wanted === undefined || then === undefined ? then : stillHalfway(wanted, then);
  });
}

/** Some apps stay as they are, some change, some go; the group within is left out, emptied or changed. */
function changeTree({ world, now, draw }: GroupScene): Plan {
  const drawn = new Map<string, AppDefinition>();
  const keep = (ids: readonly string[]): readonly AppDefinition[] =>
    ids
      .filter(() => world.happens(0.7))
      .map((id) => {
        const definition = draw(id);
        drawn.set(id, definition);
        return definition;
      });
  const direct = [...now.keys()].filter((id) => id.split("/").length === 3);
  const within = [...now.keys()].filter((id) => !direct.includes(id));
  const apps = world.happens(0.8) ? keep(direct) : undefined;
  const groups = world.happens(0.5) ? [tree("/g/h", { apps: keep(within) })] : undefined;
  const dependencies = world.happens(0.3) ? (world.happens(0.5) ? [appId("/app-1")] : []) : undefined;
  const wanted = tree("/g", { apps, groups, dependencies });
  return update({ kind: "tree", tree: wanted, mustBeNew: false }, now, (before, id) => {
    const definition = drawn.get(id);
    if (definition !== undefined) {
      const config = definition.env[configVariable];
      return {
        instances: definition.instances,
        config: typeof config === "string" ? config : "",
        notBeforeMs: world.nowMs,
        halfway: false,
      };
    }
    const isMentioned = direct.includes(id) ? apps !== undefined : groups !== undefined;
    return isMentioned ? undefined : before;
  });
}

const tree = (id: string, over: Partial<GroupTree>): GroupTree => ({
  id: groupId(id),
  apps: undefined,
  groups: undefined,
  dependencies: undefined,
  enforceRole: undefined,
  ...over,
});

/** A command that changes nothing does not go on with what was given up halfway. */
export const stillHalfway = (now: NonNullable<Wanted>, next: NonNullable<Wanted>): Wanted => ({
  ...next,
  halfway: now.halfway && now.instances === next.instances && now.config === next.config,
});
