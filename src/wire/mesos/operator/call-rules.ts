/**
 * What a call of the operator APIs must hold to be one: its type, and the payload that the type asks for.
 *
 * The sentences are Mesos's. What is in a payload is looked at where the call is answered.
 */

import type { EnumOf, MessageOf } from "../proto/tables.ts";

export type MasterCall = MessageOf<"master.Call">;
export type MasterCallType = EnumOf<"master.Call.Type">;
export type AgentCall = MessageOf<"agent.Call">;
export type AgentCallType = EnumOf<"agent.Call.Type">;

/** Types that are not here come without a payload. */
const masterPayloads: { readonly [Type in MasterCallType]?: keyof MasterCall } = {
  GET_METRICS: "get_metrics",
  SET_LOGGING_LEVEL: "set_logging_level",
  LIST_FILES: "list_files",
  READ_FILE: "read_file",
  UPDATE_WEIGHTS: "update_weights",
  RESERVE_RESOURCES: "reserve_resources",
  UNRESERVE_RESOURCES: "unreserve_resources",
  CREATE_VOLUMES: "create_volumes",
  DESTROY_VOLUMES: "destroy_volumes",
  GROW_VOLUME: "grow_volume",
  SHRINK_VOLUME: "shrink_volume",
  UPDATE_MAINTENANCE_SCHEDULE: "update_maintenance_schedule",
  START_MAINTENANCE: "start_maintenance",
  STOP_MAINTENANCE: "stop_maintenance",
  DRAIN_AGENT: "drain_agent",
  DEACTIVATE_AGENT: "deactivate_agent",
  REACTIVATE_AGENT: "reactivate_agent",
  UPDATE_QUOTA: "update_quota",
  SET_QUOTA: "set_quota",
  REMOVE_QUOTA: "remove_quota",
  TEARDOWN: "teardown",
  MARK_AGENT_GONE: "mark_agent_gone",
};

const agentPayloads: { readonly [Type in AgentCallType]?: keyof AgentCall } = {
  GET_METRICS: "get_metrics",
  SET_LOGGING_LEVEL: "set_logging_level",
  LIST_FILES: "list_files",
  READ_FILE: "read_file",
  LAUNCH_NESTED_CONTAINER: "launch_nested_container",
  WAIT_NESTED_CONTAINER: "wait_nested_container",
  KILL_NESTED_CONTAINER: "kill_nested_container",
  REMOVE_NESTED_CONTAINER: "remove_nested_container",
  LAUNCH_NESTED_CONTAINER_SESSION: "launch_nested_container_session",
  ATTACH_CONTAINER_INPUT: "attach_container_input",
  ATTACH_CONTAINER_OUTPUT: "attach_container_output",
  LAUNCH_CONTAINER: "launch_container",
  WAIT_CONTAINER: "wait_container",
  KILL_CONTAINER: "kill_container",
  REMOVE_CONTAINER: "remove_container",
  ADD_RESOURCE_PROVIDER_CONFIG: "add_resource_provider_config",
  UPDATE_RESOURCE_PROVIDER_CONFIG: "update_resource_provider_config",
  REMOVE_RESOURCE_PROVIDER_CONFIG: "remove_resource_provider_config",
  MARK_RESOURCE_PROVIDER_GONE: "mark_resource_provider_gone",
};

/** What is wrong with the call, if anything; a type that nobody knows was dropped when it was read. */
export function masterCallFault(call: MasterCall): string | undefined {
  if (call.type === undefined) return missing("type");
  const payload = masterPayloads[call.type];
  if (payload !== undefined && call[payload] === undefined) return missing(payload);
  const volume = call.grow_volume ?? call.shrink_volume;
  return volume !== undefined && payload?.endsWith("_volume") && volume.agent_id === undefined
    ? `${missing("agent_id")}; only agent default resources are supported right now`
    : undefined;
}

export function agentCallFault(call: AgentCall): string | undefined {
  if (call.type === undefined) return missing("type");
  const payload = agentPayloads[call.type];
  return payload !== undefined && call[payload] === undefined ? missing(payload) : undefined;
}

const missing = (name: string): string => `Expecting '${name}' to be present`;
