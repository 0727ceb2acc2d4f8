/**
 * The agent's operator API: responses.
 *
 * Facts of the interface only; how to read a row is said in `definition.ts`.
 */

import type { EnumTable, MessageTable } from "./definition.ts";

export const agentResponsesMessages = {
  "agent.Response": {
    type: [1, "agent.Response.Type"],
    get_health: [2, "agent.Response.GetHealth"],
    get_flags: [3, "agent.Response.GetFlags"],
    get_version: [4, "agent.Response.GetVersion"],
    get_metrics: [5, "agent.Response.GetMetrics"],
    get_logging_level: [6, "agent.Response.GetLoggingLevel"],
    list_files: [7, "agent.Response.ListFiles"],
    read_file: [8, "agent.Response.ReadFile"],
    get_state: [9, "agent.Response.GetState"],
    get_containers: [10, "agent.Response.GetContainers"],
    get_frameworks: [11, "agent.Response.GetFrameworks"],
    get_executors: [12, "agent.Response.GetExecutors"],
    get_operations: [18, "agent.Response.GetOperations"],
    get_tasks: [13, "agent.Response.GetTasks"],
    get_agent: [15, "agent.Response.GetAgent"],
    get_resource_providers: [17, "agent.Response.GetResourceProviders"],
    wait_nested_container: [14, "agent.Response.WaitNestedContainer"],
    wait_container: [16, "agent.Response.WaitContainer"],
  },
  "agent.Response.GetHealth": { healthy: [1, "bool", "required"] },
  "agent.Response.GetFlags": { flags: [1, "Flag", "repeated"] },
  "agent.Response.GetVersion": { version_info: [1, "VersionInfo", "required"] },
  "agent.Response.GetMetrics": { metrics: [1, "Metric", "repeated"] },
  "agent.Response.GetLoggingLevel": { level: [1, "uint32", "required"] },
  "agent.Response.ListFiles": { file_infos: [1, "FileInfo", "repeated"] },
  "agent.Response.ReadFile": {
    size: [1, "uint64", "required"],
    data: [2, "bytes", "required"],
  },
  "agent.Response.GetState": {
    get_tasks: [1, "agent.Response.GetTasks"],
    get_executors: [2, "agent.Response.GetExecutors"],
    get_frameworks: [3, "agent.Response.GetFrameworks"],
  },
  "agent.Response.GetContainers": { containers: [1, "agent.Response.GetContainers.Container", "repeated"] },
  "agent.Response.GetContainers.Container": {
    framework_id: [1, "FrameworkID"],
    executor_id: [2, "ExecutorID"],
    executor_name: [3, "string"],
    container_id: [4, "ContainerID", "required"],
    container_status: [5, "ContainerStatus"],
    resource_statistics: [6, "ResourceStatistics"],
  },
  "agent.Response.GetFrameworks": {
    frameworks: [1, "agent.Response.GetFrameworks.Framework", "repeated"],
    completed_frameworks: [2, "agent.Response.GetFrameworks.Framework", "repeated"],
  },
  "agent.Response.GetFrameworks.Framework": { framework_info: [1, "FrameworkInfo", "required"] },
  "agent.Response.GetExecutors": {
    executors: [1, "agent.Response.GetExecutors.Executor", "repeated"],
    completed_executors: [2, "agent.Response.GetExecutors.Executor", "repeated"],
  },
  "agent.Response.GetExecutors.Executor": { executor_info: [1, "ExecutorInfo", "required"] },
  "agent.Response.GetOperations": { operations: [1, "Operation", "repeated"] },
  "agent.Response.GetTasks": {
    pending_tasks: [1, "Task", "repeated"],
    queued_tasks: [2, "Task", "repeated"],
    launched_tasks: [3, "Task", "repeated"],
    terminated_tasks: [4, "Task", "repeated"],
    completed_tasks: [5, "Task", "repeated"],
  },
  "agent.Response.GetAgent": {
    agent_info: [1, "AgentInfo"],
    drain_config: [2, "DrainConfig"],
    estimated_drain_start_time: [3, "TimeInfo"],
  },
  "agent.Response.GetResourceProviders": {
    resource_providers: [1, "agent.Response.GetResourceProviders.ResourceProvider", "repeated"],
  },
  "agent.Response.GetResourceProviders.ResourceProvider": {
    resource_provider_info: [1, "ResourceProviderInfo", "required"],
    total_resources: [2, "Resource", "repeated"],
  },
  "agent.Response.WaitNestedContainer": {
    exit_status: [1, "int32"],
    state: [2, "TaskState"],
    reason: [3, "TaskStatus.Reason"],
    limitation: [4, "TaskResourceLimitation"],
    message: [5, "string"],
  },
  "agent.Response.WaitContainer": {
    exit_status: [1, "int32"],
    state: [2, "TaskState"],
    reason: [3, "TaskStatus.Reason"],
    limitation: [4, "TaskResourceLimitation"],
    message: [5, "string"],
  },
} as const satisfies MessageTable;

export const agentResponsesEnums = {
  "agent.Response.Type": {
    UNKNOWN: 0,
    GET_HEALTH: 1,
    GET_FLAGS: 2,
    GET_VERSION: 3,
    GET_METRICS: 4,
    GET_LOGGING_LEVEL: 5,
    LIST_FILES: 6,
    READ_FILE: 7,
    GET_STATE: 8,
    GET_CONTAINERS: 9,
    GET_FRAMEWORKS: 10,
    GET_EXECUTORS: 11,
    GET_OPERATIONS: 17,
    GET_TASKS: 12,
    GET_AGENT: 14,
    GET_RESOURCE_PROVIDERS: 16,
    WAIT_NESTED_CONTAINER: 13,
    WAIT_CONTAINER: 15,
  },
} as const satisfies EnumTable;
