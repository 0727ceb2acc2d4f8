/**
 * The containers of one server, moved by hand: a launch ends, and a container ends, when a test says so.
 *
 * They keep the port's contract, and outlive the agent's process. Outcomes wait in `outcomes` until the test
 * delivers them, in any order it likes.
 */

import assert from "node:assert/strict";
import { type ContainerNetwork, isHostNetwork, type NetworkStatus } from "#model/container-network.ts";
import type { ContainerId } from "#model/ids.ts";
import type { CheckResult, TaskExit } from "#model/task.ts";
import type { ContainerEffect, ContainerOutcome, ContainerSpec, Containers } from "#ports/containers.ts";

type OutOfMemory = Extract<ContainerOutcome, { type: "exited" }>["outOfMemory"];

type HandContainer = {
  readonly spec: ContainerSpec;
  phase: "starting" | "running" | "ended";
  readonly signals: string[];
  exited: Extract<ContainerOutcome, { type: "exited" }> | undefined;
};

/** Each network gives the same address to all. */
function networksIn(network: ContainerNetwork | undefined): { readonly networks?: readonly NetworkStatus[] } {
  if (network === undefined || isHostNetwork(network)) return {};
  const networks = network.networks.map(
    ({ name, portMappings, labels }): NetworkStatus => ({
      name,
      portMappings,
      labels,
      addresses: ["10.9.0.2"],
    }),
  );
  return { networks };
}

export class HandContainers implements Pick<Containers, "perform"> {
  readonly outcomes: ContainerOutcome[] = [];
  /** Ids of tasks and executors in the order of their launches, with repetitions if there are any. */
  readonly launches: string[] = [];
  /** What was asked for and is told by no container: checks, removals. */
  readonly asked: ContainerEffect[] = [];
  readonly #containers = new Map<ContainerId, HandContainer>();

  perform(effect: ContainerEffect): void {
    switch (effect.type) {
      case "launch":
        this.launches.push(nameOf(effect.spec));
        assert(!this.#containers.has(effect.spec.containerId), "a container id is used once");
        this.#containers.set(effect.spec.containerId, {
          spec: effect.spec,
          phase: "starting",
          signals: [],
          exited: undefined,
        });
        return;
      case "signal":
        this.#containers.get(effect.containerId)?.signals.push(effect.signal);
        return;
      case "remove":
        this.asked.push(effect);
        this.#containers.delete(effect.containerId);
        this.outcomes.push({ type: "removed", containerId: effect.containerId });
        return;
      case "remove-sandbox":
        this.asked.push(effect);
        this.outcomes.push({
          type: "sandbox-removed",
          frameworkId: effect.frameworkId,
          executorId: effect.executorId,
        });
        return;
      case "remove-volume":
        this.asked.push(effect);
        this.outcomes.push({ type: "volume-removed", volume: effect.volume });
        return;
      case "create-volume":
      case "update":
        this.asked.push(effect);
        return;
      case "recover":
        this.#recover(effect.known);
        return;
      case "check":
        this.asked.push(effect);
        return;
      default:
        effect satisfies never;
    }
  }

  /** Of the task's container, or the executor's; of several the newest. */
  spec(task: string): ContainerSpec {
    return this.#of(task).spec;
  }

  has(task: string): boolean {
    return [...this.#containers.values()].some(({ spec }) => nameOf(spec) === task);
  }

  /** What its container was told anew that it may use. */
  updates(task: string): readonly Extract<ContainerEffect, { type: "update" }>[] {
    const { containerId } = this.#of(task).spec;
    return this.asked.flatMap((effect) =>
      effect.type === "update" && effect.containerId === containerId ? [effect] : [],
    );
  }

  signals(task: string): readonly string[] {
    return this.#of(task).signals;
  }

  inPhase(phase: HandContainer["phase"]): readonly string[] {
    return [...this.#containers.values()].filter((one) => one.phase === phase).map((one) => nameOf(one.spec));
  }

  start(task: string, pid = 100): void {
    const container = this.#of(task);
    assert.equal(container.phase, "starting");
    container.phase = "running";
    const { containerId, network } = container.spec;
    this.outcomes.push({ type: "launched", containerId, pid, ...networksIn(network) });
  }

  failToStart(task: string, message: string): void {
    const { containerId } = this.#of(task).spec;
    this.#containers.delete(containerId);
    this.outcomes.push({ type: "launch-failed", containerId, reason: "container-launch-failed", message });
  }

  /** Ends a running container, or one that starts: it then was faster than the news of its start. */
  end(task: string, exit: TaskExit, outOfMemory?: OutOfMemory): void {
    const container = this.#of(task);
    const { containerId } = container.spec;
    if (container.phase === "starting") this.start(task);
    container.phase = "ended";
    container.exited = { type: "exited", containerId, exit, outOfMemory };
    this.outcomes.push(container.exited);
  }

  /** The agent died: what was just starting either stands by now, or never will. */
  orphan(fate: "run" | "vanish"): void {
    for (const [id, container] of this.#containers) {
      if (container.phase !== "starting") continue;
      if (fate === "run") container.phase = "running";
      else this.#containers.delete(id);
    }
  }

  /** The server lost power. */
  vanish(): void {
    this.#containers.clear();
  }

  /** Answers the newest check of the task. */
  answerCheck(task: string, ok: boolean, message = "", result?: CheckResult): void {
    const check = this.checkAsked(task);
    assert(check !== undefined, `a check of ${task} was asked for`);
    const { containerId, checkId } = check;
    this.outcomes.push({ type: "check-result", containerId, checkId, ok, message, result });
  }

  /** The newest check of the task, answered or not. */
  checkAsked(task: string): Extract<ContainerEffect, { type: "check" }> | undefined {
    const { containerId } = this.#of(task).spec;
    for (const effect of this.asked.toReversed()) {
      if (effect.type === "check" && effect.containerId === containerId) return effect;
    }
    return undefined;
  }

  #recover(known: readonly ContainerId[]): void {
    for (const id of [...this.#containers.keys()]) if (!known.includes(id)) this.#containers.delete(id);
    const inPhase = (phase: string) => known.filter((id) => this.#containers.get(id)?.phase === phase);
    const ended = inPhase("ended");
    // What a dead process had asked to start and nobody orphaned never started.
    const missing = known.filter((id) => (this.#containers.get(id)?.phase ?? "starting") === "starting");
    for (const id of missing) this.#containers.delete(id);
    const running = inPhase("running");
    const networks = running.flatMap((containerId) => {
      const { networks: found } = networksIn(this.#containers.get(containerId)?.spec.network);
      return found === undefined ? [] : [{ containerId, networks: found }];
    });
    this.outcomes.push({ type: "recovered", running, ended, missing, networks });
    for (const id of ended) {
      const exited = this.#containers.get(id)?.exited;
      if (exited !== undefined) this.outcomes.push(exited);
    }
  }

  #of(task: string): HandContainer {
    const container = [...this.#containers.values()].findLast(({ spec }) => nameOf(spec) === task);
    assert(container !== undefined, `there is no container of ${task}`);
    return container;
  }
}

/** What tests call it by: the id of its task, or of the executor that runs in it. */
const nameOf = ({ executorId, nestedTaskId }: ContainerSpec): string => nestedTaskId ?? executorId;
