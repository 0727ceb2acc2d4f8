/**
 * A whole simulated cluster: masters with their store, some agents, the network between them, users and checkers.
 *
 * It only connects the parts; what happens to them is the scenario's business.
 */

import type { AppsInput } from "#core/apps/types.ts";
import type { MasterInput } from "#core/master/types.ts";
import type { SessionId } from "#model/ids.ts";
import { hasPort } from "#model/port-ranges.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { MasterNode } from "#nodes/master-node.ts";
import { AgentProcess } from "./agent-process.ts";
import { createAgentResourcesChecker } from "./checkers/agent-resources.ts";
import { createBerthsKeptChecker } from "./checkers/berths-kept.ts";
import { createCapacityChecker } from "./checkers/capacity.ts";
import type { Checker } from "./checkers/checker.ts";
import { createConstraintsKeptChecker } from "./checkers/constraints-kept.ts";
import { createDurableFirstChecker } from "./checkers/durable-first.ts";
import { createLossesBoundedChecker } from "./checkers/losses-bounded.ts";
import { createMasterBooksChecker } from "./checkers/master-books.ts";
import { createOffersOnceChecker } from "./checkers/offers-once.ts";
import { createOneWriterChecker } from "./checkers/one-writer.ts";
import { createQuotaKeptChecker } from "./checkers/quota-kept.ts";
import { createRefusalsDeservedChecker } from "./checkers/refusals-deserved.ts";
import { createReservationsKeptChecker } from "./checkers/reservations-kept.ts";
import { createStartsWantedChecker } from "./checkers/starts-wanted.ts";
import { createUpdatesKeptChecker } from "./checkers/updates-kept.ts";
import type { Digest } from "./digest.ts";
import { nameOf } from "./fake-containers.ts";
import { createFakeProbes } from "./fake-probes.ts";
import type { MasterProcess } from "./master-process.ts";
import { Masters } from "./masters.ts";
import { type Cut, Network } from "./network.ts";
import { Operator } from "./operator.ts";
import { calm, drawOptions, type Options } from "./options.ts";
import { PodWorkload } from "./pod-workload.ts";
import type { Supervised } from "./process.ts";
import { electionTimes } from "./replicated-store.ts";
import { RudeFramework } from "./rude-framework.ts";
import { Wires } from "./wires.ts";
import { Workload } from "./workload.ts";
import { type Life, World } from "./world.ts";

/** A framework of somebody's, beside or instead of the users drawn here. */
export interface Guest {
  /** A master leads. */
  connected(master: MasterProcess, node: MasterNode, life: Life): void;
  /** Both hear of every session outside the master; others' are not theirs. */
  hear(session: SessionId, event: SchedulerEvent): void;
  closed(session: SessionId): void;
}

export class Cluster {
  readonly world: World;
  readonly options: Options;
  readonly network: Network;
  readonly agents = new Map<string, AgentProcess>();
  readonly wires = new Wires();
  readonly master: Masters;
  readonly workload: Workload;
  readonly pods: PodWorkload;
  readonly rude: RudeFramework;
  readonly operator: Operator;
  probesFail: number;
  /** Containers started so far. */
  started = 0;
  /** The first thing that was found wrong. */
  problem: string | undefined;
  guest: Guest | undefined;
  /** Told of each task whose container begins, by its id. */
  onTaskStarted: ((taskId: string) => void) | undefined;
  /** Probability that a process ends at a step. */
  #stepCrash = 0;
  readonly #checkers: readonly Checker[];

  constructor(seed: number, digest: Digest | undefined, draw = drawOptions) {
    const world = new World(seed);
    const options = draw(world);
    this.world = world;
    this.options = options;
    this.probesFail = options.probesFail;
    this.network = new Network(
      world,
      {
        fromAgent: (name, envelope) => {
          this.#each((checker) => checker.fromAgent?.(name, envelope));
          this.#mayEnd(name);
        },
        fromMaster: (name, envelope) => this.#each((checker) => checker.fromMaster?.(name, envelope)),
      },
      this.wires,
    );
    this.workload = new Workload(world, options, (problem) => this.report(problem));
    this.workload.mayReadOld = () => this.master.shared?.wasTakenAwayWithin(electionTimes.leaseMs) ?? false;
    this.pods = new PodWorkload(world, (problem) => this.report(problem));
    this.rude = new RudeFramework(world);
    this.master = this.#createMasters(digest);
    this.operator = new Operator(world, this.master, (problem) => this.report(problem));
    for (let index = 0; index < options.agentCount; index += 1) this.#addAgent(index, digest);
    const report = (problem: string): void => this.report(problem);
    this.#checkers = [
      createAgentResourcesChecker(this, report),
      createMasterBooksChecker(this, report),
      createStartsWantedChecker(report),
      createOffersOnceChecker(report),
      createDurableFirstChecker(this, report),
      createUpdatesKeptChecker(this, report),
      createReservationsKeptChecker(this, report),
      createQuotaKeptChecker(this, report),
      createConstraintsKeptChecker(this, report),
      createBerthsKeptChecker(this, report),
      createOneWriterChecker(this.master.shared, report),
      createRefusalsDeservedChecker(this, report),
      createLossesBoundedChecker(this, report),
      createCapacityChecker(
        { apps: () => this.master.states?.apps, nowMs: () => this.master.nowMs() },
        report,
      ),
    ];
    this.setFaults(true);
  }

  report(problem: string): void {
    this.problem ??= problem;
  }

  /** One event, and what the checkers say to it; false when nothing is left to happen. */
  step(): boolean {
    const stepped = this.world.step();
    this.#each((checker) => checker.afterEvent?.());
    return stepped;
  }

  /** The machine loses power, and perhaps what was on its disk. */
  powerOff(name: string, wiped: boolean): void {
    const agent = this.agents.get(name);
    agent?.host.powerOff();
    if (!wiped) return;
    agent?.disk.wipe();
    this.#each((checker) => checker.agentWiped?.(name));
  }

  cut(name: string, cut: Cut): void {
    this.network.cut(name, cut);
  }

  /** All faults as drawn, or none. */
  setFaults(on: boolean): void {
    const { link, disk, containers, shared, stepCrash } = this.options;
    this.#stepCrash = on ? stepCrash : 0;
    this.network.faults = on ? link : calm.link;
    this.probesFail = on ? this.options.probesFail : 0;
    if (this.master.disk !== undefined) this.master.disk.faults = on ? disk : calm.disk;
    if (this.master.shared !== undefined) this.master.shared.faults = on ? shared : calm.shared;
    for (const agent of this.agents.values()) {
      agent.disk.faults = on ? disk : calm.disk;
      agent.host.faults = on ? containers : calm.containers;
    }
  }

  #createMasters(digest: Digest | undefined): Masters {
    const { world, options } = this;
    return new Masters(
      {
        world,
        network: this.network,
        probes: (life, name) =>
          createFakeProbes(
            world,
            life,
            () => ({ fails: this.probesFail }),
            (address, port) => this.#listens(name, address, port),
          ),
        observe: (master, input) => this.#observeMaster(master, input, digest),
        frameworks: {
          hear: (session, event) => {
            this.rude.hear(session, event);
            this.guest?.hear(session, event);
          },
          closed: (session) => {
            this.rude.closed(session);
            this.guest?.closed(session);
          },
        },
        started: (master, node, life) => {
          this.guest?.connected(master, node, life);
          this.operator.connected();
          this.rude.connected(node, life);
          this.#each((checker) => checker.masterStarted?.());
          this.workload.connected(node, life);
          this.pods.connected(node, life);
        },
        fatal: (process, reason) => this.#fatal(process, reason),
      },
      this.wires,
      options,
      (name) => this.#mayEnd(name),
    );
  }

  /** Between a decision and what comes of it: the worst moments to end. */
  #mayEnd(name: string): void {
    if (!this.world.happens(this.#stepCrash)) return;
    const { process } = this.agents.get(name) ?? this.master.find(name) ?? {};
    process?.crash("kill -9 at a step", this.world.between(100, 3_000));
  }

  #addAgent(index: number, digest: Digest | undefined): void {
    const { world, network, options } = this;
    const agent = new AgentProcess(
      {
        world,
        network,
        tap: {
          started: (host, spec) => {
            this.started += 1;
            this.onTaskStarted?.(nameOf(spec));
            this.#each((checker) => checker.containerStarted?.(host, spec));
          },
          destroyed: (host, spec) => this.#each((checker) => checker.containerDestroyed?.(host, spec)),
          updated: (host, id, resources) =>
            this.#each((checker) => checker.containerUpdated?.(host, id, resources)),
          taskStarted: (host, spec) => this.#each((checker) => checker.taskStarted?.(host, spec)),
          acknowledged: (host, executor, update) =>
            this.#each((checker) => checker.executorUpdateKept?.(host, executor, update)),
          ended: (host, id) => this.#each((checker) => checker.containerEnded?.(host, id)),
        },
        observe: (name, input) => {
          digest?.add(`${name} ${world.nowMs} ${JSON.stringify(input)}`);
          if (input.type !== "tick") world.note(() => `${name} <- ${JSON.stringify(input)}`);
          this.#each((checker) => checker.agentInput?.(name, input));
        },
        fatal: (process, reason) => this.#fatal(process, reason),
        step: (name) => this.#mayEnd(name),
      },
      index,
      options.agentCpus,
      options.skewMaxMs,
    );
    this.agents.set(agent.name, agent);
  }

  #observeMaster({ name }: MasterProcess, input: MasterInput | AppsInput, digest: Digest | undefined): void {
    digest?.add(`${name} ${this.world.nowMs} ${JSON.stringify(input)}`);
    if (input.type !== "tick") this.world.note(() => `${name} <- ${JSON.stringify(input)}`);
    this.#each((checker) => checker.masterInput?.(input));
  }

  /** A store that fails is weather; anything else that ends a process is a defect. */
  #fatal(process: Supervised, reason: string): void {
    if (!/the store failed|the shared store: |leads no longer/.test(reason))
      this.report(`${process.name} failed: ${reason}`);
    process.crash(reason, this.world.between(500, 5_000));
  }

  #listens(asker: string, address: string, port: number): boolean {
    for (const agent of this.agents.values()) {
      const { endpoint, hostname } = agent.info;
      if (address !== endpoint.address && address !== hostname) continue;
      if (this.wires.isCut(asker, agent.name)) return false;
      return agent.host.running.some(
        ({ phase, spec }) => phase === "running" && hasPort(spec.resources.ports, port),
      );
    }
    return false;
  }

  #each(run: (checker: Checker) => void): void {
    for (const checker of this.#checkers) run(checker);
  }
}
