/**
 * The calls of an agent's operator API on nested containers: commands that run inside of a task's container.
 *
 * What is typed into one comes in by a call of its own (`attach-input.ts`).
 */

import { limits } from "#base/limits.ts";
import type { SessionKey, SessionOutput, SessionReader, SessionRefusal, Sessions } from "#ports/sessions.ts";
import {
  type ContainerIdMessage,
  containerPath,
  exitStatus,
  heartbeatMessage,
  launchFromMessage,
  outputMessage,
  pathText,
} from "#wire/mesos/agent/sessions.ts";
import { encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { AgentCall } from "#wire/mesos/operator/call-rules.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import { messageAnswer } from "../media.ts";
import { type AgentHandler, type AgentTools, readAgent } from "./call-tools.ts";
import { notDone } from "./containers.ts";
import { type Found, findSession } from "./find-session.ts";

type Target = {
  readonly found: Found;
  readonly text: string;
  readonly sessions: Sessions;
};

const noSessions = textAnswer(
  501,
  "This agent runs tasks as plain processes, which have no inside: no command can be run in their containers.",
);

function withTarget(
  tools: AgentTools,
  id: ContainerIdMessage | undefined,
  next: (target: Target) => void,
): void {
  const { sessions } = tools.context;
  if (id === undefined) return tools.respond(textAnswer(400, "Expecting 'container_id' to be present"));
  const text = pathText(containerPath(id));
  readAgent(tools.context, (snapshot) => {
    const found = findSession(snapshot, id);
    if (found.kind === "unknown") return next({ found, text, sessions: sessions ?? none });
    if (sessions === undefined) return tools.respond(noSessions);
    next({ found, text, sessions });
  });
}

/** Where nothing is known, nobody is asked. */
const none: Sessions = {
  launch: (_spec, done) => done({ code: "no-container", message: "" }),
  attachOutput: () => undefined,
  attachInput: () => "unknown",
  followTask: () => undefined,
  typeInto: () => "unknown",
  running: () => [],
  wait: () => undefined,
  kill: () => false,
  remove: () => "unknown",
};

const cannotBeFound = (text: string) => textAnswer(404, `Container ${text} cannot be found`);
const ownContainer = (what: string) =>
  textAnswer(
    501,
    `${what} is done to nested containers only: a task is ended, and told of, by its framework.`,
  );

const statusOf: Readonly<Record<SessionRefusal["code"], number>> = {
  "no-container": 404,
  exists: 202,
  "too-many": 503,
  unsupported: 501,
  refused: 400,
  forbidden: 403,
  failed: 500,
};

type Launching = "launch_nested_container" | "launch_container" | "launch_nested_container_session";

/** `next` is called when it runs. */
function launch(
  call: AgentCall,
  tools: AgentTools,
  payload: Launching,
  next: (key: SessionKey, sessions: Sessions) => void,
): void {
  const message = call[payload];
  if (message === undefined) return tools.respond(textAnswer(400, "Expecting a launch to be present"));
  const isDetached = payload !== "launch_nested_container_session";
  const wanted = launchFromMessage(message, isDetached);
  if (!wanted.ok) return tools.respond(textAnswer(400, wanted.fault));
  withTarget(tools, message.container_id, ({ found, text, sessions }) => {
    if (found.kind === "unknown") return tools.respond(cannotBeFound(text));
    if (found.kind === "container") return tools.respond(emptyAnswer(202));
    sessions.launch({ ...wanted.value, ...found.key, isDetached }, (refusal) => {
      if (refusal === undefined) return next(found.key, sessions);
      tools.respond(textAnswer(statusOf[refusal.code], refusal.message));
    });
  });
}

export const launchNested =
  (payload: "launch_nested_container" | "launch_container"): AgentHandler =>
  (call, tools) =>
    launch(call, tools, payload, () => tools.respond(emptyAnswer(200)));

/** One that is nested in none is a container of no framework. */
export const launchContainer: AgentHandler = (call, tools) =>
  call.launch_container?.container_id.parent === undefined
    ? notDone("LAUNCH_CONTAINER", "it runs no containers that belong to no framework")(call, tools)
    : launchNested("launch_container")(call, tools);

/** It lives no longer than the connection on which its output goes. */
export const launchSession: AgentHandler = (call, tools) =>
  launch(call, tools, "launch_nested_container_session", (key, sessions) =>
    sendOutput(
      tools,
      (reader) => sessions.attachOutput(key, reader),
      key.name,
      () => void sessions.kill(key, 9),
    ),
  );

export const attachOutput: AgentHandler = (call, tools) =>
  withTarget(tools, call.attach_container_output?.container_id, ({ found, text, sessions }) => {
    if (found.kind === "unknown") return tools.respond(cannotBeFound(text));
    const attach = (reader: SessionReader): SessionOutput | undefined =>
      found.kind === "container"
        ? sessions.followTask(found.container, reader)
        : sessions.attachOutput(found.key, reader);
    sendOutput(tools, attach, text, () => {});
  });

function sendOutput(
  { records, respond }: AgentTools,
  attach: (reader: SessionReader) => SessionOutput | undefined,
  text: string,
  gone: () => void,
): void {
  const { encoding, headers } = records;
  const encode = (message: ReturnType<typeof outputMessage>): Uint8Array =>
    encodeRecord(encodeMessage(encoding, "agent.ProcessIO", message));
  // Attached before the answer is sent, so that nothing is missed: until then nothing is taken.
  let write: ((bytes: Uint8Array) => boolean) | undefined;
  let finish: (() => void) | undefined;
  const early: Uint8Array[] = [];
  let isOver = false;
  const output: SessionOutput | undefined = attach({
    output: (stream, bytes) => {
      const record = encode(outputMessage(stream, bytes));
      if (write !== undefined) return write(record);
      early.push(record);
      return false;
    },
    ended: () => {
      isOver = true;
      finish?.();
    },
  });
  if (output === undefined) return respond(cannotBeFound(text));
  respond({
    kind: "flow",
    headers,
    heartbeat: {
      everyMs: limits.sessionHeartbeatMs,
      chunk: encode(heartbeatMessage(limits.sessionHeartbeatMs)),
    },
    refused: () => {
      output.detach();
      gone();
    },
    open: (sink) => {
      const isFull = early.map((record) => sink.write(record)).includes(false);
      write = (bytes) => sink.write(bytes);
      finish = () => sink.end();
      if (isOver) sink.end();
      else if (!isFull) output.resume();
      return {
        resume: () => output.resume(),
        closed: () => {
          output.detach();
          gone();
        },
      };
    },
  });
}

type Waiting = "wait_nested_container" | "wait_container";

export const waitFor =
  (payload: Waiting): AgentHandler =>
  (call, tools) =>
    withTarget(tools, call[payload]?.container_id, ({ found, text, sessions }) => {
      if (found.kind === "unknown") return tools.respond(cannotBeFound(text));
      if (found.kind === "container") return tools.respond(ownContainer("Waiting"));
      const { key } = found;
      const type = payload === "wait_container" ? "WAIT_CONTAINER" : "WAIT_NESTED_CONTAINER";
      let isKnown = true;
      tools.respond({
        kind: "later",
        wait: (answer) => {
          const cancel = sessions.wait(key, (exit) => {
            const message = { type, [payload]: { exit_status: exitStatus(exit) } } as const;
            answer(messageAnswer(tools.encoding, "agent.Response", message));
          });
          isKnown = cancel !== undefined;
          if (!isKnown) answer(cannotBeFound(text));
          return () => cancel?.();
        },
      });
    });

export const killIt =
  (payload: "kill_nested_container" | "kill_container"): AgentHandler =>
  (call, tools) =>
    withTarget(tools, call[payload]?.container_id, ({ found, text, sessions }) => {
      if (found.kind === "container") return tools.respond(ownContainer("Killing"));
      const signal = call[payload]?.signal ?? 9;
      if (signal < 1 || signal > 64)
        return tools.respond(textAnswer(400, `There is no signal ${signal}: 1 to 64 are signals`));
      const isKilled = found.kind === "session" && sessions.kill(found.key, signal);
      tools.respond(
        isKilled
          ? emptyAnswer(200)
          : textAnswer(404, `Container '${text}' cannot be found (or is already killed)`),
      );
    });

export const removeIt =
  (payload: "remove_nested_container" | "remove_container"): AgentHandler =>
  (call, tools) =>
    withTarget(tools, call[payload]?.container_id, ({ found, text, sessions }) => {
      if (found.kind === "container") return tools.respond(ownContainer("Removing"));
      const outcome = found.kind === "session" ? sessions.remove(found.key) : "unknown";
      if (outcome === "running")
        return tools.respond(textAnswer(500, `Failed to remove nested container: ${text} has not ended`));
      tools.respond(outcome === "removed" ? emptyAnswer(200) : cannotBeFound(text));
    });
