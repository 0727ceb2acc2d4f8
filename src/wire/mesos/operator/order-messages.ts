/**
 * What operators have ordered, and the master itself, as the operator API answers them.
 */

import { machineKey } from "#model/maintenance.ts";
import type { Operation } from "#model/operation.ts";
import type { Quantities } from "#model/quota.ts";
import { fromMilli, scalarNames } from "#model/resources.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { uuidBytes } from "../translate/basics.ts";
import { machineMessage } from "../translate/machines.ts";
import { bareResource, bareResources } from "../translate/shown-resources.ts";
import { timeMessage, unavailabilityMessage } from "../translate/time-message.ts";
import type { OrdersSnapshot } from "./orders.ts";

export const masterCapabilityNames = ["AGENT_UPDATE", "AGENT_DRAINING", "QUOTA_V2"] as const;

export const weightMessages = (weights: OrdersSnapshot["weights"]): readonly MessageOf<"WeightInfo">[] =>
  [...weights].map(([role, weight]) => ({ weight, role }));

export const quotaStatusMessage = ({ quotas }: OrdersSnapshot): MessageOf<"quota.QuotaStatus"> =>
  quotas.length === 0
    ? {}
    : {
        infos: quotas.map(({ role, guarantees }) => ({ role, guarantee: guaranteeMessages(guarantees) })),
        configs: quotas.map(({ role, guarantees, limits }) => ({
          role,
          guarantees: scalarMap(guarantees),
          limits: scalarMap(limits),
        })),
      };

const amountsOf = (quantities: Quantities): readonly (readonly [string, number])[] =>
  scalarNames.flatMap((name) => {
    const amount = quantities[name];
    return amount === undefined ? [] : [[name, fromMilli(amount)] as const];
  });

const scalarMap = (quantities: Quantities): ReadonlyMap<string, MessageOf<"Value.Scalar">> =>
  new Map(amountsOf(quantities).map(([name, value]) => [name, { value }]));

const guaranteeMessages = (quantities: Quantities): readonly MessageOf<"Resource">[] =>
  amountsOf(quantities).map(([name, value]) => ({ name, type: "SCALAR", scalar: { value } }));

export const scheduleMessage = ({ schedule }: OrdersSnapshot): MessageOf<"maintenance.Schedule"> =>
  schedule.windows.length === 0
    ? {}
    : {
        windows: schedule.windows.map(({ machines, unavailability }) => ({
          machine_ids: machines.map(machineMessage),
          unavailability: unavailabilityMessage(unavailability),
        })),
      };

/** Machines of the schedule that are not down yet, with what frameworks said to leaving them. */
export function maintenanceStatusMessage(orders: OrdersSnapshot): MessageOf<"maintenance.ClusterStatus"> {
  const down = new Set(orders.downMachines.map(machineKey));
  const draining = orders.schedule.windows
    .flatMap(({ machines }) => machines)
    .filter((machine) => !down.has(machineKey(machine)));
  return {
    ...(draining.length === 0
      ? {}
      : {
          draining_machines: draining.map((machine) => {
            const statuses = orders.inverseAnswers
              .filter(({ machines }) => machines.some((each) => machineKey(each) === machineKey(machine)))
              .map(({ answer, frameworkId, answeredAtMs }) => ({
                status: answer === "accept" ? ("ACCEPT" as const) : ("DECLINE" as const),
                framework_id: { value: frameworkId },
                timestamp: timeMessage(answeredAtMs),
              }));
            return { id: machineMessage(machine), ...(statuses.length === 0 ? {} : { statuses }) };
          }),
        }),
    ...(orders.downMachines.length === 0 ? {} : { down_machines: orders.downMachines.map(machineMessage) }),
  };
}

export const operationMessage = (operation: Operation): MessageOf<"Operation"> => {
  const waiting = operation.updateId === undefined ? undefined : uuidBytes(operation.updateId);
  const status = {
    ...(operation.info.operationId === undefined
      ? {}
      : { operation_id: { value: operation.info.operationId } }),
    state: `OPERATION_${operation.state.toUpperCase().replaceAll("-", "_")}` as EnumOf<"OperationState">,
    ...(waiting === undefined ? {} : { uuid: { value: waiting } }),
    agent_id: { value: operation.agentId },
  };
  return {
    ...(operation.frameworkId === undefined ? {} : { framework_id: { value: operation.frameworkId } }),
    agent_id: { value: operation.agentId },
    info: operationInfo(operation.info),
    latest_status: status,
    statuses: [status],
    uuid: { value: uuidBytes(operation.uuid) ?? new Uint8Array(16) },
  };
};

function operationInfo(info: Operation["info"]): MessageOf<"Offer.Operation"> {
  const id = info.operationId === undefined ? {} : { id: { value: info.operationId } };
  switch (info.kind) {
    case "reserve":
      return {
        type: "RESERVE",
        ...id,
        reserve: {
          ...(info.source === undefined ? {} : { source: bareResources(info.source) }),
          resources: bareResources(info.resources),
        },
      };
    case "unreserve":
      return { type: "UNRESERVE", ...id, unreserve: { resources: bareResources(info.resources) } };
    case "create":
      return { type: "CREATE", ...id, create: { volumes: bareResources(info.volumes) } };
    case "destroy":
      return { type: "DESTROY", ...id, destroy: { volumes: bareResources(info.volumes) } };
    case "grow-volume":
      return {
        type: "GROW_VOLUME",
        ...id,
        grow_volume: { volume: bareResource(info.volume), addition: bareResource(info.addition) },
      };
    case "shrink-volume":
      return {
        type: "SHRINK_VOLUME",
        ...id,
        shrink_volume: { volume: bareResource(info.volume), subtract: { value: fromMilli(info.subtract) } },
      };
    default:
      return info satisfies never;
  }
}
