/**
 * No resource is given twice at an agent: what its live containers were given never exceeds what it has,
 * and no two of them hold the same port.
 */

import type { ContainerId } from "#model/ids.ts";
import { countPorts } from "#model/port-ranges.ts";
import { coversResources, formatResources, type Resources, sumResources } from "#model/resources.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

/** What is wrong with giving out `parts` of `total`, if anything is. */
export function overgiven(total: Resources, parts: readonly Resources[]): string | undefined {
  const sum = sumResources(parts);
  const ports = parts.reduce((count, part) => count + countPorts(part.ports), 0);
  if (!coversResources(total, sum)) return `${formatResources(sum)} of ${formatResources(total)}`;
  if (countPorts(sum.ports) !== ports) return `a port twice, in ${parts.map(formatResources).join("; ")}`;
  return undefined;
}

export function createAgentResourcesChecker(cluster: Cluster, report: Report): Checker {
  const live = new Map<string, Map<ContainerId, Resources>>();
  const check = (hostName: string): void => {
    const total = cluster.agents.get(hostName)?.info.resources;
    const problem = total && overgiven(total, [...(live.get(hostName)?.values() ?? [])]);
    if (problem !== undefined) report(`${hostName} runs more than it has: ${problem}`);
  };
  return {
    containerStarted(hostName, spec) {
      const mine = live.get(hostName) ?? new Map<ContainerId, Resources>();
      live.set(hostName, mine.set(spec.containerId, spec.resources));
      check(hostName);
    },
    containerUpdated(hostName, containerId, resources) {
      const mine = live.get(hostName);
      if (mine?.has(containerId) !== true) return;
      mine.set(containerId, resources);
      check(hostName);
    },
    containerEnded(hostName, containerId) {
      live.get(hostName)?.delete(containerId);
    },
  };
}
