/**
 * No more agents are marked unreachable at a time than may be: within a window no more than the rate allows, and none while
 * so large a share is lost that a broken network is the likelier cause; and none that was heard of a moment ago.
 *
 * Judged by the clock of whoever marks, as its operator would; what an operator believes to be lost may be marked.
 */

import { limits } from "#base/limits.ts";
import type { MasterState } from "#core/master/state.ts";
import type { Agent } from "#model/agent.ts";
import type { AgentId } from "#model/ids.ts";
import type { Cluster } from "../cluster.ts";
import type { MasterStates } from "../master-process.ts";
import type { Checker, Report } from "./checker.ts";

export function createLossesBoundedChecker(cluster: Cluster, report: Report): Checker {
  let states: MasterStates | undefined;
  let lost = new Set<AgentId>();
  let marksMs: number[] = [];
  let members = 0;
  /** Those whose connection stood a moment ago: of others a master has no word but its clock's. */
  let active = new Set<AgentId>();
  let isReleased = false;
  let dirty = false;
  /** By agent: when anything of it last came to this master, in the world's time. */
  let heardMs = new Map<AgentId, number>();
  return {
    masterInput(input) {
      dirty = true;
      if (input.type === "mark-missing-agents") isReleased = true;
      if (input.type !== "agent-message") return;
      const session = cluster.master.states?.master.tables["agent-session"].get(input.envelope.session);
      if (session?.agentId !== undefined) heardMs.set(session.agentId, cluster.world.nowMs);
    },
    afterEvent() {
      const now = cluster.master.states;
      if (!dirty || now === undefined) return;
      dirty = false;
      const nowMs = cluster.master.nowMs();
      if (now !== states) {
        states = now;
        [lost, marksMs, members, isReleased, heardMs] = [
          inState(now.master, "unreachable"),
          [],
          0,
          false,
          new Map(),
        ];
      }
      const { rate, stop } = now.master.config.agentLoss ?? {};
      const lostNow = inState(now.master, "unreachable");
      const wereActive = active;
      active = inState(now.master, "active");
      const marked = [...lostNow].filter((agent) => !lost.has(agent));
      lost = lostNow;
      const windowMs = stop?.windowMs ?? limits.agentLossWindowMsUsual;
      const count = countIn(now.master, nowMs - windowMs);
      // Others may have been marked gone in the same moment.
      const membersMax = Math.max(members, count.members);
      members = count.members;
      if (marked.length === 0) return;
      for (const agent of marked) {
        const agoMs = cluster.world.nowMs - (heardMs.get(agent) ?? Number.NEGATIVE_INFINITY);
        if (wereActive.has(agent) && agoMs < now.master.config.pingIntervalMs)
          report(`agent ${agent} is marked unreachable, and was heard of ${agoMs} ms ago`);
      }
      marksMs = [...marksMs, ...marked.map(() => nowMs)];
      const within = rate && marksMs.filter((atMs) => atMs <= nowMs && atMs > nowMs - rate.withinMs).length;
      if (rate !== undefined && within !== undefined && within > rate.agents)
        report(
          `${within} agents are marked unreachable within ${rate.withinMs} ms, of ${rate.agents} at most`,
        );
      if (stop === undefined || isReleased) return;
      if (count.lost >= stop.agentsMin && count.lost > stop.share * membersMax)
        report(
          `${count.lost} of ${membersMax} agents are marked unreachable, which is more than ${stop.share}`,
        );
    },
  };
}

const inState = ({ tables }: MasterState, wanted: Agent["state"]): Set<AgentId> =>
  new Set([...tables.agent.values()].filter(({ state }) => state === wanted).map(({ agentId }) => agentId));

/** Of those that are not lost for longer than the window. */
function countIn(
  { tables }: MasterState,
  sinceMs: number,
): { readonly lost: number; readonly members: number } {
  let [lost, members] = [0, 0];
  for (const { state, unreachableAtMs = 0 } of tables.agent.values()) {
    if (state === "unreachable" && unreachableAtMs <= sinceMs) continue;
    members += 1;
    if (state === "unreachable") lost += 1;
  }
  return { lost, members };
}
