/**
 * The processes of one cluster on this machine: started together, kept running, stopped in order.
 *
 * Stopping: the masters first, so that nobody replaces the tasks that end; then all agents, each with its
 * tasks. Every step has its time; what does not keep it is told and taken harder.
 */

import { join } from "node:path";
import { limits } from "#base/limits.ts";
import type { AgentStanding, ControlReport, ControlRequest } from "../control.ts";
import { Child } from "./child.ts";
import type { EtcdMember } from "./etcd-members.ts";
import { LogFile } from "./log-file.ts";

export type Member = {
  readonly name: string;
  readonly argv: readonly string[];
  /** The words of what puts it where it is to run, before its own. */
  readonly within?: readonly string[];
};

export type ClusterPlan = {
  readonly logDirectory: string;
  /** One of them leads. */
  readonly masters: readonly Member[];
  /** Where several masters keep their state; none for one. */
  readonly stores: readonly (EtcdMember & Member)[];
  readonly agents: readonly Member[];
};

export type ClusterEvents = {
  say(text: string): void;
  /** Some child has another pid now. */
  childrenChanged(): void;
};

/** A path that logs a browser in, once, at the gateway of the master that leads. */
export type Login = { readonly master: string; readonly path: string };

/** Between our choice of a port and its use another program took it. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

/** More than a process takes to close what it has. */
const endMs = 12_000;
/** A task's grace, and the time to free what containers held. */
const stopTasksMs = limits.stopGraceMaxMs + 30_000;
const destroyMs = 30_000;
const startAttemptsMax = 3;

export class Cluster {
  readonly children: readonly Child[];
  readonly #masters: readonly Child[];
  readonly #stores: readonly Child[];
  readonly #agents: readonly Child[];
  readonly #events: ClusterEvents;
  readonly #logs: LogFile[] = [];
  readonly #firstFailure = Promise.withResolvers<never>();
  readonly #stopped = Promise.withResolvers<undefined>();
  #onLogin: ((login: Login) => void) | undefined;
  #onStatus: ((agents: readonly AgentStanding[]) => void) | undefined;
  #isUp = false;

  constructor(plan: ClusterPlan, events: ClusterEvents) {
    this.#events = events;
    // Awaited only while the cluster starts.
    this.#firstFailure.promise.catch(() => {});
    const create = (member: Member & { readonly program?: string }): Child =>
      this.#createChild(member, plan.logDirectory);
    this.#stores = plan.stores.map(create);
    this.#masters = plan.masters.map(create);
    this.#agents = plan.agents.map(create);
    this.children = [...this.#stores, ...this.#masters, ...this.#agents];
  }

  /**
   * Resolves when every agent is registered, or with undefined when the cluster is stopped before; rejects when
   * a process cannot start.
   */
  async start(progress: (registered: number) => void): Promise<readonly AgentStanding[] | undefined> {
    const names = this.#agents.map((agent) => agent.name);
    const { promise: complete, resolve } = Promise.withResolvers<readonly AgentStanding[]>();
    this.#onStatus = (agents) => {
      const registered = agents.filter((agent) => agent.active && names.includes(agent.name));
      progress(registered.length);
      if (registered.length === names.length) resolve(registered);
    };
    // Asked again and again, since a master that just starts hears nothing yet.
    const asking = setInterval(() => this.#tellMasters({ type: "status" }), 100);
    for (const child of this.children) child.start();
    try {
      const registered = await Promise.race([complete, this.#firstFailure.promise, this.#stopped.promise]);
      this.#isUp = true;
      return registered;
    } finally {
      clearInterval(asking);
      this.#onStatus = undefined;
    }
  }

  /** Undefined when the cluster stops first. */
  async login(): Promise<Login | undefined> {
    const { promise, resolve } = Promise.withResolvers<Login>();
    this.#onLogin = resolve;
    const ask = (): void => this.#tellMasters({ type: "login" });
    const asking = setInterval(ask, 500);
    ask();
    try {
      return await Promise.race([promise, this.#stopped.promise]);
    } finally {
      clearInterval(asking);
    }
  }

  /** Ends everything, tasks included. Whether nothing is left. */
  async stop(): Promise<boolean> {
    this.#stopped.resolve(undefined);
    for (const child of this.children) child.stopRestarting();
    this.#tellMasters({ type: "end" });
    await Promise.all(this.#masters.map((master) => this.#stopMaster(master)));
    const results = await Promise.all(this.#agents.map((agent) => this.#stopAgent(agent)));
    for (const store of this.#stores) store.terminate();
    await Promise.all(this.children.map((child) => child.hasEnded(endMs)));
    for (const log of this.#logs) log.close();
    return results.every((clean) => clean);
  }

  /** Ends the processes and leaves their tasks running, as a start that failed must. */
  async abandon(): Promise<void> {
    this.#stopped.resolve(undefined);
    for (const child of this.children) {
      child.stopRestarting();
      child.send({ type: "end" });
    }
    for (const store of this.#stores) store.terminate();
    await Promise.all(
      this.children.map(async (child) => {
        if (!(await child.hasEnded(endMs))) child.kill();
      }),
    );
    for (const log of this.#logs) log.close();
  }

  killAll(): void {
    for (const child of this.children) {
      child.stopRestarting();
      child.kill();
    }
  }

  #tellMasters(request: ControlRequest): void {
    for (const master of this.#masters) master.send(request);
  }

  async #stopMaster(master: Child): Promise<void> {
    if (await master.hasEnded(endMs)) return;
    this.#events.say(`${master.name} does not end in time; it is killed.`);
    master.kill();
  }

  async #stopAgent(agent: Child): Promise<boolean> {
    // One that was just down has tasks all the same.
    if (!agent.isRunning) agent.start();
    agent.send({ type: "stop-tasks" });
    if (await agent.hasEnded(stopTasksMs)) return this.#checkEnd(agent);
    this.#events.say(`${agent.name} does not end its tasks in time; they are killed.`);
    agent.send({ type: "destroy" });
    if (await agent.hasEnded(destroyMs)) return this.#checkEnd(agent);
    agent.kill();
    await agent.hasEnded(endMs);
    return this.#checkEnd(agent);
  }

  #checkEnd(agent: Child): boolean {
    if (agent.endedInOrder) return true;
    this.#events.say(`${agent.name} could not be stopped in order; some of its tasks may still run.`);
    return false;
  }

  #createChild(
    { name, argv, within, program }: Member & { readonly program?: string },
    logDirectory: string,
  ): Child {
    const log = new LogFile(join(logDirectory, `${name}.log`));
    this.#logs.push(log);
    return new Child({
      name,
      program,
      argv,
      ...(within === undefined ? {} : { within }),
      log,
      onReport: (report) => this.#reported(name, report),
      onStarted: () => this.#events.childrenChanged(),
      onEnded: (end) => {
        if (!this.#isUp && (end.hasFailed || end.timesInARow >= startAttemptsMax)) {
          const reason = `${name} cannot start: ${end.how} (its log: ${log.path})`;
          this.#firstFailure.reject(
            end.how.includes("EADDRINUSE") ? new PortTaken(reason) : new Error(reason),
          );
        } else {
          const restart = `it starts again in ${end.restartMs / 1000} s`;
          this.#events.say(`${name} ended (${end.how}); ${restart}. Its log: ${log.path}`);
        }
      },
    });
  }

  #reported(from: string, report: ControlReport): void {
    switch (report.type) {
      case "status":
        this.#onStatus?.(report.agents);
        return;
      case "login":
        this.#onLogin?.({ master: from, path: report.path });
        return;
      case "ready":
      case "failed":
        return;
      default:
        report satisfies never;
    }
  }
}
