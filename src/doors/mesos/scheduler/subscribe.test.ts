import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionId } from "#model/ids.ts";
import { asBody, callEndpoint } from "../../../../test/support/door-driver.ts";
import { MasterDriver } from "../../../../test/support/master-driver.ts";
import type { SchedulerContext } from "./context.ts";
import { schedulerMasterEndpoints } from "./endpoints.ts";
import { SchedulerSessions } from "./sessions.ts";

class Desk {
  readonly master = new MasterDriver();
  readonly sessions = new SchedulerSessions(
    { hostname: "m", address: "127.0.0.1", port: 5050, domain: undefined },
    (error) => {
      throw error;
    },
  );
  readonly #context: SchedulerContext = {
    master: {
      read: (view, done) => done(view(this.master.state, this.master.nowMs)),
      submit: (input, done) => {
        const rejection = this.master.input(input);
        if (input.type === "call")
          for (const event of this.master.takeEvents(input.session)) this.sessions.hear(input.session, event);
        done?.(rejection);
      },
    },
    sessions: this.sessions,
    newSession: () => this.master.newSession(),
  };

  call(body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const type = { "content-type": "application/json" };
    const all = { ...type, ...headers };
    return callEndpoint(schedulerMasterEndpoints, this.#context, "POST", "/api/v1/scheduler", body, all);
  }

  subscribe(info: { readonly id?: unknown; readonly user: string; readonly name: string }): SessionId {
    const call = { type: "SUBSCRIBE", framework_id: info.id, subscribe: { framework_info: info } };
    const answer = this.call(call);
    assert.ok(answer.kind === "stream");
    answer.open({ write: () => {}, end: () => {} });
    return answer.headers["Mesos-Stream-Id"] as SessionId;
  }
}

test("row 11: a framework that comes back as another user is still who it was, also to its own updates", () => {
  const desk = new Desk();
  const info = { user: "alice", name: "f", failover_timeout: 60 };
  desk.subscribe(info);
  const [framework] = desk.master.state.tables.framework.values();
  const id = { value: framework?.frameworkId ?? "" };
  const stream = desk.subscribe({ ...info, user: "eve", id });
  assert.equal(desk.sessions.find(stream)?.info.user, "alice");
  const update = (user: string) => {
    const call = { type: "UPDATE_FRAMEWORK", framework_id: id };
    const framework_info = { ...info, user, id };
    return asBody(
      desk.call({ ...call, update_framework: { framework_info } }, { "mesos-stream-id": stream }),
    );
  };
  assert.equal(update("alice").status, 200);
  const refused = update("eve");
  assert.equal(refused.status, 400);
  assert.match(String(refused.body), /attempted to update from 'alice' to 'eve'/);
});
