/**
 * The calls of the operator API that only look.
 */

import type { MasterState } from "#core/master/state.ts";
import { type ClusterSnapshot, partsOf } from "#wire/mesos/cluster.ts";
import {
  agentsMessage,
  executorsMessage,
  frameworksMessage,
  stateMessage,
  tasksMessage,
} from "#wire/mesos/operator/cluster-messages.ts";
import {
  maintenanceStatusMessage,
  operationMessage,
  quotaStatusMessage,
  scheduleMessage,
  weightMessages,
} from "#wire/mesos/operator/order-messages.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { roleMessage, rolesOf } from "#wire/mesos/roles.ts";
import { masterInfoMessage } from "#wire/mesos/translate/agents.ts";
import { mesosVersion } from "#wire/mesos/version.ts";
import type { ClusterInfo } from "../../endpoint.ts";
import { viewCluster } from "../../views/cluster-view.ts";
import { viewFlags } from "../../views/flags-view.ts";
import { viewMetrics } from "../../views/metrics-view.ts";
import { viewOrders } from "../../views/orders-view.ts";
import { answerMessage, type MasterHandler } from "./call-tools.ts";

type Response = MessageOf<"master.Response">;

/** What is looked at is taken out of the state at once; what it looks like is made afterwards. */
const show =
  <View>(
    view: (state: MasterState, info: ClusterInfo) => View,
    format: (view: View) => Response,
  ): MasterHandler =>
  (_call, tools) =>
    tools.context.master.read(
      (state) => view(state, tools.context.info),
      (seen) => answerMessage(tools, format(seen)),
    );

const ofCluster = (format: (snapshot: ClusterSnapshot) => Response): MasterHandler =>
  show(viewCluster, format);

export const getHealth: MasterHandler = (_call, tools) =>
  answerMessage(tools, { type: "GET_HEALTH", get_health: { healthy: true } });

export const getVersion: MasterHandler = (_call, tools) =>
  answerMessage(tools, {
    type: "GET_VERSION",
    get_version: { version_info: { version: mesosVersion } },
  });

/** What is logged does not depend on a level. */
export const getLoggingLevel: MasterHandler = (_call, tools) =>
  answerMessage(tools, { type: "GET_LOGGING_LEVEL", get_logging_level: { level: 0 } });

export const getFlags = show(
  ({ config }, info) => viewFlags(config, info),
  (flags) => ({
    type: "GET_FLAGS",
    get_flags: { flags: Object.entries(flags).map(([name, value]) => ({ name, value })) },
  }),
);

export const getMetrics: MasterHandler = (_call, tools) =>
  viewMetrics(tools.context, (metrics) =>
    answerMessage(tools, {
      type: "GET_METRICS",
      get_metrics: { metrics: [...metrics].map(([name, value]) => ({ name, value })) },
    }),
  );

export const getState = ofCluster((snapshot) => ({ type: "GET_STATE", get_state: stateMessage(snapshot) }));

export const getAgents = ofCluster((snapshot) => ({
  type: "GET_AGENTS",
  get_agents: agentsMessage(snapshot, partsOf(snapshot)),
}));

export const getFrameworks = ofCluster((snapshot) => ({
  type: "GET_FRAMEWORKS",
  get_frameworks: frameworksMessage(snapshot, partsOf(snapshot)),
}));

export const getExecutors = ofCluster((snapshot) => ({
  type: "GET_EXECUTORS",
  get_executors: executorsMessage(snapshot),
}));

export const getTasks = ofCluster((snapshot) => ({ type: "GET_TASKS", get_tasks: tasksMessage(snapshot) }));

export const getMaster = ofCluster((snapshot) => ({
  type: "GET_MASTER",
  get_master: {
    master_info: masterInfoMessage({ ...snapshot, address: snapshot.hostname, domain: undefined }),
    start_time: snapshot.startedAtMs / 1_000,
    elected_time: snapshot.startedAtMs / 1_000,
  },
}));

export const getOperations = show(viewOrders, ({ operations }) => ({
  type: "GET_OPERATIONS",
  get_operations: operations.length === 0 ? {} : { operations: operations.map(operationMessage) },
}));

export const getRoles = show(
  (state, info) => rolesOf(viewCluster(state, info), viewOrders(state)),
  (roles) => ({ type: "GET_ROLES", get_roles: roles.length === 0 ? {} : { roles: roles.map(roleMessage) } }),
);

export const getWeights = show(viewOrders, ({ weights }) =>
  weights.size === 0
    ? { type: "GET_WEIGHTS" }
    : { type: "GET_WEIGHTS", get_weights: { weight_infos: weightMessages(weights) } },
);

export const getQuota = show(viewOrders, (orders) => ({
  type: "GET_QUOTA",
  get_quota: { status: quotaStatusMessage(orders) },
}));

export const getMaintenanceSchedule = show(viewOrders, (orders) => ({
  type: "GET_MAINTENANCE_SCHEDULE",
  get_maintenance_schedule: { schedule: scheduleMessage(orders) },
}));

export const getMaintenanceStatus = show(viewOrders, (orders) => ({
  type: "GET_MAINTENANCE_STATUS",
  get_maintenance_status: { status: maintenanceStatusMessage(orders) },
}));
