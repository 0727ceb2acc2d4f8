/**
 * What the master's log says of agents that are lost: each mark, and when too many are missing for any.
 */

import { lossesOf } from "#core/master/agent-losses.ts";
import type { MasterRecord } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import type { Log } from "#shell/log/log.ts";

/** `state` is that of before. */
export function tellLosses(log: Log, state: MasterState, records: readonly MasterRecord[]): void {
  for (const record of records) {
    if (record.kind === "agent" && record.value?.state === "unreachable") {
      const before = state.tables.agent.get(record.id)?.state;
      if (before !== undefined && before !== "unreachable")
        log.warn("an agent is marked unreachable", { agent: record.value.info.name, id: record.id });
    }
    if (record.kind !== "agent-losses" || record.value === undefined) continue;
    const [before, { hold, released }] = [lossesOf(state), record.value];
    if (hold !== undefined && before.hold === undefined)
      log.error(
        "too many agents are missing to be lost: none is marked unreachable until they are back, or until `unum node losses --mark`",
        { missing: hold.missing, agents: hold.members },
      );
    if (hold === undefined && before.hold !== undefined)
      log.info("few enough agents are missing again; those that stay away are marked unreachable");
    if (released.length > before.released.length)
      log.warn("missing agents were given up by an operator", { agents: released.length });
  }
}
