/**
 * The master's doors over the real rooms, without sockets or time: thousands of calls a second, and every seed
 * repeats itself exactly.
 *
 * A framework and agents play along, so that calls find offers, tasks and operations; after every few calls all
 * that can be looked at is looked at, in both encodings, and now and then the master starts again from its rows.
 */

import { marathonEndpoints } from "#doors/marathon/endpoints.ts";
import { mesosMasterEndpoints } from "#doors/mesos/endpoints.ts";
import type { SchedulerContext } from "#doors/mesos/scheduler/context.ts";
import { schedulerMasterEndpoints } from "#doors/mesos/scheduler/endpoints.ts";
import { SchedulerSessions } from "#doors/mesos/scheduler/sessions.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import type { DoorAnswer, DoorMethod, DoorRequest, Endpoint, StreamSink } from "#ports/door.ts";
import { encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { DoorDriver } from "../support/door-driver.ts";
import type { TestAgent } from "../support/master-agent.ts";
import { drawBody } from "./bodies.ts";
import { type Draw, drawOf } from "./draw.ts";
import { type IdPool, noIds } from "./known-ids.ts";
import { drawTarget } from "./targets.ts";

const agentsMax = 3;
const capabilities = [
  { type: "MULTI_ROLE" },
  { type: "RESERVATION_REFINEMENT" },
  { type: "PARTITION_AWARE" },
] as const;
const lookEvery = 25;
const restartEvery = 500;
const reads = [
  "GET_STATE",
  "GET_AGENTS",
  "GET_FRAMEWORKS",
  "GET_TASKS",
  "GET_ROLES",
  "GET_WEIGHTS",
  "GET_QUOTA",
  "GET_OPERATIONS",
  "GET_MAINTENANCE_STATUS",
  "GET_MAINTENANCE_SCHEDULE",
  "GET_METRICS",
] as const;

type Called = {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array;
};

export class InProcessFuzz {
  readonly #seed: number;
  readonly door = new DoorDriver();
  #agents: readonly TestAgent[] = [];
  #named = 0;
  readonly #sessions = new SchedulerSessions(
    { hostname: "m", address: "127.0.0.1", port: 5050, domain: undefined },
    (error) => {
      throw error;
    },
  );
  readonly #open = new Map<SessionId, () => void>();
  #count = 0;
  readonly statuses = new Map<number, number>();
  /** What was called last, for the report. */
  last: Called | undefined;

  constructor(seed: number) {
    this.#seed = seed;
    this.#addAgents();
  }

  /** In place of those that were marked gone. */
  #addAgents(): void {
    const { tables } = this.door.master.state;
    this.#agents = this.#agents.filter(({ id }) => !tables["gone-agent"].has(id));
    while (this.#agents.length < agentsMax) {
      this.#named += 1;
      this.#agents = [...this.#agents, this.door.addAgent(`fleet-${this.#named}`)];
    }
  }

  /** Throws what a door or the room throws, and says by which call. */
  run(calls: number): void {
    let number = 0;
    try {
      for (; number < calls; number += 1) this.#step(number);
      this.look();
    } catch (error) {
      const { method, path, type, body } = this.last ?? {};
      const said = Buffer.from(body ?? [])
        .toString("latin1")
        .slice(0, 1_000);
      const stack = error instanceof Error ? error.stack : String(error);
      throw new Error(`seed ${this.#seed}, call ${number}, ${method} ${path} ${type}\n${said}\n${stack}`);
    }
  }

  #step(number: number): void {
    const draw = drawOf(this.#seed, number);
    if (this.door.master.state.tables["framework-link"].size === 0) this.#subscribe();
    this.#call(draw);
    this.#playAlong(draw);
    if (number % lookEvery === 0) this.look();
    if (number % restartEvery === restartEvery - 1) this.#restart();
  }

  get #scheduler(): SchedulerContext {
    const { master } = this.door.context;
    return {
      master: { read: master.read, submit: (input, done) => master.submit(input, done ?? (() => {})) },
      sessions: this.#sessions,
      newSession: () => {
        this.#count += 1;
        return sessionId(`stream-${this.#count}`);
      },
    };
  }

  #subscribe(): void {
    const framework_info = { user: "root", name: "fuzz", roles: ["fuzz"], capabilities };
    const body = encodeMessage("json", "scheduler.Call", {
      type: "SUBSCRIBE",
      subscribe: { framework_info },
    });
    const headers = { "content-type": "application/json", accept: "application/json" };
    const path = "/api/v1/scheduler";
    const endpoint = schedulerMasterEndpoints.find((each) => each.path === path && each.method === "POST");
    if (endpoint !== undefined)
      this.#handle(endpoint, this.#scheduler, request("POST", path, headers, body, ""));
  }

  #call(draw: Draw): void {
    const ids = this.#ids(draw);
    if (draw.percent(30)) return this.#callApps(draw, ids);
    if (draw.percent(60))
      return this.#send(schedulerMasterEndpoints, this.#scheduler, "/api/v1/scheduler", draw, ids);
    const paths = mesosMasterEndpoints.filter(({ method }) => method !== "GET" && method !== "PATCH");
    const path = draw.percent(60) ? "/api/v1" : draw.pick(paths).path;
    return this.#send(mesosMasterEndpoints, this.door.context, path, draw, ids);
  }

  /** The app service has a master of its own here, which plays along. */
  #callApps(draw: Draw, ids: IdPool): void {
    const { apps } = this.door;
    const { method, path } = draw.pick(marathonEndpoints);
    const known: IdPool = {
      ...ids,
      app: [...apps.state.apps.keys()].slice(-20),
      deployment: [...apps.state.deployments.keys()],
      task: [...apps.state.instances.values()].slice(-20).map(({ taskId }) => taskId),
    };
    const target = drawTarget(method, path, true, draw, known);
    const body = drawBody({ method, path, isAgent: false, isCareful: true }, draw, known);
    this.last = { method, path: target, type: body.type, body: body.bytes };
    const endpoint = marathonEndpoints.find((each) => each.method === method && each.path === path);
    const [before = "", queryText = ""] = target.split("?");
    const rest = decodeURIComponent(before.slice(path.replace(/[:*].*$/, "").length));
    const params = { id: rest, "*": rest };
    const query = new URLSearchParams(queryText);
    const asked = { ...request(method, before, {}, body.bytes, ""), params, query, queryText };
    if (endpoint !== undefined) this.#handle(endpoint, this.door.context, asked);
    apps.advance(draw.pick([0, 1_000, 10_000]));
  }

  #send<Context>(
    endpoints: readonly Endpoint<Context>[],
    context: Context,
    path: string,
    draw: Draw,
    ids: IdPool,
  ): void {
    const found = endpoints.filter((endpoint) => endpoint.path === path && endpoint.method !== "GET");
    const endpoint = found.find(({ method }) => method === "POST") ?? draw.pick(found);
    const { method } = endpoint;
    const body = drawBody({ method, path, isAgent: false, isCareful: true }, draw, ids);
    const [stream] = ids.stream;
    const headers = {
      "content-type": body.type,
      accept: draw.pick(["application/json", "application/x-protobuf"]),
      ...(stream === undefined || draw.percent(20) ? {} : { "mesos-stream-id": stream }),
    };
    this.last = { method, path, type: body.type, body: body.bytes };
    this.#handle(endpoint, context, request(method, path, headers, body.bytes, draw.pick(ids.role)));
  }

  #handle<Context>(endpoint: Endpoint<Context>, context: Context, asked: DoorRequest): void {
    let answer: DoorAnswer | undefined;
    endpoint.handle(asked, context, (given) => {
      if (answer !== undefined) throw new Error("it answers twice");
      answer = given;
    });
    if (answer === undefined) throw new Error("it does not answer");
    const status = answer.kind === "body" ? answer.status : 200;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status >= 500 && status !== 501) throw new Error(`status ${status}: ${JSON.stringify(answer)}`);
    if (answer.kind === "stream") this.#listen(answer);
    this.#deliver();
  }

  /** Few listen for long. */
  #listen(answer: Extract<DoorAnswer, { kind: "stream" }>): void {
    const session = sessionId(answer.headers["Mesos-Stream-Id"] ?? `watch-${this.#open.size}`);
    let leave: (() => void) | undefined;
    let isOver = false;
    const sink: StreamSink = {
      write: () => {},
      end: () => {
        isOver = true;
        this.#open.delete(session);
        leave?.();
      },
    };
    leave = answer.open(sink);
    if (isOver) return leave();
    this.#open.set(session, leave);
    const [oldest] = this.#open;
    if (this.#open.size > 4 && oldest !== undefined) {
      this.#open.delete(oldest[0]);
      oldest[1]();
    }
  }

  /** What the master said to frameworks reaches their streams. */
  #deliver(): void {
    const { master } = this.door;
    for (const session of [...this.#open.keys()])
      for (const event of master.takeEvents(session)) this.#sessions.hear(session, event);
    for (const session of master.closed.splice(0)) this.#sessions.closed(session);
  }

  /** Agents take in what they are told; their tasks run, and sometimes end. */
  #playAlong(draw: Draw): void {
    for (const agent of this.#agents)
      for (const message of agent.take()) {
        if (message.type !== "run" || draw.percent(20)) continue;
        for (const { taskId } of message.tasks)
          agent.update(message.frameworkId, taskId, draw.pick(["running", "running", "failed"]));
      }
    this.door.master.advance(draw.pick([0, 0, 0, 1_000, 5_000]));
    this.#addAgents();
    // Nobody answers pings here: who was given up comes back, with what it holds.
    for (const agent of this.#agents) {
      const known = this.door.master.state.tables.agent.get(agent.id);
      if (known?.state !== "active" && draw.percent(30)) agent.connect();
    }
    this.#deliver();
  }

  #ids(draw: Draw): IdPool {
    const { tables } = this.door.master.state;
    const link = [...tables["framework-link"].values()].at(-1);
    const frameworks = [...tables.framework.keys()];
    const own = [...tables["framework-link"].keys()].at(-1);
    const agents = [...tables.agent.keys()];
    // Offers of one agent, so that they can be accepted together, and tasks be launched there.
    const chosen = draw.pick(this.#agents).id;
    const offers = [...tables.offer.values()].filter(({ agentId }) => agentId === chosen);
    return {
      ...noIds,
      agent: [chosen, chosen, chosen, ...agents],
      framework: [...(own === undefined ? [] : [own]), ...frameworks.slice(-5)],
      offer: offers.slice(-3).map(({ offerId }) => offerId),
      task: [...tables.task.values()].slice(-20).map(({ spec }) => spec.taskId),
      stream: link === undefined ? [] : [link.session],
      host: this.#agents.map(({ info }) => info.hostname),
    };
  }

  /** Whatever the master holds can be shown. */
  look(): void {
    for (const { method, path, handle } of mesosMasterEndpoints) {
      if (method !== "GET" || path.includes("*")) continue;
      handle(request("GET", path, {}, new Uint8Array(), ""), this.door.context, () => {});
    }
    const call = mesosMasterEndpoints.find(({ method, path }) => method === "POST" && path === "/api/v1");
    for (const type of reads)
      for (const accept of ["application/json", "application/x-protobuf"]) {
        const headers = { "content-type": "application/json", accept };
        const body = encodeMessage("json", "master.Call", { type, get_metrics: {} });
        this.last = { method: "POST", path: "/api/v1", type, body };
        if (call !== undefined)
          this.#handle(call, this.door.context, request("POST", "/api/v1", headers, body, ""));
      }
  }

  #restart(): void {
    const { master } = this.door;
    for (const leave of this.#open.values()) leave();
    this.#open.clear();
    master.restart();
    for (const agent of this.#agents) agent.connect();
    this.#deliver();
  }
}

const request = (
  method: DoorMethod,
  path: string,
  headers: DoorRequest["headers"],
  body: Uint8Array,
  role: string,
): DoorRequest => ({
  method,
  path,
  params: { role },
  query: new URLSearchParams(),
  queryText: "",
  headers,
  body,
  remoteAddress: "127.0.0.1",
});
