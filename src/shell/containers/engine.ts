/**
 * The life of containers: effects in, outcomes out, the same for every backend.
 *
 * Effects on one container run one after the other; those on different containers side by side. The truth
 * lies in the containers' directories and exit files, so a new engine on the same directory takes over where
 * a killed one stopped. It never decides: no restart, no limit, no reason of its own.
 */

import { mkdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { limits } from "#base/limits.ts";
import type { ContainerId, FrameworkId, TaskId } from "#model/ids.ts";
import type { ContainerEffect, ContainerOutcome, ContainerSpec, Containers } from "#ports/containers.ts";
import { outputNames, prepareSandbox } from "../sandbox/prepare.ts";
import { rotateOutput } from "../sandbox/rotate.ts";
import type { Backend, HeldContainer } from "./backend.ts";
import { Checks } from "./checks.ts";
import { ExitFiles } from "./exits.ts";
import { awaitStarted, isHeld, readHeld, writeHeld } from "./held-containers.ts";
import { Lanes } from "./lane.ts";
import { LaunchRefusal } from "./launch-refusal.ts";
import { containerName, type Layout, sandboxDirectory } from "./layout.ts";
import { hostBootId, isAlive, type ProcessIdentity, parseIdentity } from "./process-identity.ts";
import { destroyContainer, surveyContainers } from "./recovery.ts";

export type EngineOptions = {
  readonly layout: Layout;
  readonly backend: Backend;
  readonly lanes: number;
  readonly pollMs: number;
  readonly outputBytesMax: number;
  readonly outputFilesMax: number;
};

type Entry = {
  readonly container: HeldContainer;
  started: ProcessIdentity | undefined;
  exited: boolean;
  /** Polls in a row that found neither the process nor an exit file. */
  lostPolls: number;
  /** The end of the queue of this container's effects. */
  work: Promise<void>;
  /** Waiters for the exit outcome. */
  onExited: (() => void)[];
};

export class ContainerEngine implements Containers {
  readonly isolation: string;
  readonly #options: EngineOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #exits: ExitFiles;
  readonly #lanes: Lanes;
  readonly #checks: Checks;
  readonly #ready: Promise<void>;
  #listener: ((outcome: ContainerOutcome) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.isolation = options.backend.isolation;
    this.#exits = new ExitFiles(options.layout.exits);
    this.#lanes = new Lanes({
      argv: options.backend.laneArgv,
      count: options.lanes,
      queueMax: limits.loopQueueMax,
      onChecked: (name, checkNumber, exitCode) => this.#checks.ended(name, checkNumber, exitCode),
    });
    this.#checks = new Checks(options.backend, this.#lanes);
    this.#ready = this.#open();
    // A host that cannot be used fails each effect with the reason, not the process.
    this.#ready.catch(() => undefined);
  }

  onOutcome(listener: (outcome: ContainerOutcome) => void): void {
    this.#listener = listener;
  }

  perform(effect: ContainerEffect): void {
    switch (effect.type) {
      case "launch":
        return this.#launch(effect.spec);
      case "signal":
        return this.#signal(effect.containerId, effect.signal);
      case "remove":
        return this.#remove(effect.containerId);
      case "remove-sandbox":
        void this.#removeSandbox(effect.frameworkId, effect.taskId);
        return;
      case "recover":
        void this.#recover(effect.known);
        return;
      case "check":
        return this.#check(effect);
      default:
        return effect satisfies never;
    }
  }

  /** Kills and removes every container of the agent, and what they shared. Sandboxes stay. */
  async destroyAll(): Promise<void> {
    await this.#ready.catch(() => undefined);
    const survey = await surveyContainers(this.#options.layout, this.#options.backend);
    const names = new Set([...this.#entries.keys(), ...survey]);
    await Promise.all([...names].map((name) => this.#destroy(name)));
    await this.close();
    await this.#options.backend.close();
    const { containers, exits, runtimeState, hostRootSkeleton, hostRoot } = this.#options.layout;
    for (const directory of [containers, exits, runtimeState, hostRootSkeleton, hostRoot]) {
      // Repeated: a supervisor may still be writing its last file.
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    }
  }

  /** Stops watching. Containers run on; where none is, nothing is left of us on the host. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#ready.catch(() => undefined);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#exits.close();
    this.#checks.close();
    this.#lanes.close();
    const { layout, backend } = this.#options;
    if (this.#entries.size > 0) return;
    if ((await surveyContainers(layout, backend)).size === 0) await backend.close();
  }

  async #open(): Promise<void> {
    const { containers, exits, sandboxes } = this.#options.layout;
    for (const directory of [containers, exits]) await mkdir(directory, { recursive: true, mode: 0o700 });
    await mkdir(sandboxes, { recursive: true, mode: 0o711 });
    await this.#options.backend.open();
    if (this.#closed) return;
    this.#exits.watch((name) => void this.#noteExit(name));
    this.#schedulePoll();
  }

  #emit(outcome: ContainerOutcome): void {
    if (!this.#closed) this.#listener?.(outcome);
  }

  /** Puts work at the end of the container's queue. */
  #enqueue(entry: Entry, work: () => Promise<void>): void {
    entry.work = entry.work.then(work).catch(() => undefined);
  }

  #launch(spec: ContainerSpec): void {
    const { containerId } = spec;
    const failed = (error: unknown): void => {
      const reason = error instanceof LaunchRefusal ? error.reason : "container-launch-failed";
      this.#emit({ type: "launch-failed", containerId, reason, message: messageOf(error) });
    };
    const name = containerName(containerId);
    let container: HeldContainer;
    try {
      if (this.#entries.has(name)) throw new LaunchRefusal(`container ${containerId} exists already`);
      container = this.#held(spec, name);
    } catch (error) {
      // Later, as every outcome: never while the caller is still performing.
      queueMicrotask(() => failed(error));
      return;
    }
    const entry = this.#createEntry(container);
    this.#enqueue(entry, async () => {
      try {
        entry.started = await this.#start(container, spec);
      } catch (error) {
        await this.#dismantle(name);
        return failed(error);
      }
      this.#emit({ type: "launched", containerId, pid: entry.started.pid });
      void this.#noteExit(name);
    });
  }

  #held(spec: ContainerSpec, name: string): HeldContainer {
    const { containerId, taskId, frameworkId } = spec;
    const { layout, backend } = this.#options;
    const directory = join(layout.containers, name);
    const sandbox = sandboxDirectory(layout.sandboxes, frameworkId, taskId);
    const bootId = hostBootId();
    return { containerId, taskId, frameworkId, name, directory, sandbox, bootId, kind: backend.kind };
  }

  async #start(container: HeldContainer, spec: ContainerSpec): Promise<ProcessIdentity> {
    await this.#ready;
    const { backend } = this.#options;
    const owner = await backend.ownerOf(spec);
    prepareSandbox(container.sandbox, owner);
    await this.#exits.remove(container.name);
    writeHeld(container);
    await backend.prepare(container, spec, owner);
    const answer = await this.#lanes.run(`launch ${container.name}`, limits.launchTimeoutMs);
    const identity = parseIdentity(answer.replace(/^launched /, ""));
    if (identity === undefined) throw new LaunchRefusal(await backend.failureOf(container));
    return identity;
  }

  #createEntry(container: HeldContainer): Entry {
    const entry: Entry = {
      container,
      started: undefined,
      exited: false,
      lostPolls: 0,
      work: Promise.resolve(),
      onExited: [],
    };
    this.#entries.set(container.name, entry);
    return entry;
  }

  #signal(containerId: ContainerId, signal: "TERM" | "KILL"): void {
    const entry = this.#entries.get(containerName(containerId));
    if (entry === undefined) return;
    this.#enqueue(entry, async () => {
      const { started, container } = entry;
      if (started === undefined || entry.exited || !isAlive(started)) return;
      const { backend } = this.#options;
      if (signal === "KILL") backend.kill(container, started);
      // Not awaited: it may look twice for processes, and a KILL must not wait for that.
      else void backend.terminate(container, started);
    });
  }

  #remove(containerId: ContainerId): void {
    const name = containerName(containerId);
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      void this.#ready.then(
        () => this.#emit({ type: "removed", containerId }),
        () => this.#emit({ type: "removed", containerId }),
      );
      return;
    }
    this.#enqueue(entry, async () => {
      await this.#endForRemoval(entry);
      await this.#dismantle(name);
      this.#emit({ type: "removed", containerId });
    });
  }

  /** A container that is removed while it runs is killed, and its exit told first. */
  async #endForRemoval(entry: Entry): Promise<void> {
    if (entry.started === undefined || entry.exited) return;
    const exited = new Promise<void>((resolve) => entry.onExited.push(resolve));
    this.#options.backend.kill(entry.container, entry.started);
    const timeout = new Promise<void>((resolve) => {
      setTimeout(resolve, limits.containerRemoveTimeoutMs).unref();
    });
    await Promise.race([exited, timeout]);
  }

  async #dismantle(name: string): Promise<void> {
    this.#checks.forget(name);
    await destroyContainer(this.#options.layout, this.#options.backend, name);
    await this.#exits.remove(name);
    this.#entries.delete(name);
  }

  async #destroy(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      const container = await readHeld(this.#options.layout.containers, name);
      // So that no launch of a killed agent, still under way, puts back what is taken away here.
      if (container !== undefined) await awaitStarted(container);
      await this.#dismantle(name);
      return;
    }
    this.#enqueue(entry, () => this.#dismantle(name));
    await entry.work;
  }

  async #removeSandbox(frameworkId: FrameworkId, taskId: TaskId): Promise<void> {
    try {
      const directory = sandboxDirectory(this.#options.layout.sandboxes, frameworkId, taskId);
      await rm(directory, { recursive: true, force: true });
      await rmdir(dirname(directory));
    } catch {
      // Not there, or other tasks of the framework still are.
    }
    this.#emit({ type: "sandbox-removed", taskId });
  }

  async #recover(known: readonly ContainerId[]): Promise<void> {
    const { layout, backend } = this.#options;
    const knownNames = new Map(known.map((id) => [containerName(id), id]));
    await this.#ready.catch(() => undefined);
    const present = await surveyContainers(layout, backend);
    const running: ContainerId[] = [];
    const ended: ContainerId[] = [];
    const strangers = [...present].filter((name) => !knownNames.has(name) && !this.#entries.has(name));
    const missing: ContainerId[] = [];
    const adoptions = [...knownNames].map(async ([name, id]) => {
      const entry = this.#entries.get(name) ?? (await this.#adopt(name));
      if (entry === undefined) missing.push(id);
      else if (entry.exited || (await this.#exits.read(name)) !== undefined) ended.push(id);
      else if (entry.started !== undefined && isAlive(entry.started)) running.push(id);
      else ended.push(id);
    });
    await Promise.all([...adoptions, ...strangers.map((name) => this.#destroy(name))]);
    this.#emit({ type: "recovered", running, ended, missing });
    for (const id of ended) void this.#noteExit(containerName(id));
  }

  /** Undefined, and nothing left of it, when the container never started or its host did since. */
  async #adopt(name: string): Promise<Entry | undefined> {
    const container = await readHeld(this.#options.layout.containers, name);
    const started = container === undefined ? undefined : await awaitStarted(container);
    if (container === undefined || started === undefined || container.kind !== this.#options.backend.kind) {
      await this.#dismantle(name);
      return undefined;
    }
    const entry = this.#createEntry(container);
    entry.started = started;
    return entry;
  }

  #check(effect: Extract<ContainerEffect, { type: "check" }>): void {
    const { containerId, checkId } = effect;
    const entry = this.#entries.get(containerName(containerId));
    const done = (ok: boolean, message: string): void =>
      this.#emit({ type: "check-result", containerId, checkId, ok, message });
    if (entry === undefined) {
      queueMicrotask(() => done(false, "its container is not there"));
      return;
    }
    this.#enqueue(entry, async () => {
      if (entry.started === undefined || entry.exited) return done(false, "its container has ended");
      // Not awaited: a check may take its time, and a signal must not wait for it.
      void this.#checks.run(entry.container, effect.command, effect.timeoutMs, done);
    });
  }

  /** Tells an exit once, when it has been both launched and written. */
  async #noteExit(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry?.started === undefined || entry.exited) return;
    const exit = await this.#exits.read(name);
    if (exit === undefined || entry.exited) return;
    await this.#tellExit(entry, exit);
  }

  async #tellExit(entry: Entry, exit: Extract<ContainerOutcome, { type: "exited" }>["exit"]): Promise<void> {
    entry.exited = true;
    const { container } = entry;
    const clean = exit.kind === "code" && exit.code === 0;
    const outOfMemory = clean ? undefined : await this.#options.backend.outOfMemory(container);
    this.#emit({ type: "exited", containerId: container.containerId, exit, outOfMemory });
    for (const resolve of entry.onExited.splice(0)) resolve();
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#poll().finally(() => this.#schedulePoll());
    }, this.#options.pollMs).unref();
  }

  async #poll(): Promise<void> {
    const names = await this.#exits.names().catch(() => []);
    for (const name of names) {
      if (this.#entries.has(name)) await this.#noteExit(name);
      // Written late, by the supervisor of a container that was destroyed.
      else if (!(await isHeld(this.#options.layout.containers, name))) await this.#exits.remove(name);
    }
    for (const entry of [...this.#entries.values()]) {
      await this.#rotate(entry.container.sandbox);
      await this.#noteLoss(entry);
    }
  }

  async #rotate(sandbox: string): Promise<void> {
    const { outputBytesMax, outputFilesMax } = this.#options;
    for (const name of outputNames) {
      await rotateOutput(sandbox, name, outputBytesMax, outputFilesMax).catch(() => false);
    }
  }

  /** Its supervisor was killed, so nobody wrote its exit code: it counts as killed. */
  async #noteLoss(entry: Entry): Promise<void> {
    if (entry.started === undefined || entry.exited || isAlive(entry.started)) {
      entry.lostPolls = 0;
      return;
    }
    entry.lostPolls += 1;
    if (entry.lostPolls < 3) return;
    await this.#noteExit(entry.container.name);
    if (!entry.exited) await this.#tellExit(entry, { kind: "signal", signal: 9 });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
