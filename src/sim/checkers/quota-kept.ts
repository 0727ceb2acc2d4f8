/**
 * No quota is exceeded: what a role has reserved anywhere, and what it uses or is offered unreserved, stays
 * below its limit.
 *
 * Only judged while the quota was there before: an operator may force one below what is used already; and
 * not before most agents are back after a restart, for their tasks are known only then.
 */

import { isReservedFor } from "#model/reservation.ts";
import { fromMilli, type Milli } from "#model/resources.ts";
import { isSameOrBelow } from "#model/role.ts";
import { holdsResources } from "#model/task-state.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createQuotaKeptChecker(cluster: Cluster, report: Report): Checker {
  /** By role: the most that was consumed when the quota was set, or when somebody came back. */
  const excused = new Map<string, number>();
  let dirty = false;
  let mayJump = true;
  return {
    masterStarted() {
      mayJump = true;
    },
    masterInput(input) {
      dirty = true;
      if (input.type === "update-quotas") mayJump = true;
      // What an agent brings back runs there already; nobody was asked.
      if (input.type === "agent-message" && input.envelope.message.type === "register") mayJump = true;
    },
    afterEvent() {
      const tables = cluster.master.states?.master.tables;
      if (!dirty || tables === undefined) return;
      dirty = false;
      for (const { role, limits } of tables.quota.values()) {
        if (limits.cpus === undefined) continue;
        const consumed = consumedBy(cluster, role);
        const most = Math.max(limits.cpus, excused.get(role) ?? 0);
        if (consumed > most && !mayJump)
          report(`role ${role} has ${fromMilli(consumed as Milli)} cpus of ${fromMilli(limits.cpus)}`);
        excused.set(role, consumed);
      }
      mayJump = false;
    },
  };
}

/** In thousandths of a cpu. */
function consumedBy(cluster: Cluster, role: string): number {
  const tables = cluster.master.states?.master.tables;
  if (tables === undefined) return 0;
  let sum = 0;
  for (const { info, state } of tables.agent.values()) {
    if (state === "unreachable") continue;
    for (const resource of info.resources.others)
      if (resource.name === "cpus" && resource.value.kind === "scalar" && isReservedFor(resource, role))
        sum += resource.value.amount;
  }
  for (const task of tables.task.values())
    if (holdsResources(task.state) && isSameOrBelow(task.role, role)) sum += task.spec.resources.cpus;
  for (const offer of tables.offer.values()) if (isSameOrBelow(offer.role, role)) sum += offer.resources.cpus;
  return sum;
}
