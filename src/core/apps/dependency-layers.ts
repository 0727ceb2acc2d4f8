/**
 * Who must be there before whom: apps and pods in layers, by the longest way through what they depend on.
 *
 * Pure, over any tree: it looks only at what can be reached from those that it is asked about, so a change of
 * one app costs what that app depends on. Services that are not asked about count on the way, but get no layer.
 */

import type { AppId, GroupId } from "#model/ids.ts";

/** A tree with its dependencies. A path is that of a service, of a group, or of nothing. */
export interface DependencyTree {
  isService(path: AppId | GroupId): boolean;
  /** What a service must wait for: its own dependencies and those of the groups that it is in. */
  dependenciesOf(service: AppId): readonly (AppId | GroupId)[];
  /** What is right below; nothing, for services and for paths of nothing. */
  childrenOf(group: GroupId): readonly (AppId | GroupId)[];
}

export type Layers =
  /** 1 for those that wait for nobody. */
  | { readonly kind: "layers"; readonly of: ReadonlyMap<AppId, number> }
  /** The services around the circle, the first one again at its end. */
  | { readonly kind: "circle"; readonly path: readonly AppId[] };

type Path = AppId | GroupId;
type Visit = { readonly path: Path; readonly next: readonly Path[]; index: number; longest: number };

export function dependencyLayers(tree: DependencyTree, ids: Iterable<AppId>): Layers {
  const done = new Map<Path, number>();
  for (const id of ids) {
    const circle = visitFrom(tree, id, done);
    if (circle !== undefined) return { kind: "circle", path: circle };
  }
  const layers = new Map<AppId, number>();
  for (const id of ids) layers.set(id, done.get(id) ?? 1);
  return { kind: "layers", of: layers };
}

/** Depth first, on a stack of our own: chains may be as long as there are apps. */
function visitFrom(tree: DependencyTree, start: AppId, done: Map<Path, number>): AppId[] | undefined {
  if (done.has(start)) return undefined;
  const stack: Visit[] = [enter(tree, start)];
  const open = new Set<Path>([start]);
  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    const next = visit.next[visit.index];
    if (next === undefined) {
      const length = visit.longest + (tree.isService(visit.path) ? 1 : 0);
      done.set(visit.path, length);
      open.delete(visit.path);
      stack.pop();
      const above = stack.at(-1);
      if (above !== undefined) above.longest = Math.max(above.longest, length);
      continue;
    }
    visit.index += 1;
    const known = done.get(next);
    if (known !== undefined) visit.longest = Math.max(visit.longest, known);
    else if (open.has(next)) return circleFrom(tree, stack, next);
    else {
      stack.push(enter(tree, next));
      open.add(next);
    }
  }
  return undefined;
}

const enter = (tree: DependencyTree, path: Path): Visit => ({
  path,
  next: tree.isService(path) ? tree.dependenciesOf(path as AppId) : tree.childrenOf(path as GroupId),
  index: 0,
  longest: 0,
});

function circleFrom(tree: DependencyTree, stack: readonly Visit[], back: Path): AppId[] {
  const from = stack.findIndex(({ path }) => path === back);
  const services = stack
    .slice(from)
    .map(({ path }) => path)
    .filter((path) => tree.isService(path)) as AppId[];
  return services[0] === undefined ? services : [...services, services[0]];
}
