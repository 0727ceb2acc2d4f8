/**
 * Calls on nested containers to a door whose port is played by hand: one container, `c1`, and an executor's, `e1`.
 */

import assert from "node:assert/strict";
import { createAgentState } from "#core/agent/state.ts";
import type { AgentContext } from "#doors/endpoint.ts";
import { agentMesosEndpoints } from "#doors/mesos/agent/endpoints.ts";
import { agentId, containerId, frameworkId, roleName } from "#model/ids.ts";
import type { SessionSpec, TerminalSize } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { BodyAnswer, BodyReader, DoorAnswer, Headers } from "#ports/door.ts";
import type { SessionReader, SessionRefusal, Sessions, SessionWriter } from "#ports/sessions.ts";
import { encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { executorSpec, ourFrameworkInfo } from "./agent-fixtures.ts";
import { agentInfo, taskSpec } from "./master-fixtures.ts";

/** One container, `c1`, and in it whatever is launched; nothing happens but by hand. */
export class Played implements Sessions {
  readonly launched: string[] = [];
  readonly killed: string[] = [];
  readonly typed: string[] = [];
  readonly sizes: TerminalSize[] = [];
  reader: SessionReader | undefined;
  writer: SessionWriter | undefined;
  exit: ((exit: TaskExit) => void) | undefined;
  resumed = 0;
  isFull = false;
  hasTerminal = false;
  asked: SessionSpec | undefined;
  refusal: SessionRefusal | undefined;
  launch(spec: Parameters<Sessions["launch"]>[0], done: Parameters<Sessions["launch"]>[1]): void {
    this.asked = spec;
    this.launched.push(`${spec.container}/${spec.name}`);
    done(this.refusal);
  }
  attachOutput(_key: unknown, reader: SessionReader) {
    this.reader = reader;
    return {
      resume: () => {
        this.resumed += 1;
      },
      detach: () => {
        this.reader = undefined;
      },
    };
  }
  running() {
    return this.launched.map((each) => {
      const [container = "", name = ""] = each.split("/");
      return { container: containerId(container), name };
    });
  }
  followTask(_container: unknown, reader: SessionReader) {
    return this.attachOutput(undefined, reader);
  }
  typeInto(_container: unknown, writer: SessionWriter): ReturnType<Sessions["typeInto"]> {
    return this.hasTerminal ? this.attachInput(undefined, writer) : "closed";
  }
  attachInput(_key: unknown, writer: SessionWriter): Exclude<ReturnType<Sessions["attachInput"]>, "unknown"> {
    if (this.writer !== undefined) return "taken";
    this.writer = writer;
    return {
      write: (bytes) => {
        this.typed.push(new TextDecoder().decode(bytes));
        return !this.isFull;
      },
      resize: (size) => void this.sizes.push(size),
      end: () => void this.typed.push("END"),
      detach: () => {
        this.writer = undefined;
      },
    };
  }
  wait(_key: unknown, done: (exit: TaskExit) => void) {
    this.exit = done;
    return () => {
      this.exit = undefined;
    };
  }
  kill({ name }: { readonly name: string }, signal: number): boolean {
    this.killed.push(`${name} ${signal}`);
    return true;
  }
  remove(): "running" {
    return "running";
  }
}

export const ownExecutor = executorSpec("e1");

export function contextWith(sessions: Sessions | undefined): AgentContext {
  const info = agentInfo("agent-1");
  const state = createAgentState({ info, masterTimeoutMs: 1_000, allowRoot: false });
  state.tasks.set("F1/t1", {
    spec: taskSpec("t1", agentId("S1")),
    frameworkId: frameworkId("F1"),
    role: roleName("web"),
    containerId: containerId("c1"),
    phase: "running",
    pid: 42,
    launchedAtMs: 1_000,
    startedAtMs: 1_000,
    killing: undefined,
    healthy: undefined,
    exit: undefined,
    state: "running",
    latest: undefined,
  });
  state.executors.set("F1/e1", {
    ...{ spec: ownExecutor, frameworkId: frameworkId("F1"), framework: { ...ourFrameworkInfo } },
    ...{ role: roleName("web"), containerId: containerId("e1"), phase: "running" as const, pid: 43 },
    ...{ launchedAtMs: 1_000, token: "own", hasSubscribed: true, hasWorked: true, ending: undefined },
  });
  const nowhere = (done: (refusal: { ok: false; code: "not-found"; message: string }) => void): void =>
    done({ ok: false, code: "not-found", message: "nothing" });
  return {
    agent: { read: (view, done) => done(view(state, 5_000)) },
    files: {
      browse: (_path, done) => nowhere(done),
      read: (_path, _offset, _length, done) => nowhere(done),
      open: (_path, done) => nowhere(done),
      attached: () => ({}),
    },
    info,
    startedAtMs: 1_000,
    sessions,
    sandboxPath: () => "/",
  };
}

export type Sent = { readonly answers: DoorAnswer[]; readonly body: BodyReader | undefined; paused: boolean };

export function send(
  context: AgentContext,
  headers: Headers,
  body: Uint8Array,
  executorToken?: string,
): Sent {
  const endpoint = agentMesosEndpoints.find(({ method, path }) => method === "POST" && path === "/api/v1");
  assert.ok(endpoint !== undefined);
  const sent: { answers: DoorAnswer[]; body: BodyReader | undefined; paused: boolean } = {
    ...{ answers: [], body: undefined, paused: false },
  };
  const stream = {
    read: (reader: BodyReader) => {
      sent.body = reader;
    },
    pause: () => {
      sent.paused = true;
    },
    resume: () => {
      sent.paused = false;
    },
  };
  const isStream = endpoint.streams?.(headers) === true;
  const request = {
    ...{ method: "POST", path: "/api/v1", params: {}, query: new URLSearchParams(), queryText: "" },
    ...{ headers, body, remoteAddress: "", executorToken, ...(isStream ? { stream } : {}) },
  };
  const respond = (answer: DoorAnswer): void => {
    sent.answers.push(answer);
    if (answer.kind === "later") answer.wait(respond);
  };
  endpoint.handle(request, context, respond);
  return sent;
}

export const json = { "content-type": "application/json" };
export const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
export const nested = { value: "s1", parent: { value: "c1" } };
export const statusOf = ({ answers }: Sent): readonly [number, string] => {
  const answer = answers.at(-1) as BodyAnswer;
  const { body } = answer;
  return [answer.status, typeof body === "string" ? body : new TextDecoder().decode(body)];
};

export const recordHeaders = {
  "content-type": "application/recordio",
  "message-content-type": "application/x-protobuf",
};
export const record = (input: Parameters<typeof encodeMessage<"agent.Call">>[2]["attach_container_input"]) =>
  encodeRecord(
    encodeMessage("protobuf", "agent.Call", {
      type: "ATTACH_CONTAINER_INPUT",
      ...(input === undefined ? {} : { attach_container_input: input }),
    }),
  );
export const first = record({ type: "CONTAINER_ID", container_id: nested });
export const data = (text: string) =>
  record({
    type: "PROCESS_IO",
    process_io: { type: "DATA", data: { type: "STDIN", data: new TextEncoder().encode(text) } },
  });
