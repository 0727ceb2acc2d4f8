/**
 * Calls doors as a server would, over the real rooms of master and app service, without a socket.
 *
 * The two rooms are driven apart: the app service by `apps` (with a master that plays along), the master by
 * `master` (with agents and frameworks of the test). Every call must be answered, and answered once.
 */

import assert from "node:assert/strict";
import { createChance } from "#base/random.ts";
import { createTimelineRoom } from "#core/timeline/room.ts";
import { createTimelineState } from "#core/timeline/state.ts";
import type { ConsoleContext } from "#doors/console/context.ts";
import { ConsoleDesk } from "#doors/console/desk/desk.ts";
import { consoleEndpoints } from "#doors/console/endpoints.ts";
import type { ClusterContext } from "#doors/endpoint.ts";
import { EventFeed } from "#doors/event-feed.ts";
import { marathonEndpoints } from "#doors/marathon/endpoints.ts";
import { publishAppsEvent } from "#doors/marathon/events.ts";
import { mesosGatewayEndpoints, mesosMasterEndpoints } from "#doors/mesos/endpoints.ts";
import { MasterWatch } from "#doors/mesos/operator/master-watch.ts";
import { unumEndpoints } from "#doors/unum/endpoints.ts";
import type { BodyAnswer, DoorAnswer, DoorRequest, Endpoint } from "#ports/door.ts";
import { AppsDriver, type DriverOptions } from "./apps-driver.ts";
import { TestAgent } from "./master-agent.ts";
import { MasterDriver } from "./master-driver.ts";

export const clusterEndpoints: readonly Endpoint<ConsoleContext>[] = [
  ...consoleEndpoints,
  ...marathonEndpoints,
  ...mesosGatewayEndpoints,
  ...mesosMasterEndpoints,
  ...unumEndpoints,
];

export type JsonAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // Answers are looked at by path, and a wrong path fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: what came out is what is tested
  readonly json: any;
};

export class DoorDriver {
  readonly apps: AppsDriver;
  readonly master = new MasterDriver();
  readonly feed = new EventFeed();
  readonly watch = new MasterWatch();
  readonly context: ConsoleContext;
  readonly desk: ConsoleDesk;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #consoleMs = 0;
  #published = 0;

  constructor(options: DriverOptions = {}) {
    this.apps = new AppsDriver(options);
    const { apps, master } = this;
    const context: ClusterContext = {
      master: {
        read: (view, done) => done(view(master.state, master.nowMs)),
        submit: (input, done) => done(master.input(input)),
      },
      watch: this.watch,
      apps: {
        read: (view, done) => done(view(apps.state, apps.nowMs)),
        submit: (command, done) => {
          const outcome = apps.submit(command);
          this.publishEvents();
          done(outcome);
        },
      },
      events: this.feed,
      nowMs: () => apps.nowMs,
      info: {
        clusterName: "test",
        version: "0.0.0",
        hostname: "127.0.0.1",
        masterPort: 5050,
        gatewayPort: 8080,
        startedAtMs: 1_767_225_600_000,
        defaultUser: "root",
        failoverTimeoutMs: 604_800_000,
        taskLaunchTimeoutMs: 300_000,
        reconcileIntervalMs: 60_000,
      },
    };
    const timeline = createTimelineState();
    this.desk = new ConsoleDesk({
      ...context,
      nowMs: () => apps.nowMs + this.#consoleMs,
      after: (delayMs, run) => this.#after(delayMs, run),
      timeline,
      happened: (happenings) => {
        const room = createTimelineRoom();
        const moment = { nowMs: apps.nowMs, chance: createChance(1) };
        const decision = room.decide(timeline, { type: "happened", happenings }, moment);
        assert.equal(decision.kind, "decision");
        if (decision.kind === "decision") for (const record of decision.records) room.apply(timeline, record);
        this.desk.timelineChanged();
      },
      failed: (error) => {
        throw error;
      },
      storeKind: "embedded",
    });
    master.watch = (state, records) => {
      this.desk.masterRecords(state, records);
      return this.watch.records(state, records);
    };
    apps.watch = (state, records) => this.desk.appsRecords(state, records);
    this.watch.listen((changes) => this.desk.masterChanges(changes));
    this.context = { ...context, desk: this.desk };
  }

  /** Lets the console's timers that are due by then run, in order. */
  consoleWaits(delayMs: number): void {
    const untilMs = this.#consoleMs + delayMs;
    for (;;) {
      const [next] = [...this.#timers].sort((left, right) => left.atMs - right.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#consoleMs = Math.max(this.#consoleMs, next.atMs);
      next.run();
    }
    this.#consoleMs = untilMs;
  }

  #after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#consoleMs + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  addAgent(name: string): TestAgent {
    const agent = new TestAgent(this.master, name);
    agent.connect();
    return agent;
  }

  /** Lets time pass until nothing is being deployed any more. */
  finishDeployments(): void {
    for (let seconds = 0; this.apps.state.deployments.size > 0; seconds += 1) {
      assert.ok(seconds < 600, `still deploying: ${this.apps.waits().join("; ")}`);
      this.apps.advance(1_000);
    }
    this.publishEvents();
  }

  /** What the app service published since the last call goes to the readers of events. */
  publishEvents(): void {
    const identity = { frameworkId: "F1", master: "127.0.0.1:5050" };
    for (const event of this.apps.events.slice(this.#published)) {
      publishAppsEvent(this.feed, event, identity);
      this.desk.appsEvent(event);
    }
    this.#published = this.apps.events.length;
  }

  /** `target` is a path with its query; a body that is no text or bytes is sent as JSON. */
  call(method: string, target: string, body?: unknown, headers: DoorRequest["headers"] = {}): DoorAnswer {
    return callEndpoint(clusterEndpoints, this.context, method, target, body, headers);
  }

  json(method: string, target: string, body?: unknown, headers: DoorRequest["headers"] = {}): JsonAnswer {
    return asJson(this.call(method, target, body, headers));
  }

  get(target: string): JsonAnswer {
    return this.json("GET", target);
  }

  /** At the master's own server: some paths mean something else there than at the gateway. */
  getFromMaster(target: string): DoorAnswer {
    return callEndpoint(mesosMasterEndpoints, this.context, "GET", target);
  }
}

export function asJson(answer: DoorAnswer): JsonAnswer {
  const { status, headers, body } = asBody(answer);
  return { status, headers, json: body === "" ? undefined : JSON.parse(String(body)) };
}

export function asBody(answer: DoorAnswer): BodyAnswer {
  assert.equal(answer.kind, "body");
  return answer as BodyAnswer;
}

export function callEndpoint<Context>(
  endpoints: readonly Endpoint<Context>[],
  context: Context,
  method: string,
  target: string,
  body?: unknown,
  headers: DoorRequest["headers"] = {},
): DoorAnswer {
  const [path = "", queryText = ""] = target.split("?");
  for (const endpoint of endpoints) {
    const params = endpoint.method === method ? matchPath(endpoint.path, path) : undefined;
    if (params === undefined) continue;
    const query = new URLSearchParams(queryText);
    const request = {
      method,
      path,
      params,
      query,
      queryText,
      headers,
      body: asBytes(body),
      remoteAddress: "127.0.0.1",
    };
    const answers: DoorAnswer[] = [];
    endpoint.handle(request, context, (answer) => answers.push(answer));
    const [answer] = answers;
    assert.ok(answer !== undefined && answers.length === 1, `${method} ${target}: ${answers.length} answers`);
    return answer;
  }
  assert.fail(`no endpoint for ${method} ${target}`);
}

function matchPath(pattern: string, path: string): DoorRequest["params"] | undefined {
  const source = pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)").replace(/\/\*$/, "/(?<rest>.*)");
  const groups = new RegExp(`^${source}/?$`).exec(path)?.groups;
  if (groups === undefined) return new RegExp(`^${source}/?$`).test(path) ? {} : undefined;
  const { rest, ...named } = groups;
  const decoded = Object.entries(named).map(([name, value]) => [name, decodeURIComponent(value)] as const);
  return { ...Object.fromEntries(decoded), ...(rest === undefined ? {} : { "*": decodeURIComponent(rest) }) };
}

const asBytes = (body: unknown): Uint8Array => {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(
    typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body),
  );
};
