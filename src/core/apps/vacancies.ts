/**
 * What instances that ended leave to the next ones of their app: their names, with the number of the launch.
 *
 * Marathon's rule: an instance that fails or that its user ends is launched anew under its own id, the next time with a
 * higher number; one that is wiped, or that a newer version or a smaller number makes go, leaves nothing. Kept in
 * memory alone: after a restart of the master there are new names, which is as good.
 */

import { limits } from "#base/limits.ts";
import type { Service } from "#model/app.ts";
import { type AppId, taskId } from "#model/ids.ts";
import { type Instance, instanceIdOf, splitInstanceId } from "#model/instance.ts";
import { isResident } from "#model/persistent-volume.ts";
import type { Draft } from "./draft.ts";
import { isCurrent } from "./state.ts";
import { newInstanceName } from "./task-spec.ts";

/** How the next instance is called: `<stem>.instance-<uuid>`, and which launch of it this is. */
export type InstanceName = { readonly stem: string; readonly uuid: string; readonly number: number };

/** The last one for which the id of a task of the longest name is still no longer than ids may be. */
const numberMax = 9_999;

/** An instance that is over. Those with volumes have berths, which do the same for them. */
export function leaveVacancy(draft: Draft, instance: Instance): void {
  const { appId, taskId: id, killing, version } = instance;
  const service = draft.service(appId);
  if (service === undefined || killing?.wiped === true || isResident(service.definition)) return;
  if (!isCurrent(service, instance)) return;
  const name = nameOf(id);
  if (name === undefined) return;
  const names = draft.vacancies(appId);
  if (names.length >= Math.min(service.definition.instances, limits.vacanciesPerAppMax)) return;
  draft.put({ kind: "apps-vacancies", id: appId, value: { names: [...names, { ...name, version }] } });
}

/** A vacant name, the oldest first; else a new one. Names of an older version are given to nobody any more. */
export function takeName(draft: Draft, service: Service): InstanceName {
  const { id } = service.definition;
  const names = draft.vacancies(id);
  const [oldest, ...rest] = names.filter((each) => isCurrent(service, each));
  if (names.length > 0)
    draft.put({ kind: "apps-vacancies", id, value: rest.length === 0 ? undefined : { names: rest } });
  if (oldest === undefined) return { ...newInstanceName(id, draft.chance), number: 1 };
  return { stem: oldest.stem, uuid: oldest.uuid, number: oldest.number + 1 };
}

/** There is nobody missing whose name it could be. */
export function forgetVacancies(draft: Draft, id: AppId): void {
  if (draft.vacancies(id).length > 0) draft.put({ kind: "apps-vacancies", id, value: undefined });
}

export const taskIdOf = ({ stem, uuid, number }: InstanceName) =>
  taskId(`${stem}.instance-${uuid}._app.${number}`);

function nameOf(id: Instance["taskId"]): InstanceName | undefined {
  const number = Number(/\.(\d+)$/.exec(id)?.[1]);
  const parts = splitInstanceId(instanceIdOf({ taskId: id }));
  return parts === undefined || !(number < numberMax) ? undefined : { ...parts, number };
}
