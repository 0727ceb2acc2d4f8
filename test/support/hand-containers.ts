/**
 * The containers of one server, moved by hand: a launch ends, and a container ends, when a test says so.
 *
 * They keep the port's contract, and outlive the agent's process. Outcomes wait in `outcomes` until the test
 * delivers them, in any order it likes.
 */

import assert from "node:assert/strict";
import type { ContainerId } from "#model/ids.ts";
import type { TaskExit } from "#model/task.ts";
import type { ContainerEffect, ContainerOutcome, ContainerSpec, Containers } from "#ports/containers.ts";

type OutOfMemory = Extract<ContainerOutcome, { type: "exited" }>["outOfMemory"];

type HandContainer = {
  readonly spec: ContainerSpec;
  phase: "starting" | "running" | "ended";
  readonly signals: string[];
  exited: Extract<ContainerOutcome, { type: "exited" }> | undefined;
};

export class HandContainers implements Pick<Containers, "perform"> {
  readonly outcomes: ContainerOutcome[] = [];
  /** Task ids in the order of their launches, with repetitions if there are any. */
  readonly launches: string[] = [];
  /** What was asked for and is told by no container: checks, removals. */
  readonly asked: ContainerEffect[] = [];
  readonly #containers = new Map<ContainerId, HandContainer>();

  perform(effect: ContainerEffect): void {
    switch (effect.type) {
      case "launch":
        this.launches.push(effect.spec.taskId);
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
        this.outcomes.push({ type: "sandbox-removed", taskId: effect.taskId });
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

  /** Of the task's container. */
  spec(task: string): ContainerSpec {
    return this.#of(task).spec;
  }

  signals(task: string): readonly string[] {
    return this.#of(task).signals;
  }

  inPhase(phase: HandContainer["phase"]): readonly string[] {
    return [...this.#containers.values()].filter((one) => one.phase === phase).map((one) => one.spec.taskId);
  }

  start(task: string, pid = 100): void {
    const container = this.#of(task);
    assert.equal(container.phase, "starting");
    container.phase = "running";
    this.outcomes.push({ type: "launched", containerId: container.spec.containerId, pid });
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
  answerCheck(task: string, ok: boolean, message = ""): void {
    const check = this.checkAsked(task);
    assert(check !== undefined, `a check of ${task} was asked for`);
    const { containerId, checkId } = check;
    this.outcomes.push({ type: "check-result", containerId, checkId, ok, message });
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
    this.outcomes.push({ type: "recovered", running: inPhase("running"), ended, missing });
    for (const id of ended) {
      const exited = this.#containers.get(id)?.exited;
      if (exited !== undefined) this.outcomes.push(exited);
    }
  }

  #of(task: string): HandContainer {
    for (const container of this.#containers.values()) if (container.spec.taskId === task) return container;
    assert.fail(`there is no container of task ${task}`);
  }
}
