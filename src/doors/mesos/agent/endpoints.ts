/**
 * An agent's operator API: one path, and a call in the body that says what is wanted.
 *
 * In Mesos's order: the method, the body's type, in which encoding the answer may come, and only then the
 * body.
 */

import { type DoorRequest, doorMethods, type Endpoint, type Respond } from "#ports/door.ts";
import { decodeMessage, type Encoding } from "#wire/mesos/codec/encoding.ts";
import { type AgentCallType, agentCallFault } from "#wire/mesos/operator/call-rules.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { AgentContext } from "../../endpoint.ts";
import { acceptedEncoding, accepts, contentEncoding, mediaTypes, recordIo, wrongMethod } from "../media.ts";
import { attachInput, isStreamed } from "./attach-input.ts";
import type { AgentHandler } from "./call-tools.ts";
import { notDone } from "./containers.ts";
import { listFiles, readFile } from "./files.ts";
import { pruneImages } from "./images.ts";
import { checkOwn, knownOnly } from "./own-containers.ts";
import * as reads from "./reads.ts";
import {
  attachOutput,
  killIt,
  launchContainer,
  launchNested,
  launchSession,
  removeIt,
  waitFor,
} from "./sessions.ts";
import { agentV0Endpoints } from "./v0.ts";

const setLoggingLevel: AgentHandler = (_call, { respond }) =>
  respond(emptyAnswer(200, { "Unum-Warning": "What is logged does not depend on a level." }));

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
  LAUNCH_NESTED_CONTAINER: launchNested("launch_nested_container"),
  WAIT_NESTED_CONTAINER: waitFor("wait_nested_container"),
  KILL_NESTED_CONTAINER: killIt("kill_nested_container"),
  REMOVE_NESTED_CONTAINER: removeIt("remove_nested_container"),
  LAUNCH_NESTED_CONTAINER_SESSION: launchSession,
  // Comes as a stream of records, and elsewhere.
  ATTACH_CONTAINER_INPUT: notDone("ATTACH_CONTAINER_INPUT", "it is taken as a stream of records"),
  ATTACH_CONTAINER_OUTPUT: attachOutput,
  LAUNCH_CONTAINER: launchContainer,
  WAIT_CONTAINER: waitFor("wait_container"),
  KILL_CONTAINER: killIt("kill_container"),
  REMOVE_CONTAINER: removeIt("remove_container"),
  ADD_RESOURCE_PROVIDER_CONFIG: notDone("ADD_RESOURCE_PROVIDER_CONFIG", providers),
  UPDATE_RESOURCE_PROVIDER_CONFIG: notDone("UPDATE_RESOURCE_PROVIDER_CONFIG", providers),
  REMOVE_RESOURCE_PROVIDER_CONFIG: notDone("REMOVE_RESOURCE_PROVIDER_CONFIG", providers),
  MARK_RESOURCE_PROVIDER_GONE: notDone("MARK_RESOURCE_PROVIDER_GONE", providers),
  PRUNE_IMAGES: pruneImages,
};

function answerCall(request: DoorRequest, context: AgentContext, respond: Respond): void {
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
  const messages = encoding ?? messagesAccepted(request);
  if (messages === undefined)
    return respond(
      textAnswer(406, `Expecting 'Message-Accept' to allow ${mediaTypes.json} or ${mediaTypes.protobuf}`),
    );
  const call = decodeMessage(given.value, "agent.Call", request.body);
  if (!call.ok) return respond(textAnswer(400, call.why));
  const fault = agentCallFault(call.value);
  if (fault !== undefined) return respond(textAnswer(400, `Failed to validate agent::Call: ${fault}`));
  const { type = "UNKNOWN" } = call.value;
  if (type === "ATTACH_CONTAINER_INPUT")
    return respond(textAnswer(415, `Expecting 'Content-Type' to be ${recordIo} for ${type} call`));
  if (encoding === undefined && !answeredInRecords.has(type))
    return respond(textAnswer(406, `Streaming response is not supported for ${type} call`));
  const headers =
    encoding === undefined
      ? { "Content-Type": recordIo, "Message-Content-Type": mediaTypes[messages] }
      : { "Content-Type": mediaTypes[encoding] };
  checkOwn(call.value, request, context, (refusal) => {
    if (refusal !== undefined) return respond(refusal);
    agentHandlers[type](call.value, {
      context,
      encoding: messages,
      records: { encoding: messages, headers },
      respond,
    });
  });
}

const answeredInRecords: ReadonlySet<AgentCallType> = new Set([
  "ATTACH_CONTAINER_OUTPUT",
  "LAUNCH_NESTED_CONTAINER_SESSION",
]);

/** Within records; JSON when nothing is said. */
const messagesAccepted = (request: DoorRequest): Encoding | undefined =>
  (["json", "protobuf"] as const).find((encoding) =>
    accepts(request, mediaTypes[encoding], "message-accept"),
  );

const at = (path: string): readonly Endpoint<AgentContext>[] =>
  doorMethods.map((method): Endpoint<AgentContext> => {
    if (method === "POST")
      return {
        ...{ method, path, permission: "write-or-executor" },
        streams: isStreamed,
        summary: "Mesos's operator API: a call in the body",
        handle: (request, context, respond) =>
          knownOnly(request, context, respond, () =>
            isStreamed(request.headers)
              ? attachInput(request, context, respond)
              : answerCall(request, context, respond),
          ),
      };
    return {
      ...{ method, path, permission: "write" },
      summary: "405: the operator API takes POST",
      handle: (_request, _context, respond) => respond(wrongMethod("POST", method)),
    };
  });

export const agentMesosEndpoints: readonly Endpoint<AgentContext>[] = [
  ...at("/api/v1"),
  ...at("/slave(1)/api/v1"),
  ...agentV0Endpoints,
];
