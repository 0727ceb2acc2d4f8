/**
 * An agent's operator API: one path, and a call in the body that says what is wanted.
 *
 * In Mesos's order: the method, the body's type, in which encoding the answer may come, and only then the
 * body.
 */

import { type DoorRequest, doorMethods, type Endpoint, type Respond } from "#ports/door.ts";
import { decodeMessage } from "#wire/mesos/codec/encoding.ts";
import { type AgentCallType, agentCallFault } from "#wire/mesos/operator/call-rules.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { AgentContext } from "../../endpoint.ts";
import { acceptedEncoding, accepts, contentEncoding, mediaTypes, recordIo, wrongMethod } from "../media.ts";
import type { AgentHandler } from "./call-tools.ts";
import { notDone, notFound, notKilled, ofContainer } from "./containers.ts";
import { listFiles, readFile } from "./files.ts";
import * as reads from "./reads.ts";
import { agentV0Endpoints } from "./v0.ts";

const setLoggingLevel: AgentHandler = (_call, { respond }) =>
  respond(emptyAnswer(200, { "Unum-Warning": "What is logged does not depend on a level." }));

const nested = "it runs no containers inside of containers";
const standalone = "it runs no containers that belong to no framework";
const providers = "it has no resource providers";

export const agentHandlers: Readonly<Record<AgentCallType, AgentHandler>> = {
  UNKNOWN: notDone("UNKNOWN", "it is no call"),
  GET_HEALTH: reads.getHealth,
  GET_FLAGS: reads.getFlags,
  GET_VERSION: reads.getVersion,
  GET_METRICS: reads.getMetrics,
  GET_LOGGING_LEVEL: reads.getLoggingLevel,
  SET_LOGGING_LEVEL: setLoggingLevel,
  LIST_FILES: listFiles,
  READ_FILE: readFile,
  GET_STATE: reads.getState,
  GET_CONTAINERS: reads.getContainers,
  GET_FRAMEWORKS: reads.getFrameworks,
  GET_EXECUTORS: reads.getExecutors,
  GET_OPERATIONS: reads.getOperations,
  GET_TASKS: reads.getTasks,
  GET_AGENT: reads.getAgent,
  GET_RESOURCE_PROVIDERS: reads.getResourceProviders,
  LAUNCH_NESTED_CONTAINER: notDone("LAUNCH_NESTED_CONTAINER", nested),
  WAIT_NESTED_CONTAINER: ofContainer("WAIT_NESTED_CONTAINER", (call) => call.wait_nested_container, notFound),
  KILL_NESTED_CONTAINER: ofContainer(
    "KILL_NESTED_CONTAINER",
    (call) => call.kill_nested_container,
    notKilled,
  ),
  REMOVE_NESTED_CONTAINER: notDone("REMOVE_NESTED_CONTAINER", nested),
  LAUNCH_NESTED_CONTAINER_SESSION: notDone("LAUNCH_NESTED_CONTAINER_SESSION", nested),
  ATTACH_CONTAINER_INPUT: notDone("ATTACH_CONTAINER_INPUT", "the input of its containers is closed"),
  ATTACH_CONTAINER_OUTPUT: ofContainer(
    "ATTACH_CONTAINER_OUTPUT",
    (call) => call.attach_container_output,
    notFound,
  ),
  LAUNCH_CONTAINER: notDone("LAUNCH_CONTAINER", standalone),
  WAIT_CONTAINER: ofContainer("WAIT_CONTAINER", (call) => call.wait_container, notFound),
  KILL_CONTAINER: ofContainer("KILL_CONTAINER", (call) => call.kill_container, notKilled),
  REMOVE_CONTAINER: ofContainer("REMOVE_CONTAINER", (call) => call.remove_container, notFound),
  ADD_RESOURCE_PROVIDER_CONFIG: notDone("ADD_RESOURCE_PROVIDER_CONFIG", providers),
  UPDATE_RESOURCE_PROVIDER_CONFIG: notDone("UPDATE_RESOURCE_PROVIDER_CONFIG", providers),
  REMOVE_RESOURCE_PROVIDER_CONFIG: notDone("REMOVE_RESOURCE_PROVIDER_CONFIG", providers),
  MARK_RESOURCE_PROVIDER_GONE: notDone("MARK_RESOURCE_PROVIDER_GONE", providers),
  PRUNE_IMAGES: notDone("PRUNE_IMAGES", "it forgets images that are not used by itself"),
};

function answerCall(request: DoorRequest, context: AgentContext, respond: Respond): void {
  if (request.headers["content-type"] === recordIo)
    return respond(
      textAnswer(
        501,
        "Calls as a stream of records are not implemented by this agent: containers take no input.",
      ),
    );
  const given = contentEncoding(request, ` or ${recordIo}`);
  if (!given.ok) return respond(given.answer);
  if (request.headers["message-content-type"] !== undefined)
    return respond(
      textAnswer(415, "Expecting 'Message-Content-Type' to be not set for non-streaming requests"),
    );
  const encoding = acceptedEncoding(request);
  if (encoding === undefined && !accepts(request, recordIo))
    return respond(
      textAnswer(
        406,
        `Expecting 'Accept' to allow ${mediaTypes.json} or ${mediaTypes.protobuf} or ${recordIo}`,
      ),
    );
  if (encoding !== undefined && request.headers["message-accept"] !== undefined)
    return respond(textAnswer(406, "Expecting 'Message-Accept' to be not set for non-streaming responses"));
  const call = decodeMessage(given.value, "agent.Call", request.body);
  if (!call.ok) return respond(textAnswer(400, call.why));
  const fault = agentCallFault(call.value);
  if (fault !== undefined) return respond(textAnswer(400, `Failed to validate agent::Call: ${fault}`));
  // Only streams come as records, and there are none.
  return agentHandlers[call.value.type ?? "UNKNOWN"](call.value, {
    context,
    encoding: encoding ?? "json",
    respond,
  });
}

const at = (path: string): readonly Endpoint<AgentContext>[] =>
  doorMethods.map((method): Endpoint<AgentContext> => {
    const shared = { method, path, permission: "write" as const };
    if (method === "POST")
      return { ...shared, summary: "Mesos's operator API: a call in the body", handle: answerCall };
    return {
      ...shared,
      summary: "405: the operator API takes POST",
      handle: (_request, _context, respond) => respond(wrongMethod("POST", method)),
    };
  });

export const agentMesosEndpoints: readonly Endpoint<AgentContext>[] = [
  ...at("/api/v1"),
  ...at("/slave(1)/api/v1"),
  ...agentV0Endpoints,
];
