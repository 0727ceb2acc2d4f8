/**
 * What must hold of an app that has persistent volumes, and of these. Paths and rules are Marathon's.
 */

import type { AppDefinition } from "#model/app.ts";
import type { PersistentVolume } from "#model/persistent-volume.ts";

type Report = (path: string, error: string) => void;

export function checkResident(app: AppDefinition, report: Report): void {
  const volumes = app.persistentVolumes ?? [];
  if (volumes.length === 0) return;
  const paths = new Set<string>();
  volumes.forEach((volume, index) => {
    // Where it stands when the app is shown: those of the host come first.
    const at = `/container/volumes(${(app.volumes ?? []).length + index})`;
    checkVolume(volume, (member, error) => report(`${at}/${member}`, error));
    if (paths.has(volume.containerPath))
      report(`${at}/containerPath`, `the volume '${volume.containerPath}' is given twice`);
    paths.add(volume.containerPath);
  });
  if (app.upgradeStrategy.maximumOverCapacity !== 0)
    report("/upgradeStrategy/maximumOverCapacity", "must be 0 for an app with persistent volumes");
  if (app.unreachableStrategy !== "disabled")
    report("/unreachableStrategy", "must be disabled for an app with persistent volumes");
}

function checkVolume(
  { containerPath, type, size, maxSize, constraints = [] }: PersistentVolume,
  report: (member: string, error: string) => void,
): void {
  if (containerPath === "" || containerPath === "." || containerPath === "..")
    report("containerPath", "must be a name");
  if (/[/\\]|\p{Cc}/u.test(containerPath)) report("containerPath", 'must not contain "/"');
  if (!(size > 0)) report("persistent/size", "must be more than 0");
  if (maxSize !== undefined && type !== "mount")
    report("persistent/maxSize", "only mount volumes can have it");
  if (maxSize !== undefined && maxSize <= size) report("persistent/maxSize", "must be more than size");
  if (constraints.length > 0 && type === "root")
    report("persistent/constraints", "are not supported on root volumes");
  for (const { field, operator } of constraints)
    if (field !== "path" || (operator !== "LIKE" && operator !== "UNLIKE"))
      report("persistent/constraints", `are on path, by LIKE or UNLIKE; not ${field} ${operator}`);
}
