/**
 * How many instances may be killed and launched now: the arithmetic of scaling and of rolling upgrades.
 *
 * Invariants: an upgrade never takes the ready instances below the minimum, never has more instances than
 * the maximum (one more, when minimum and maximum are the same and all are ready), and always has something
 * to do or to wait for. Decided anew from what is there, never from what was planned before.
 */

import type { UpgradeStrategy } from "#model/app.ts";
import type { TaskId } from "#model/ids.ts";

/** An instance, as far as the arithmetic is concerned. */
export type Member = {
  readonly taskId: TaskId;
  /** It runs the configuration that is wanted. */
  readonly current: boolean;
  /** It runs, and all health checks pass. */
  readonly ready: boolean;
  /** It does not run, or a health check is known to fail: ending it costs nothing. */
  readonly unwell: boolean;
  /** We asked for its end; until then it takes up room. */
  readonly killing: boolean;
};

export type Change = { readonly kill: readonly TaskId[]; readonly launch: number };

export type Capacity = { readonly min: number; readonly max: number };

/** Decimal fractions are not exact: 100 × 1.15 must be 115 and 100 × 0.07 must be 7. */
const tolerance = 1e-9;

export const capacityOf = (wanted: number, strategy: UpgradeStrategy): Capacity => ({
  min: Math.max(0, Math.ceil(wanted * strategy.minimumHealthCapacity - tolerance)),
  max: Math.floor(wanted * (1 + strategy.maximumOverCapacity) + tolerance),
});

/**
 * For an app that is not being replaced. `members` come in the order in which they should be killed; those
 * that do not run the wanted configuration (they came back from an unreachable agent) go before all others.
 * A killed instance is replaced when it is gone, not before.
 */
export function planScale(wanted: number, members: readonly Member[]): Change {
  const present = members.filter((member) => !member.killing);
  const order = [...present.filter(({ current }) => !current), ...present.filter(({ current }) => current)];
  const kill = order.slice(0, Math.max(0, present.length - wanted)).map((member) => member.taskId);
  return { kill, launch: Math.max(0, wanted - members.length) };
}

/** Instances that have volumes come back to these: there is never one more, so one less there must be. */
function upgradeCapacity(wanted: number, strategy: UpgradeStrategy, isResident: boolean): Capacity {
  const { min, max } = capacityOf(wanted, strategy);
  return isResident && min === max ? { min: Math.max(0, max - 1), max } : { min, max };
}

/** For an app whose instances are to be replaced by current ones; `members` as in `planScale`. */
export function planUpgrade(
  wanted: number,
  strategy: UpgradeStrategy,
  members: readonly Member[],
  isResident = false,
): Change {
  const { min, max } = upgradeCapacity(wanted, strategy, isResident);
  const present = members.filter((member) => !member.killing);
  const current = present.filter((member) => member.current);
  const old = present.filter((member) => !member.current);
  let ready = present.filter((member) => member.ready).length;
  const room = (!isResident && min === max && ready >= max ? max + 1 : max) - members.length;

  const kill: TaskId[] = [];
  const killIfSpare = (member: Member): void => {
    // One that is not ready costs nothing, but may be about to recover: it goes once it is not needed.
    if (ready - (member.ready ? 1 : 0) < min) return;
    if (member.ready) ready -= 1;
    kill.push(member.taskId);
  };
  const surplus = Math.max(0, current.length - wanted);
  for (const member of current.slice(0, surplus)) killIfSpare(member);
  for (const member of [...old].sort((a, b) => killRank(a) - killRank(b))) killIfSpare(member);

  const launch = Math.max(0, Math.min(wanted - current.length, room));
  if (kill.length > 0 || launch > 0) return { kill, launch };
  return { kill: makeRoom(members, wanted), launch: 0 };
}

/** The worst first: known to be unwell, then of unknown health, then ready. */
const killRank = (member: Member): number => (member.unwell ? 0 : member.ready ? 2 : 1);

/**
 * Too few are ready to spare one, and there is no room to launch another: an old one that is unwell must
 * go, or nothing would ever change. Not while something else is still under way.
 */
function makeRoom(members: readonly Member[], wanted: number): readonly TaskId[] {
  if (members.some((member) => member.killing)) return [];
  if (members.filter((member) => member.current).length >= wanted) return [];
  if (members.some((member) => member.current && !member.ready && !member.unwell)) return [];
  const victim = members.find((member) => !member.current && member.unwell);
  return victim === undefined ? [] : [victim.taskId];
}
