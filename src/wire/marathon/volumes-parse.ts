/**
 * An app's volumes (`container.volumes`): paths of the host, which agents give as their operators allow.
 *
 * A path that is not absolute is of the task's own sandbox, as it is for Mesos. Other kinds are refused by name.
 */

import type { AppDefinition, AppPatch } from "#model/app.ts";
import type { Volume } from "#model/container-volume.ts";
import type { Faults } from "../json/problem.ts";
import type { ContainerJson, VolumeJson } from "./app-schema.ts";

export function parseVolumes(
  container: ContainerJson,
  base: AppDefinition,
  faults: Faults,
): Pick<AppPatch, "volumes"> {
  const volumes = (container.volumes ?? []).flatMap(
    (volume, index) => parseVolume(volume, `/container/volumes(${index})`, faults) ?? [],
  );
  if (volumes.length > 0) return { volumes };
  return base.volumes === undefined ? {} : { volumes: undefined };
}

function parseVolume(volume: VolumeJson, at: string, faults: Faults): Volume | undefined {
  if (volume.external !== undefined) {
    faults.add(`${at}/external`, "external volumes: not supported by this version of Unum; leave it out");
    return undefined;
  }
  // Theirs are other parsers.
  if (volume.secret !== undefined || volume.persistent !== undefined) return undefined;
  const { containerPath, hostPath, mode = "RW" } = volume;
  for (const [name, path] of [
    ["containerPath", containerPath],
    ["hostPath", hostPath],
  ] as const) {
    if (path === undefined) faults.add(`${at}/${name}`, "is missing");
    else if (!isPlainPath(path))
      faults.add(`${at}/${name}`, "must not be the root, nor have doubled slashes or the segments . or ..");
  }
  if (containerPath === undefined || hostPath === undefined) return undefined;
  return {
    containerPath,
    mode: mode === "RO" ? "read-only" : "read-write",
    source: hostPath.startsWith("/")
      ? { kind: "host", path: hostPath }
      : { kind: "sandbox", of: "self", path: hostPath },
  };
}

export const isPlainPath = (path: string): boolean =>
  path
    .replace(/^\//, "")
    .split("/")
    .every((segment) => !["", ".", ".."].includes(segment)) && !path.includes("\0");
