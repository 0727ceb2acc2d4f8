/**
 * Safety: what is reserved for an app's instances is there for them, and for nothing else.
 *
 * An instance of an app with volumes runs on a berth of its own, on that agent, and two never share one. A berth
 * that was seen to be there never loses its volume to anything but its owner's order or the end of the agent's disk.
 */

import type { AppsState } from "#core/apps/state.ts";
import { instanceIdOf } from "#model/instance.ts";
import { isPersistentVolume } from "#model/volume.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Cluster } from "../cluster.ts";
import { appVariable } from "../draw-app.ts";
import type { Checker, Report } from "./checker.ts";

export function createBerthsKeptChecker(cluster: Cluster, report: Report): Checker {
  /** By volume: the agent that it is on, and the container that has it. */
  const users = new Map<string, { readonly host: string; readonly containerId: string }>();
  return {
    containerStarted(host: string, spec: ContainerSpec) {
      if (spec.env[appVariable] === undefined) return;
      for (const { disk } of spec.resources.others.filter(isPersistentVolume)) {
        const id = disk?.persistence?.id ?? "";
        const user = users.get(id);
        if (user !== undefined && user.host !== host)
          report(`volume ${id} is on ${user.host}, and ${spec.containerId} starts with it on ${host}`);
        else if (user !== undefined && user.containerId !== "")
          report(`${spec.containerId} starts with volume ${id}, which ${user.containerId} has`);
        users.set(id, { host, containerId: spec.containerId });
      }
    },
    containerEnded(host, containerId) {
      for (const [id, user] of users)
        if (user.host === host && user.containerId === containerId) users.set(id, { host, containerId: "" });
    },
    afterEvent() {
      const state = cluster.master.states?.apps;
      const problem = state === undefined ? undefined : wrongBerth(state);
      if (problem !== undefined) report(problem);
    },
  };
}

function wrongBerth(state: AppsState): string | undefined {
  if (state.berths.size === 0) return undefined;
  const used = new Set<string>();
  for (const instance of state.instances.values()) {
    const berth = state.berths.get(instanceIdOf(instance));
    if (berth === undefined) continue;
    if (used.has(berth.berthId)) return `two instances have berth ${berth.berthId}`;
    used.add(berth.berthId);
    if (berth.agentId !== instance.agentId)
      return `${instance.taskId} is on ${instance.agentName}, its volumes on ${berth.agentName}`;
  }
  return undefined;
}
