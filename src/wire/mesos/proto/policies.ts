/**
 * Quota, maintenance, and what frameworks answer to inverse offers.
 *
 * Facts of the interface only; how to read a row is said in `definition.ts`.
 */

import type { EnumTable, MessageTable } from "./definition.ts";

export const policiesMessages = {
  "allocator.InverseOfferStatus": {
    status: [1, "allocator.InverseOfferStatus.Status", "required"],
    framework_id: [2, "FrameworkID", "required"],
    timestamp: [3, "TimeInfo", "required"],
  },
  "maintenance.Window": {
    machine_ids: [1, "MachineID", "repeated"],
    unavailability: [2, "Unavailability", "required"],
  },
  "maintenance.Schedule": { windows: [1, "maintenance.Window", "repeated"] },
  "maintenance.ClusterStatus": {
    draining_machines: [1, "maintenance.ClusterStatus.DrainingMachine", "repeated"],
    down_machines: [2, "MachineID", "repeated"],
  },
  "maintenance.ClusterStatus.DrainingMachine": {
    id: [1, "MachineID", "required"],
    statuses: [2, "allocator.InverseOfferStatus", "repeated"],
  },
  "quota.QuotaInfo": {
    role: [1, "string"],
    principal: [2, "string"],
    guarantee: [3, "Resource", "repeated"],
  },
  "quota.QuotaRequest": {
    force: [1, "bool"],
    role: [2, "string"],
    guarantee: [3, "Resource", "repeated"],
  },
  "quota.QuotaConfig": {
    role: [1, "string", "required"],
    guarantees: [2, "Value.Scalar", "map"],
    limits: [3, "Value.Scalar", "map"],
  },
  "quota.QuotaStatus": {
    infos: [1, "quota.QuotaInfo", "repeated", { deprecated: true }],
    configs: [2, "quota.QuotaConfig", "repeated"],
  },
} as const satisfies MessageTable;

export const policiesEnums = {
  "allocator.InverseOfferStatus.Status": { UNKNOWN: 1, ACCEPT: 2, DECLINE: 3 },
} as const satisfies EnumTable;
