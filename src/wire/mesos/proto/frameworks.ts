/**
 * Frameworks, masters and agents as they describe themselves, and the draining of agents.
 *
 * Facts of the interface only; how to read a row is said in `definition.ts`.
 */

import type { EnumTable, MessageTable } from "./definition.ts";

export const frameworksMessages = {
  FrameworkInfo: {
    user: [1, "string", "required"],
    name: [2, "string", "required"],
    id: [3, "FrameworkID"],
    failover_timeout: [4, "double", "optional", { default: 0 }],
    checkpoint: [5, "bool", "optional", { default: false }],
    role: [6, "string", "optional", { default: "*", deprecated: true }],
    roles: [12, "string", "repeated"],
    hostname: [7, "string"],
    principal: [8, "string"],
    webui_url: [9, "string"],
    capabilities: [10, "FrameworkInfo.Capability", "repeated"],
    labels: [11, "Labels"],
    offer_filters: [13, "OfferFilters", "map"],
  },
  "FrameworkInfo.Capability": { type: [1, "FrameworkInfo.Capability.Type"] },
  MasterInfo: {
    id: [1, "string", "required"],
    ip: [2, "uint32", "required"],
    port: [3, "uint32", "required", { default: 5050 }],
    pid: [4, "string"],
    hostname: [5, "string"],
    version: [6, "string"],
    address: [7, "Address"],
    domain: [8, "DomainInfo"],
    capabilities: [9, "MasterInfo.Capability", "repeated"],
  },
  "MasterInfo.Capability": { type: [1, "MasterInfo.Capability.Type"] },
  AgentInfo: {
    hostname: [1, "string", "required"],
    port: [8, "int32", "optional", { default: 5051 }],
    resources: [3, "Resource", "repeated"],
    attributes: [5, "Attribute", "repeated"],
    id: [6, "AgentID"],
    domain: [10, "DomainInfo"],
  },
  "AgentInfo.Capability": { type: [1, "AgentInfo.Capability.Type"] },
  DrainConfig: {
    max_grace_period: [1, "DurationInfo"],
    mark_gone: [2, "bool", "optional", { default: false }],
  },
  DrainInfo: {
    state: [1, "DrainState", "required"],
    config: [2, "DrainConfig", "required"],
  },
} as const satisfies MessageTable;

export const frameworksEnums = {
  DrainState: { UNKNOWN: 0, DRAINING: 1, DRAINED: 2 },
  "FrameworkInfo.Capability.Type": {
    UNKNOWN: 0,
    REVOCABLE_RESOURCES: 1,
    TASK_KILLING_STATE: 2,
    GPU_RESOURCES: 3,
    SHARED_RESOURCES: 4,
    PARTITION_AWARE: 5,
    MULTI_ROLE: 6,
    RESERVATION_REFINEMENT: 7,
    REGION_AWARE: 8,
  },
  "MasterInfo.Capability.Type": { UNKNOWN: 0, AGENT_UPDATE: 1, AGENT_DRAINING: 2, QUOTA_V2: 3 },
  "AgentInfo.Capability.Type": {
    UNKNOWN: 0,
    MULTI_ROLE: 1,
    HIERARCHICAL_ROLE: 2,
    RESERVATION_REFINEMENT: 3,
    RESOURCE_PROVIDER: 4,
    RESIZE_VOLUME: 5,
    AGENT_OPERATION_FEEDBACK: 6,
    AGENT_DRAINING: 7,
    TASK_RESOURCE_LIMITS: 8,
  },
} as const satisfies EnumTable;
