/**
 * The agents that are missing, and what holds back their loss.
 */

import { isMissing, lossesOf, lossLimitsOf } from "#core/master/agent-losses.ts";
import type { MasterState } from "#core/master/state.ts";
import { formatLosses, type LossesView } from "#wire/unum/losses-view.ts";
import { compareNames } from "./nodes.ts";

const namesMax = 100;

export function viewLosses(state: MasterState, nowMs: number): LossesView {
  const { hold, waiting, released } = lossesOf(state);
  const members = [...state.tables.agent.values()].filter((agent) => agent.state !== "unreachable");
  const missing = members.filter(({ agentId }) => isMissing(state, agentId, nowMs));
  return formatLosses({
    hold,
    waiting: waiting.length,
    released: released.length,
    missing: missing.length,
    missingNames: missing
      .map(({ info }) => info.name)
      .sort(compareNames)
      .slice(0, namesMax),
    agents: members.length,
    rate: lossLimitsOf(state).rate,
  });
}
