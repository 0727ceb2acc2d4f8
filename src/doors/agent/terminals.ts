/**
 * Terminals for pages: a command in a task's container, its output as one streamed answer of lines, its input in
 * requests of their own, for a browser cannot send a stream.
 *
 * A terminal lives no longer than the answer with its output. What is typed is done in the order of its numbers, and a
 * request is answered when the command has room for more: so a page never sends faster than is read.
 */

import { limits } from "#base/limits.ts";
import { taskKey } from "#core/agent/keys.ts";
import { frameworkId, taskId } from "#model/ids.ts";
import type { SessionSpec } from "#model/session.ts";
import type { BodyAnswer, DoorRequest, FlowSink, Respond } from "#ports/door.ts";
import type { SessionKey, SessionRefusal, Sessions } from "#ports/sessions.ts";
import { encodeUtf8 } from "#wire/json/text.ts";
import { base64Text } from "#wire/mesos/codec/json/base64.ts";
import type { TerminalEvent, TerminalRequest } from "#wire/unum/console/session.ts";
import {
  parseTerminalInput,
  parseTerminalRequest,
  type TerminalStep,
} from "#wire/unum/console/terminal-parse.ts";
import { emptyAnswer, messageAnswer, notFound, problemAnswer } from "../answers.ts";
import type { AgentContext } from "../endpoint.ts";
import type { Terminal, Terminals } from "./open-terminals.ts";

const statusOf: Readonly<Record<SessionRefusal["code"], number>> = {
  "no-container": 404,
  exists: 409,
  "too-many": 503,
  unsupported: 501,
  refused: 400,
  forbidden: 403,
  failed: 500,
};

const noTerminals = messageAnswer(
  501,
  "This agent runs tasks as plain processes, which have no inside: no terminal can be opened in them.",
);

const anyShell = ["/bin/sh", "-c", "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"];

export function openTerminal(request: DoorRequest, context: AgentContext, respond: Respond): void {
  const { sessions, terminals } = context;
  if (sessions === undefined || terminals === undefined) return respond(noTerminals);
  const asked = parseTerminalRequest(request.body);
  if (!asked.ok) return respond(problemAnswer(asked.problem));
  const { frameworkId: framework, taskId: task } = asked.value;
  context.agent.read(
    (state) => state.tasks.get(taskKey(frameworkId(framework), taskId(task))),
    (held) => {
      if (held === undefined) return respond(notFound(`Task '${task}' is not on this node.`));
      if (held.phase !== "running" || held.runner === "custom")
        return respond(messageAnswer(409, `Task '${task}' has no container of its own that runs now.`));
      const spec = specOf(asked.value, held.containerId, terminals.newName());
      sessions.launch(spec, (refusal) =>
        refusal === undefined
          ? stream(spec, sessions, terminals, respond)
          : respond(messageAnswer(statusOf[refusal.code], refusal.message)),
      );
    },
  );
}

const specOf = (
  { argv = anyShell, columns, rows }: TerminalRequest,
  container: SessionSpec["container"],
  name: string,
): SessionSpec => ({
  name,
  container,
  command: { kind: "argv", argv },
  env: { TERM: "xterm-256color" },
  terminal: { columns, rows },
  isDetached: false,
});

const line = (event: TerminalEvent): Uint8Array => encodeUtf8(`${JSON.stringify(event)}\n`);

function stream(key: SessionKey, sessions: Sessions, terminals: Terminals, respond: Respond): void {
  const { name } = key;
  // Attached before the answer is sent, so that nothing is missed: until then nothing more is taken.
  let sink: FlowSink | undefined;
  const early: Uint8Array[] = [line({ type: "opened", terminal: name })];
  let isOver = false;
  const finish = (): void => {
    isOver = true;
    if (sink !== undefined) tellEnd(key, sessions, sink);
  };
  const output = sessions.attachOutput(key, {
    output: (_stream, bytes) => {
      const text = line({ type: "output", data: base64Text(bytes) });
      if (sink !== undefined) return sink.write(text);
      early.push(text);
      return false;
    },
    ended: finish,
  });
  if (output === undefined)
    return respond(messageAnswer(500, "The terminal ended before it could be shown."));
  const input = sessions.attachInput(key, {
    ready: () => terminals.open.get(name)?.waiting?.(),
    ended: () => terminals.open.get(name)?.waiting?.(),
  });
  if (typeof input !== "string") terminals.open.set(name, { input, last: 0, waiting: undefined });
  const leave = (): void => {
    terminals.open.get(name)?.waiting?.();
    terminals.open.delete(name);
    if (typeof input !== "string") input.detach();
    output.detach();
    sessions.kill(key, 9);
  };
  respond({
    kind: "flow",
    headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" },
    heartbeat: { everyMs: limits.sessionHeartbeatMs, chunk: line({ type: "heartbeat" }) },
    refused: leave,
    open: (opened) => {
      sink = opened;
      const isFull = early.map((text) => opened.write(text)).includes(false);
      if (isOver) finish();
      else if (!isFull) output.resume();
      return { resume: () => output.resume(), closed: leave };
    },
  });
}

function tellEnd(key: SessionKey, sessions: Sessions, sink: FlowSink): void {
  const tell = (code: number | null, signal: number | null): void => {
    sink.write(line({ type: "exited", code, signal }));
    sink.end();
    sessions.remove(key);
  };
  const waits = sessions.wait(key, (exit) =>
    exit.kind === "code" ? tell(exit.code, null) : tell(null, exit.signal),
  );
  if (waits === undefined) tell(null, null);
}

export function typeIntoTerminal(request: DoorRequest, { terminals }: AgentContext, respond: Respond): void {
  const name = request.params.terminal ?? "";
  const step = parseTerminalInput(request.body);
  if (!step.ok) return respond(problemAnswer(step.problem));
  const terminal = terminals?.open.get(name);
  if (terminal === undefined) return respond(notFound(`There is no terminal '${name}' open.`));
  const { number } = step.value;
  if (number <= terminal.last) return respond(done);
  if (number > terminal.last + 1 || terminal.waiting !== undefined)
    return respond(messageAnswer(409, `Piece ${number} came before ${terminal.last + 1} was answered.`));
  respond({ kind: "later", wait: (answer) => type(terminal, step.value, answer) });
}

const done = emptyAnswer(204);

/** What it returns is called when the client has gone: what it sent is done all the same. */
function type(terminal: Terminal, step: TerminalStep, answer: (answer: BodyAnswer) => void): () => void {
  const { input } = terminal;
  terminal.last = step.number;
  if (step.size !== undefined) input.resize(step.size);
  const hasRoom = step.bytes === undefined || step.bytes.length === 0 || input.write(step.bytes);
  if (step.end) input.end();
  if (hasRoom) answer(done);
  else
    terminal.waiting = () => {
      terminal.waiting = undefined;
      answer(done);
    };
  return () => {};
}
