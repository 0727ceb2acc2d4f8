/**
 * A server's containers: they live outside the agent's process and survive it, as under conmon.
 *
 * They start slowly, fail to start, exit by themselves, run out of memory, ignore TERM, and go away with
 * their host. Every start and every end is told to the checkers at the instant at which it happens.
 */

import { isHostNetwork } from "#model/container-network.ts";
import type { ContainerId } from "#model/ids.ts";
import type { Resources } from "#model/resources.ts";
import type { CheckResult, CommandSpec, Probe, TaskExit } from "#model/task.ts";
import type { ContainerEffect, ContainerOutcome, ContainerSpec, Containers } from "#ports/containers.ts";
import { type ExecutorTap, FakeExecutors, isExecutor } from "./fake-executors.ts";
import type { Life, World } from "./world.ts";

export type ContainerFaults = {
  readonly startMaxMs: number;
  readonly launchFails: number;
  /** Probability that a container ends by itself, and within how long. */
  readonly exits: number;
  readonly exitWithinMs: number;
  readonly ignoresTerm: number;
  readonly checkFails: number;
};

export const calmContainers: ContainerFaults = {
  startMaxMs: 50,
  launchFails: 0,
  exits: 0,
  exitWithinMs: 0,
  ignoresTerm: 0,
  checkFails: 0,
};

export type Container = {
  readonly spec: ContainerSpec;
  phase: "starting" | "running" | "ended";
  exit: TaskExit | undefined;
  outOfMemory: boolean;
  readonly ignoresTerm: boolean;
  readonly startedAtMs: number;
  /** Heard while it was starting. */
  signals: ("TERM" | "KILL")[];
  /** Who launched or recovered it, and is told of its end. */
  watcher: Watcher | undefined;
};

export type ContainerTap = {
  started(hostName: string, spec: ContainerSpec): void;
  ended(hostName: string, containerId: ContainerId): void;
  /** Told before the end, when a recovery ends what still runs. */
  destroyed(hostName: string, spec: ContainerSpec): void;
  /** What it may use has changed. */
  updated?(hostName: string, containerId: ContainerId, resources: Resources): void;
} & Partial<ExecutorTap>;

/** What a host needs of the world: virtual time in the simulator, the real one under `unum fleet`. */
export type HostWorld = Readonly<Pick<World, "nowMs" | "chance" | "after" | "between" | "happens" | "note">>;

type Watcher = {
  readonly life: Life;
  listener: ((outcome: ContainerOutcome) => void) | undefined;
};

export class Host {
  faults: ContainerFaults = calmContainers;
  readonly name: string;
  readonly containers = new Map<ContainerId, Container>();
  readonly executors: FakeExecutors;
  readonly #world: HostWorld;
  readonly #tap: ContainerTap;
  #watcher: Watcher | undefined;
  #pidCount = 100;

  constructor(world: HostWorld, name: string, tap: ContainerTap) {
    this.#world = world;
    this.name = name;
    this.#tap = tap;
    this.executors = new FakeExecutors(world, name, tap, (id) => this.end(id, { kind: "code", code: 0 }));
  }

  get running(): Container[] {
    return [...this.containers.values()].filter((container) => container.phase !== "ended");
  }

  watch(life: Life): Containers {
    const watcher: Watcher = { life, listener: undefined };
    this.#watcher = watcher;
    life.atEnd(() => this.#orphan());
    return {
      onOutcome: (listener) => {
        watcher.listener = listener;
      },
      perform: (effect) => {
        if (life.alive) this.#perform(effect);
      },
    };
  }

  /** The machine loses power: nothing of its containers is left. */
  powerOff(): void {
    for (const id of [...this.containers.keys()]) this.#forget(id);
  }

  /** Ends a running container as if by itself, for example because of a `kill -9` by somebody. */
  end(id: ContainerId, exit: TaskExit, outOfMemory = false): void {
    const container = this.containers.get(id);
    if (container?.phase !== "running") return;
    container.phase = "ended";
    container.exit = exit;
    container.outOfMemory = outOfMemory;
    this.executors.ended(id);
    this.#world.note(() => `host ${this.name}: ${nameOf(container.spec)} ended ${JSON.stringify(exit)}`);
    this.#tap.ended(this.name, id);
    this.#tellExit(id, container);
  }

  #perform(effect: ContainerEffect): void {
    switch (effect.type) {
      case "launch":
        return this.#launch(effect.spec);
      case "signal":
        return this.#signal(effect.containerId, effect.signal);
      case "remove":
        return this.#remove(effect.containerId);
      case "remove-sandbox":
        return this.#tell(this.#world.between(1, 20), { ...effect, type: "sandbox-removed" });
      case "create-volume":
        return;
      case "remove-volume":
        return this.#tell(this.#world.between(1, 20), { type: "volume-removed", volume: effect.volume });
      case "update":
        return this.#tap.updated?.(this.name, effect.containerId, effect.resources);
      case "recover":
        return this.#recover(effect.known);
      case "check":
        return this.#check(effect);
      default:
        return effect satisfies never;
    }
  }

  #launch(spec: ContainerSpec): void {
    const id = spec.containerId;
    const world = this.#world;
    const delayMs = world.between(1, this.faults.startMaxMs);
    const problem = this.containers.has(id)
      ? "it exists already"
      : spec.root.kind !== "host"
        ? `${spec.root.kind === "file" ? spec.root.path : spec.root.reference} is not there`
        : world.happens(this.faults.launchFails)
          ? "the runtime failed"
          : undefined;
    if (problem !== undefined) {
      return this.#tell(delayMs, {
        type: "launch-failed",
        containerId: id,
        reason: "container-launch-failed",
        message: problem,
      });
    }
    const ignoresTerm = textOf(spec.command).startsWith("trap") || world.happens(this.faults.ignoresTerm);
    const container: Container = {
      spec,
      phase: "starting",
      exit: undefined,
      outOfMemory: false,
      ignoresTerm,
      startedAtMs: world.nowMs,
      signals: [],
      watcher: this.#watcher,
    };
    this.containers.set(id, container);
    this.#tap.started(this.name, spec);
    world.after(delayMs, () => {
      if (this.containers.get(id) !== container || container.phase !== "starting") return;
      this.#pidCount += 1;
      const networks = networksOf(spec);
      const found = networks === undefined ? {} : { networks };
      this.#tell(0, { type: "launched", containerId: id, pid: this.#pidCount, ...found });
      this.#run(container);
    });
  }

  #run(container: Container): void {
    const { exits, exitWithinMs } = this.faults;
    container.phase = "running";
    if (isExecutor(container.spec)) this.executors.started(container.spec);
    const id = container.spec.containerId;
    const [, code] = /^exit (\d+)$/.exec(textOf(container.spec.command)) ?? [];
    if (code !== undefined) return this.end(id, { kind: "code", code: Number(code) });
    const [, seconds] = /^sleep (\d{1,3})$/.exec(textOf(container.spec.command)) ?? [];
    if (seconds !== undefined)
      this.#world.after(Number(seconds) * 1_000, () => this.end(id, { kind: "code", code: 0 }));
    for (const signal of container.signals) this.#signal(id, signal);
    if (!this.#world.happens(exits)) return;
    const outOfMemory = this.#world.happens(0.3);
    const exit: TaskExit = outOfMemory
      ? { kind: "signal", signal: 9 }
      : { kind: "code", code: this.#world.between(0, 2) };
    this.#world.after(this.#world.chance.below(exitWithinMs + 1), () => {
      this.end(id, exit, outOfMemory);
    });
  }

  #signal(id: ContainerId, signal: "TERM" | "KILL"): void {
    const container = this.containers.get(id);
    if (container?.phase === "starting") container.signals.push(signal);
    if (container?.phase !== "running" || (signal === "TERM" && container.ignoresTerm)) return;
    const number = signal === "TERM" ? 15 : 9;
    this.#world.after(this.#world.between(1, signal === "TERM" ? 1_000 : 20), () => {
      this.end(id, { kind: "signal", signal: number });
    });
  }

  #recover(known: readonly ContainerId[]): void {
    const keep = new Set(known);
    for (const [id, container] of [...this.containers]) {
      if (keep.has(id)) continue;
      if (container.phase !== "ended") this.#tap.destroyed(this.name, container.spec);
      this.#forget(id);
    }
    const withPhase = (phase: Container["phase"]): ContainerId[] =>
      known.filter((id) => this.containers.get(id)?.phase === phase);
    const [running, ended] = [withPhase("running"), withPhase("ended")];
    const missing = known.filter((id) => !this.containers.has(id));
    for (const container of this.containers.values()) container.watcher = this.#watcher;
    const networks = running.flatMap((containerId) => {
      const spec = this.containers.get(containerId)?.spec;
      const found = spec === undefined ? undefined : networksOf(spec);
      return found === undefined ? [] : [{ containerId, networks: found }];
    });
    const told = { running, ended, missing, ...(networks.length === 0 ? {} : { networks }) };
    this.#tell(this.#world.between(1, 50), { type: "recovered", ...told }, () => {
      for (const id of ended) {
        const container = this.containers.get(id);
        if (container !== undefined) this.#tellExit(id, container);
      }
    });
  }

  #check(effect: Extract<ContainerEffect, { type: "check" }>): void {
    const { containerId, checkId, probe, timeoutMs } = effect;
    this.#world.after(this.#world.chance.below(Math.min(timeoutMs === 0 ? 500 : timeoutMs, 500)), () => {
      const running = this.containers.get(containerId)?.phase === "running";
      const ok = running && passes(probe) && !this.#world.happens(this.faults.checkFails);
      this.#tell(0, {
        type: "check-result",
        containerId,
        checkId,
        ok,
        message: ok ? "" : "the check failed",
        ...(running && !isSlow(probe) ? { result: resultOf(probe, ok) } : {}),
      });
    });
  }

  /** One that still runs is killed, and its end is told first. */
  #remove(id: ContainerId): void {
    this.end(id, { kind: "signal", signal: 9 });
    this.#forget(id);
    this.#tell(this.#world.between(10, 20), { type: "removed", containerId: id });
  }

  /** The agent is gone: what was just starting either got as far as living on alone, or never started. */
  #orphan(): void {
    for (const [id, container] of this.containers) {
      if (container.phase !== "starting") continue;
      if (this.#world.happens(0.5)) this.#run(container);
      else this.#forget(id);
    }
  }

  #forget(id: ContainerId): void {
    const container = this.containers.get(id);
    if (container === undefined) return;
    this.containers.delete(id);
    this.executors.ended(id);
    if (container.phase !== "ended") this.#tap.ended(this.name, id);
  }

  #tellExit(id: ContainerId, container: Container): void {
    if (container.exit === undefined || container.watcher !== this.#watcher) return;
    const outOfMemory = container.outOfMemory ? { limitBytes: 1 << 24, peakBytes: 1 << 24 } : undefined;
    this.#tell(this.#world.between(1, 10), {
      type: "exited",
      containerId: id,
      exit: container.exit,
      outOfMemory,
    });
  }

  #tell(delayMs: number, outcome: ContainerOutcome, then?: () => void): void {
    const watcher = this.#watcher;
    this.#world.after(delayMs, () => {
      if (watcher === undefined || !watcher.life.alive || watcher !== this.#watcher) return;
      watcher.listener?.(outcome);
      then?.();
    });
  }
}

/** At port 1 nobody listens. */
function passes(probe: Probe): boolean {
  if ("command" in probe) return textOf(probe.command) === "true";
  return ("http" in probe ? probe.http.port : probe.tcp.port) !== 1;
}

const isSlow = (probe: Probe): boolean => "command" in probe && textOf(probe.command).startsWith("sleep");

function resultOf(probe: Probe, ok: boolean): CheckResult {
  if ("command" in probe) return { kind: "command", exitCode: ok ? 0 : 1 };
  return "http" in probe ? { kind: "http", statusCode: ok ? 200 : 503 } : { kind: "tcp", succeeded: ok };
}

/** The task that a container is for, or the executor that it is. */
export const nameOf = ({ executorId, nestedTaskId }: ContainerSpec): string => nestedTaskId ?? executorId;

/**
 * `exit 3` exits, `sleep 30` ends well after 30 s (of less than 1,000), `trap …` minds no TERM, the check `true` passes;
 * anything else just runs.
 */
const textOf = (command: CommandSpec): string =>
  command.kind === "shell"
    ? command.text
    : (command.kind === "argv" ? command.argv : command.arguments).join(" ");

/** Each network gives an address that follows from the container's name, shared or not. */
function networksOf({ network, sharesNetwork, containerId, executorId }: ContainerSpec) {
  if (network === undefined || isHostNetwork(network)) return undefined;
  const who = sharesNetwork === true ? executorId : containerId;
  const number = [...who].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_000, 7);
  return network.networks.map(({ name, portMappings, labels }, index) => ({
    ...{ name, portMappings, labels },
    addresses: [`10.${index}.${Math.floor(number / 250)}.${(number % 250) + 1}`],
  }));
}
