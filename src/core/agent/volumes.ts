/**
 * Persistent volumes, as the checkpoint says that they are: made when they appear in it, wiped when they are gone.
 *
 * That one is to be wiped is durable with the checkpoint that no longer has it, and asked for again after a restart
 * until it is confirmed; but never of one that a container uses, for it was started on a fresh volume of that name,
 * when the old one was gone.
 */

import { type PersistentDirectory, persistentDirectories, persistentKey } from "#model/container-volume.ts";
import type { ContainerId } from "#model/ids.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { Draft } from "./draft.ts";
import { forgetMounted } from "./mounted-volumes.ts";

export function changeVolumes(draft: Draft, next: ResourceCheckpoint): void {
  const before = persistentDirectories(draft.checkpoint.resources);
  const after = persistentDirectories(next.resources);
  for (const [key, volume] of before) if (!after.has(key)) wipe(draft, volume);
  // One that has grown or shrunk is made once more: it is there, and gets its new bounds.
  for (const [key, volume] of after)
    if (before.get(key)?.mebibytes !== volume.mebibytes || !before.has(key))
      draft.container({ type: "create-volume", volume });
}

/** `alive`: the containers that were found. */
export function repeatWipes(draft: Draft, alive: ReadonlySet<ContainerId>): void {
  const used = new Set<string>();
  const holders = [...draft.tasks.values(), ...draft.executors.values()];
  for (const { containerId, spec } of holders) {
    if (!alive.has(containerId)) continue;
    for (const key of persistentDirectories(spec.resources.others).keys()) used.add(key);
  }
  for (const volume of draft.doomedVolumes.values()) {
    const key = persistentKey(volume);
    if (used.has(key)) draft.doomedVolumes.remove(key);
    else draft.container({ type: "remove-volume", volume });
  }
}

/** One that could not be wiped is tried again after a restart. */
export function volumeRemoved(draft: Draft, volume: PersistentDirectory, fault: string | undefined): void {
  if (fault === undefined) draft.doomedVolumes.remove(persistentKey(volume));
}

function wipe(draft: Draft, volume: PersistentDirectory): void {
  forgetMounted(draft, persistentKey(volume));
  draft.doomedVolumes.put(persistentKey(volume), volume);
  draft.container({ type: "remove-volume", volume });
}
