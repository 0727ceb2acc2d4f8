/**
 * The master's operator API: one path, and a call in the body that says what is wanted.
 *
 * In Mesos's order: the method, the body's type, the body, what it asks for, and only then in which encoding
 * the answer may come.
 */

import { type DoorRequest, doorMethods, type Endpoint, type Respond } from "#ports/door.ts";
import { decodeMessage } from "#wire/mesos/codec/encoding.ts";
import { type MasterCallType, masterCallFault } from "#wire/mesos/operator/call-rules.ts";
import { explainFromBody } from "#wire/mesos/operator/explain-call.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { ClusterContext } from "../../endpoint.ts";
import { acceptedEncoding, contentEncoding, mediaTypes, wrongMethod } from "../media.ts";
import type { MasterHandler } from "./call-tools.ts";
import { answerExplain } from "./explain.ts";
import { listFiles, readFile } from "./files.ts";
import * as orders from "./orders.ts";
import * as reads from "./reads.ts";
import { subscribe } from "./subscribe.ts";

const setLoggingLevel: MasterHandler = (_call, { respond }) =>
  respond(emptyAnswer(200, { "Unum-Warning": "What is logged does not depend on a level." }));

const unknownCall: MasterHandler = (_call, { respond }) => respond(emptyAnswer(501));

export const masterHandlers: Readonly<Record<MasterCallType, MasterHandler>> = {
  UNKNOWN: unknownCall,
  GET_HEALTH: reads.getHealth,
  GET_FLAGS: reads.getFlags,
  GET_VERSION: reads.getVersion,
  GET_METRICS: reads.getMetrics,
  GET_LOGGING_LEVEL: reads.getLoggingLevel,
  SET_LOGGING_LEVEL: setLoggingLevel,
  LIST_FILES: listFiles,
  READ_FILE: readFile,
  GET_STATE: reads.getState,
  GET_AGENTS: reads.getAgents,
  GET_FRAMEWORKS: reads.getFrameworks,
  GET_EXECUTORS: reads.getExecutors,
  GET_OPERATIONS: reads.getOperations,
  GET_TASKS: reads.getTasks,
  GET_ROLES: reads.getRoles,
  GET_WEIGHTS: reads.getWeights,
  UPDATE_WEIGHTS: orders.updateWeights,
  GET_MASTER: reads.getMaster,
  SUBSCRIBE: subscribe,
  RESERVE_RESOURCES: orders.reserveResources,
  UNRESERVE_RESOURCES: orders.unreserveResources,
  CREATE_VOLUMES: orders.createVolumes,
  DESTROY_VOLUMES: orders.destroyVolumes,
  GROW_VOLUME: orders.growVolume,
  SHRINK_VOLUME: orders.shrinkVolume,
  GET_MAINTENANCE_STATUS: reads.getMaintenanceStatus,
  GET_MAINTENANCE_SCHEDULE: reads.getMaintenanceSchedule,
  UPDATE_MAINTENANCE_SCHEDULE: orders.updateMaintenanceSchedule,
  START_MAINTENANCE: orders.startMaintenance,
  STOP_MAINTENANCE: orders.stopMaintenance,
  DRAIN_AGENT: orders.drainAgent,
  DEACTIVATE_AGENT: orders.deactivateAgent,
  REACTIVATE_AGENT: orders.reactivateAgent,
  GET_QUOTA: reads.getQuota,
  UPDATE_QUOTA: orders.updateQuota,
  SET_QUOTA: orders.setQuota,
  REMOVE_QUOTA: orders.removeQuota,
  TEARDOWN: orders.teardown,
  MARK_AGENT_GONE: orders.markAgentGone,
};

function answerCall(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const given = contentEncoding(request);
  if (!given.ok) return respond(given.answer);
  const call = decodeMessage(given.value, "master.Call", request.body);
  if (!call.ok) return respond(textAnswer(400, call.why));
  // A type that Mesos does not know may be one of ours.
  const explain =
    call.value.type === undefined && given.value === "json" ? explainFromBody(request.body) : undefined;
  if (explain !== undefined) return answerExplain(explain, request, context, respond);
  const fault = masterCallFault(call.value);
  if (fault !== undefined) return respond(textAnswer(400, `Failed to validate master::Call: ${fault}`));
  const encoding = acceptedEncoding(request);
  if (encoding === undefined)
    return respond(
      textAnswer(406, `Expecting 'Accept' to allow '${mediaTypes.protobuf}' or '${mediaTypes.json}'`),
    );
  return masterHandlers[call.value.type ?? "UNKNOWN"](call.value, {
    context,
    encoding,
    principal: request.principal,
    respond,
  });
}

/** Whatever follows the path is the same endpoint, as with Mesos. */
const at = (path: string): readonly Endpoint<ClusterContext>[] =>
  [path, `${path}/*`].flatMap((each) =>
    doorMethods.map((method): Endpoint<ClusterContext> => {
      const shared = { method, path: each, permission: "write" as const };
      if (method === "POST")
        return { ...shared, summary: "Mesos's operator API: a call in the body", handle: answerCall };
      return {
        ...shared,
        summary: "405: the operator API takes POST",
        handle: (_request, _context, respond) => respond(wrongMethod("POST", method)),
      };
    }),
  );

export const operatorMasterEndpoints: readonly Endpoint<ClusterContext>[] = [
  ...at("/api/v1"),
  ...at("/master/api/v1"),
];

export const operatorGatewayEndpoints: readonly Endpoint<ClusterContext>[] = [
  ...at("/mesos/api/v1"),
  ...at("/mesos/master/api/v1"),
];
