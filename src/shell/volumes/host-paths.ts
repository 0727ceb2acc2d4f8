/**
 * Which paths of the host tasks may be given as volumes: those below directories that the operator named, as they
 * lie there without links.
 *
 * Never what is hidden from tasks, such as the agent's own data, nor what that lies in.
 */

import { realpathSync } from "node:fs";
import type { VolumeMode } from "#model/container-volume.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { type Found, openBelow } from "./open-below.ts";

export type HostVolume = { readonly path: string; readonly mode: VolumeMode };

/** Throws `LaunchRefusal` for what is not there or not allowed. */
export function findHostPath(
  path: string,
  mode: VolumeMode,
  allowed: readonly HostVolume[],
  hidden: readonly string[],
): Found & { readonly path: string } {
  const real = realPath(path);
  if (real === undefined)
    throw new LaunchRefusal(`the volume's host path ${path} does not exist on this agent`);
  const places = allowed.filter((place) => isWithin(real, realPath(place.path)));
  const isHidden = hidden.some((each) => {
    const place = realPath(each) ?? each;
    return isWithin(real, place) || isWithin(place, real);
  });
  if (places.length === 0 || isHidden) {
    const named = allowed.map((place) => place.path).join(", ");
    throw new LaunchRefusal(
      `the volume's host path ${path} is not below a directory that this agent's operator allowed (${named || "none"})`,
      "task-unauthorized",
    );
  }
  if (mode === "read-write" && !places.some((place) => place.mode === "read-write"))
    throw new LaunchRefusal(
      `the volume's host path ${path} may only be read by tasks of this agent: ask for it read-only`,
      "task-unauthorized",
    );
  try {
    return { ...openBelow("/", real), path: real };
  } catch (error) {
    throw new LaunchRefusal(`the volume's host path ${path} cannot be used: ${(error as Error).message}`);
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

const isWithin = (path: string, directory: string | undefined): boolean =>
  directory !== undefined &&
  (path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`));
