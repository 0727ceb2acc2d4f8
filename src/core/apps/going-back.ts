/**
 * A change that leads back to a configuration that instances still run keeps them: whoever takes an upgrade back wants
 * it undone, not what went on well replaced as well.
 *
 * What was to be new, since a restart was asked for, is not kept as it was before.
 */

import { limits } from "#base/limits.ts";
import { isConfigChange, type Service } from "#model/app.ts";
import type { AppChange } from "./deployments.ts";
import type { Draft } from "./draft.ts";

export function keepEarlier(draft: Draft, change: AppChange, keepInstances = false): AppChange {
  const { id, before, after } = change;
  if (before === undefined || after === undefined || before.lastConfigChangeAt === after.lastConfigChangeAt)
    return change;
  const isSame = (other: Service): boolean =>
    !isConfigChange(other.definition, after.definition, keepInstances);
  // A restart: the same again, from new.
  if (isSame(before)) return change;
  const versions = draft.state.versions.get(id);
  const running = new Set(draft.instancesOf(id).map(({ version }) => version));
  const kept = [...running].filter((version) => {
    const service = versions?.get(version);
    return service !== undefined && version >= (before.restartedAt ?? version) && isSame(service);
  });
  if (kept.length === 0) return change;
  return { id, before, after: { ...after, alsoCurrent: kept.sort().slice(-limits.versionsPerAppMax) } };
}
