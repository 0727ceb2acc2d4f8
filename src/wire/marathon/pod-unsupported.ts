/**
 * Fields of Marathon's pods that this version knows and does not do: using one is refused by name, since a pod that
 * silently runs without its volume or its network is worse than one that does not run.
 */

import type { Faults } from "../json/problem.ts";
import type { PodJson } from "./pod-schema.ts";
import { isUsed, notYet } from "./unsupported.ts";

export function refuseUnsupportedPod(pod: PodJson, faults: Faults): void {
  for (const name of ["linuxInfo", "legacySharedCgroups"] as const) {
    if (isUsed(pod[name])) faults.add(`/${name}`, notYet(name));
  }
}
