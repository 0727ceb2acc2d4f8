/**
 * What may not change about a resident app: what its instances have reserved is theirs as it is.
 *
 * Semantics: Marathon's, which tells the owner to make a new app instead.
 */

import { equalValues } from "#base/equal.ts";
import { isResident, persistentVolumesOf } from "#model/persistent-volume.ts";
import { isPod, needsOf, portsOf, type RunSpec } from "#model/pod.ts";
import { scalarNames } from "#model/resources.ts";
import { type Rejection, reject } from "#ports/room.ts";

export function residentChange(definition: RunSpec, previous: RunSpec | undefined): Rejection | undefined {
  if (previous === undefined || !(isResident(definition) || isResident(previous))) return undefined;
  const details: { path: string; errors: string[] }[] = [];
  const report = (path: string, error: string) => details.push({ path, errors: [error] });
  const isOfPod = isPod(definition);
  const noun = isOfPod ? "pod" : "app";
  const unchangeable = `cannot be changed of ${isOfPod ? "a" : "an"} ${noun} with persistent volumes; make a new ${noun} of it`;
  const volumes = (spec: RunSpec) =>
    [...persistentVolumesOf(spec)].sort((a, b) => (a.containerPath < b.containerPath ? -1 : 1));
  if (!equalValues(volumes(definition), volumes(previous)))
    report(isOfPod ? "/volumes" : "/container/volumes", "persistent volumes cannot be changed");
  for (const name of scalarNames)
    if (needsOf(definition)[name] !== needsOf(previous)[name])
      report(isOfPod ? "/" : `/${name}`, `${isOfPod ? `${name} ` : ""}${unchangeable}`);
  const hostPorts = (spec: RunSpec) =>
    portsOf(spec).map(({ hostPort, fixed }) => (fixed || (!isPod(spec) && spec.requirePorts) ? hostPort : 0));
  if (!equalValues(hostPorts(definition), hostPorts(previous)))
    report(isOfPod ? "/" : "/portDefinitions", `host ports ${unchangeable}`);
  return details.length === 0 ? undefined : reject("invalid", "Object is not valid", details);
}
