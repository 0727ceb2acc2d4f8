/**
 * The cluster itself: who leads it, what it is made of, how its store does.
 */

import { identityOf } from "#core/master/state.ts";
import type { AboutView } from "#wire/unum/console/about.ts";
import { eachNode } from "../desk/node-index.ts";
import type { World } from "../desk/world.ts";

export function viewAbout(world: World): AboutView {
  const { info, master, apps, timers } = world;
  const versions = new Map<string, number>();
  for (const { row } of eachNode(world.nodes))
    versions.set(row.version, (versions.get(row.version) ?? 0) + 1);
  const writes = timers.get("registrar/state_store_ms");
  return {
    clusterName: info.clusterName,
    version: info.version,
    startedAtMs: info.startedAtMs,
    nowMs: world.nowMs,
    leader: { hostname: info.hostname, masterPort: info.masterPort, gatewayPort: info.gatewayPort },
    masterId: identityOf(master)?.masterId ?? null,
    appServiceConnected: apps.connection?.subscribed === true,
    store: {
      kind: world.storeKind,
      writeMs: writes === undefined ? null : { median: hundredths(writes.p50), p99: hundredths(writes.p99) },
    },
    agentVersions: [...versions]
      .map(([version, agents]) => ({ version, agents }))
      .sort((left, right) => right.agents - left.agents || (left.version < right.version ? -1 : 1)),
    figures: {
      agents: master.tables.agent.size,
      frameworks: [...master.tables.framework.values()].filter(({ state }) => state !== "completed").length,
      tasks: master.tables.task.size,
      services: world.services.size,
      viewers: world.viewers,
    },
    backlog: world.backlog,
    plugins: world.plugins,
  };
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;
