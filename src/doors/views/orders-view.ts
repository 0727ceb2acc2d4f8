/**
 * What operators ordered of the master, taken out of its state.
 */

import { singleRow } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import { isOnMachine } from "#model/maintenance.ts";
import type { OrdersSnapshot } from "#wire/mesos/operator/orders.ts";

export function viewOrders({ tables, config }: MasterState): OrdersSnapshot {
  const schedule = tables["maintenance-schedule"].get(singleRow) ?? { windows: [] };
  const machines = schedule.windows.flatMap((window) => window.machines);
  const weights = new Map(Object.entries(config.roleWeights));
  for (const { role, weight } of tables.weight.values()) weights.set(role, weight);
  return {
    quotas: [...tables.quota.values()],
    weights,
    schedule,
    downMachines: [...tables["down-machine"].values()],
    inverseAnswers: [...tables["inverse-offer-answer"].values()].map((answer) => {
      const agent = tables.agent.get(answer.agentId);
      return {
        ...answer,
        machines: agent === undefined ? [] : machines.filter((machine) => isOnMachine(agent.info, machine)),
      };
    }),
    operations: [...tables.operation.values()],
  };
}
