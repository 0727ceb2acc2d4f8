/**
 * Which instance goes first when there are too many: those whose going evens out the groups of a GROUP_BY, then
 * Unreachable, Staging, Starting, Running, and among those by the app's kill selection. Health plays no part
 * (Marathon's rule).
 */

import { limits } from "#base/limits.ts";
import type { KillSelection, Scheduling } from "#model/app.ts";
import { type Constraint, fieldValue } from "#model/constraint.ts";
import type { Instance } from "#model/instance.ts";
import type { TaskState } from "#model/task-state.ts";

const ranks: readonly TaskState[] = ["unreachable", "staging", "starting", "running"];

/** `surplus`: how many are to go, if they are to go without being replaced. */
export function inKillOrder(
  instances: readonly Instance[],
  { killSelection, constraints = [] }: Pick<Scheduling, "killSelection" | "constraints">,
  surplus = 0,
): readonly Instance[] {
  const ordered = byConditionAndAge(instances, killSelection);
  const groupings = constraints.filter(({ operator }) => operator === "GROUP_BY");
  // Those on their way out are gone already, as far as groups are concerned.
  const present = ordered.filter(({ killing }) => killing === undefined);
  if (groupings.length === 0 || surplus <= 0 || surplus >= present.length) return ordered;
  const first = evenOut(present, groupings, surplus);
  return [...first, ...ordered.filter((instance) => !first.has(instance))];
}

function byConditionAndAge(instances: readonly Instance[], selection: KillSelection): readonly Instance[] {
  const sign = selection === "youngest-first" ? -1 : 1;
  return [...instances].sort(
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      sign * (a.stagedAtMs - b.stagedAtMs) ||
      // Instances launched together: any order will do, as long as it is always the same.
      (a.taskId < b.taskId ? -1 : 1),
  );
}

const rankOf = (instance: Instance): number => {
  const rank = ranks.indexOf(instance.state);
  return rank < 0 ? ranks.length : rank;
};

/** Those that are alike for all groupings; the next of them is the first that may go. */
type Kind = {
  readonly values: readonly (string | undefined)[];
  readonly members: { readonly instance: Instance; readonly place: number }[];
  gone: number;
};

/**
 * As many as may go without making any grouping more uneven than it is; it may be fewer. No more than one decision
 * may end: the next one looks anew.
 */
function evenOut(
  instances: readonly Instance[],
  constraints: readonly Constraint[],
  count: number,
): ReadonlySet<Instance> {
  const kinds = new Map<string, Kind>();
  instances.forEach((instance, place) => {
    const values = constraints.map(({ field }) => fieldValue(field, instance));
    const key = JSON.stringify(values.map((value) => value ?? null));
    const kind = kinds.get(key) ?? { values, members: [], gone: 0 };
    kind.members.push({ instance, place });
    kinds.set(key, kind);
  });
  const groupings = constraints.map((_, index) => new Grouping([...kinds.values()], index));
  const before = groupings.map(({ unevenness }) => unevenness);
  const mayGo = ({ values }: Kind): boolean => {
    moveAll(groupings, values, -1);
    const isEven = groupings.every(
      ({ unevenness }, index) => unevenness <= 1 || unevenness < (before[index] ?? 0),
    );
    moveAll(groupings, values, 1);
    return isEven;
  };
  const chosen = new Set<Instance>();
  const most = Math.min(count, limits.instanceChangesPerDecisionMax);
  while (chosen.size < most) {
    const worst = indexOfWorst(groupings);
    const isInLargest = ({ values }: Kind): boolean => groupings[worst]?.isLargest(values[worst]) === true;
    const next =
      firstOf(kinds.values(), (kind) => isInLargest(kind) && mayGo(kind)) ?? firstOf(kinds.values(), mayGo);
    const member = next?.members[next.gone];
    if (next === undefined || member === undefined) break;
    next.gone += 1;
    moveAll(groupings, next.values, -1);
    chosen.add(member.instance);
  }
  return chosen;
}

function moveAll(groupings: readonly Grouping[], values: Kind["values"], step: 1 | -1): void {
  for (const [index, grouping] of groupings.entries()) grouping.move(values[index], step);
}

/** Of those that may: the one whose next member comes first. */
function firstOf(kinds: Iterable<Kind>, may: (kind: Kind) => boolean): Kind | undefined {
  let first: Kind | undefined;
  let firstPlace = Number.POSITIVE_INFINITY;
  for (const kind of kinds) {
    const place = kind.members[kind.gone]?.place ?? Number.POSITIVE_INFINITY;
    if (place >= firstPlace || !may(kind)) continue;
    first = kind;
    firstPlace = place;
  }
  return first;
}

const indexOfWorst = (groupings: readonly Grouping[]): number =>
  groupings.reduce(
    (worst, { unevenness }, index) => (unevenness > (groupings[worst]?.unevenness ?? 0) ? index : worst),
    0,
  );

/** How many instances are in each group, and how many groups there are of each size. */
class Grouping {
  readonly #sizes = new Map<string | undefined, number>();
  readonly #groupsOfSize = new Map<number, number>();
  #smallest = 0;
  #largest = 0;

  constructor(kinds: readonly Kind[], index: number) {
    for (const { values, members } of kinds)
      this.#sizes.set(values[index], (this.#sizes.get(values[index]) ?? 0) + members.length);
    const sizes = [...this.#sizes.values()];
    for (const size of sizes) this.#count(size, 1);
    this.#largest = sizes.reduce((a, b) => Math.max(a, b), 0);
    this.#smallest = sizes.reduce((a, b) => Math.min(a, b), this.#largest);
  }

  get unevenness(): number {
    return this.#largest - this.#smallest;
  }

  /** Whether no group is larger, in a grouping that is uneven. */
  isLargest(value: string | undefined): boolean {
    return this.unevenness > 0 && this.#sizes.get(value) === this.#largest;
  }

  move(value: string | undefined, step: 1 | -1): void {
    const size = this.#sizes.get(value) ?? 0;
    this.#sizes.set(value, size + step);
    this.#count(size, -1);
    this.#count(size + step, 1);
    // By one at a time: whoever was alone at one end takes it along.
    const isEmptied = this.#groupsOfSize.get(size) === 0;
    if (size + step > this.#largest || (size === this.#largest && isEmptied)) this.#largest = size + step;
    if (size + step < this.#smallest || (size === this.#smallest && isEmptied)) this.#smallest = size + step;
  }

  #count(size: number, step: 1 | -1): void {
    this.#groupsOfSize.set(size, (this.#groupsOfSize.get(size) ?? 0) + step);
  }
}
