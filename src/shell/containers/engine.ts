/**
 * The life of containers: effects in, outcomes out, the same for every backend.
 *
 * Effects on one container run one after the other; those on different containers side by side. The truth
 * lies in the containers' directories and exit files, so a new engine on the same directory takes over where
 * a killed one stopped. It never decides: no restart, no limit, no reason of its own.
 */

import { limits } from "#base/limits.ts";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { PersistentDirectory } from "#model/container-volume.ts";
import type { ContainerId } from "#model/ids.ts";
import type { ContainerUsages } from "#ports/container-usage.ts";
import type { ContainerEffect, ContainerOutcome, ContainerSpec, Containers } from "#ports/containers.ts";
import type { Volumes } from "../volumes/volumes.ts";
import type { Backend, CheckAnswer, HeldContainer } from "./backend.ts";
import { Checks } from "./checks.ts";
import { makeDirectories, removeDirectories } from "./directories.ts";
import { refuseOnFullDisk } from "./disk-headroom.ts";
import { createEntry, type Entry, enqueue, noteStarted } from "./entry.ts";
import { ExitWatch } from "./exit-watch.ts";
import type { Gpu } from "./gpus/nvidia.ts";
import { awaitStarted, describeContainer, readHeld, rewriteHeld, writeHeld } from "./held-containers.ts";
import { noteHostStart } from "./host-start.ts";
import { Lanes } from "./lane.ts";
import type { LaunchProgress } from "./launch-progress.ts";
import { LaunchRefusal } from "./launch-refusal.ts";
import { containerName, type Layout } from "./layout.ts";
import { type Limitation, writeLimitation } from "./limitation.ts";
import { hostBootId, isAlive, noProcess, type ProcessIdentity, parseIdentity } from "./process-identity.ts";
import { destroyContainer, endForRemoval, surveyContainers } from "./recovery.ts";
import { Removals } from "./removals.ts";
import type { Sandboxes } from "./sandboxes.ts";
import { usagesOf } from "./usage.ts";
import { Watches, type WatchOptions } from "./watches.ts";

export type EngineOptions = {
  readonly layout: Layout;
  readonly backend: Backend;
  readonly sandboxes: Sandboxes;
  readonly volumes: Volumes;
  readonly progress: LaunchProgress;
  /** That containers may have. */
  readonly gpus: readonly Gpu[];
  readonly lanes: number;
  readonly pollMs: number;
  readonly watch: WatchOptions;
  /** What the host's operator should hear of. */
  readonly reportHost: (sentence: string) => void;
};

type EffectOf<Type extends ContainerEffect["type"]> = Extract<ContainerEffect, { type: Type }>;

export class ContainerEngine implements Containers, ContainerUsages {
  readonly isolation: string;
  readonly #options: EngineOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #exits: ExitWatch;
  readonly #lanes: Lanes;
  readonly #checks: Checks;
  readonly #watches: Watches;
  readonly #removals: Removals;
  readonly #ready: Promise<void>;
  #listener: ((outcome: ContainerOutcome) => void) | undefined;
  #closed = false;
  #hostRestarted = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const emit = (outcome: ContainerOutcome): void => this.#emit(outcome);
    options.progress.onOutcome(emit);
    this.isolation = options.backend.isolation;
    this.#exits = new ExitWatch({ ...options, entries: this.#entries, emit });
    this.#lanes = new Lanes({
      argv: options.backend.laneArgv,
      count: options.lanes,
      queueMax: limits.loopQueueMax,
      onNotice: (line) => this.#checks.notice(line) || this.#watches.notice(line),
    });
    this.#watches = new Watches({
      ...options.watch,
      lanes: this.#lanes,
      backend: options.backend,
      running: () => this.#running().map(({ container }) => container),
      onLimitation: (container, limitation) => void this.#endFor(container, limitation),
    });
    this.#checks = new Checks(options.backend, this.#lanes);
    this.#removals = new Removals(options.reportHost);
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
        void this.#removeSandbox(effect);
        return;
      case "update":
        return this.#update(effect);
      case "create-volume":
        void this.#options.volumes.persistent.create(effect.volume);
        return;
      case "remove-volume":
        void this.#removeVolume(effect.volume);
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
    await removeDirectories(this.#options.layout);
  }

  /** Stops watching. Containers run on; where none is, nothing is left of us on the host. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#ready.then(() => this.#options.backend.stop()).catch(() => undefined);
    this.#exits.close();
    this.#removals.close();
    this.#checks.close();
    this.#watches.close();
    this.#lanes.close();
    const { layout, backend } = this.#options;
    if (this.#entries.size > 0) return;
    if ((await surveyContainers(layout, backend)).size === 0) await backend.close();
  }

  async #open(): Promise<void> {
    await makeDirectories(this.#options.layout);
    this.#hostRestarted = await noteHostStart(this.#options.layout);
    await this.#options.backend.open();
    if (this.#closed) return;
    void this.#options.sandboxes.open();
    this.#exits.open();
    this.#watches.start();
  }

  #emit(outcome: ContainerOutcome): void {
    if (!this.#closed) this.#listener?.(outcome);
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
      container = describeContainer(spec, name, this.#options, this.held());
    } catch (error) {
      // Later, as every outcome: never while the caller is still performing.
      queueMicrotask(() => failed(error));
      return;
    }
    const entry = this.#addEntry(container);
    enqueue(entry, async () => {
      let started: ProcessIdentity;
      try {
        started = await this.#options.progress.during(containerId, () => this.#start(container, spec));
      } catch (error) {
        // Told whatever becomes of what is left: the task must end.
        return this.#dismantle(name).finally(() => failed(error));
      }
      noteStarted(entry, started);
      const networks = this.#options.backend.networksOf(container);
      const found = networks === undefined ? {} : { networks };
      this.#emit({ type: "launched", containerId, pid: started.pid, ...found });
      void this.#exits.note(name);
    });
  }

  async #start(container: HeldContainer, spec: ContainerSpec): Promise<ProcessIdentity> {
    await this.#ready;
    const { backend, sandboxes, layout } = this.#options;
    await refuseOnFullDisk(layout.sandboxes);
    const owner = await backend.ownerOf(spec);
    await sandboxes.prepare(container, owner);
    await this.#exits.remove(container.name);
    writeHeld(container);
    await backend.prepare(container, spec, owner);
    await sandboxes.bound(container);
    const answer = await this.#lanes.run(`launch ${container.name}`, limits.launchTimeoutMs).catch(messageOf);
    const identity = parseIdentity(answer.replace(/^launched /, ""));
    const lane = answer === "failed" ? "" : `${answer}: `;
    if (identity === undefined) throw new LaunchRefusal(`${lane}${await backend.failureOf(container)}`);
    return identity;
  }

  #addEntry(container: HeldContainer): Entry {
    const entry = createEntry(container);
    this.#entries.set(container.name, entry);
    return entry;
  }

  #signal(containerId: ContainerId, signal: "TERM" | "KILL"): void {
    const entry = this.#entries.get(containerName(containerId));
    if (entry === undefined) return;
    if (entry.started === undefined) this.#options.backend.interrupt(entry.container.name);
    enqueue(entry, async () => {
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
      const tell = (): void => this.#emit({ type: "removed", containerId });
      void this.#ready.then(tell, tell);
      return;
    }
    if (entry.started === undefined) this.#options.backend.interrupt(name);
    enqueue(entry, async () => {
      await endForRemoval(entry, this.#options.backend);
      const again = (): void => this.#remove(containerId);
      if (await this.#removals.attempt(name, () => this.#dismantle(name), again))
        this.#emit({ type: "removed", containerId });
    });
  }

  async #dismantle(name: string): Promise<void> {
    this.#checks.forget(name);
    await destroyContainer(this.#options.layout, this.#options.backend, name);
    await this.#exits.remove(name);
    this.#watches.forget(name);
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
    if (entry.started === undefined) this.#options.backend.interrupt(name);
    enqueue(entry, () => this.#dismantle(name));
    await entry.work;
  }

  async #removeSandbox(effect: EffectOf<"remove-sandbox">): Promise<void> {
    const { frameworkId, executorId } = effect;
    await this.#options.sandboxes.remove(frameworkId, executorId);
    this.#emit({ type: "sandbox-removed", frameworkId, executorId });
  }

  async #removeVolume(volume: PersistentDirectory): Promise<void> {
    const fault = await this.#options.volumes.persistent.remove(volume);
    this.#emit({ type: "volume-removed", volume, ...(fault === undefined ? {} : { fault }) });
  }

  #update({ containerId, resources, limits }: EffectOf<"update">): void {
    const entry = this.#entries.get(containerName(containerId));
    if (entry === undefined) return;
    enqueue(entry, async () => {
      if (entry.started === undefined || entry.exited) return;
      const { backend, sandboxes } = this.#options;
      await backend.update(entry.container, { resources, limits });
      const diskBytesMax = sandboxes.diskBytesMaxOf({ resources });
      entry.container = { ...entry.container, diskBytesMax, ports: resources.ports };
      await Promise.all([rewriteHeld(entry.container), sandboxes.bound(entry.container, "change")]);
    });
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
    const networks = running.flatMap((containerId) => {
      const container = this.running(containerId);
      const found = container === undefined ? undefined : backend.networksOf(container);
      return found === undefined ? [] : [{ containerId, networks: found }];
    });
    const inNetworks = networks.length === 0 ? {} : { networks };
    const hostRestarted = this.#hostRestarted ? { hostRestarted: true as const } : {};
    this.#emit({ type: "recovered", running, ended, missing, ...inNetworks, ...hostRestarted });
    for (const id of ended) void this.#exits.note(containerName(id));
  }

  /** Undefined, and nothing left of it, when the container never started or its host did since. */
  async #adopt(name: string): Promise<Entry | undefined> {
    const container = await readHeld(this.#options.layout.containers, name);
    const started =
      container === undefined
        ? undefined
        : ((await awaitStarted(container)) ?? (await this.#ended(container)));
    if (container === undefined || started === undefined || container.kind !== this.#options.backend.kind) {
      await this.#dismantle(name);
      return undefined;
    }
    const entry = this.#addEntry(container);
    noteStarted(entry, started);
    return entry;
  }

  /** Of one that ended before its host was restarted: how is known still, and its process is none of ours. */
  async #ended({ name, bootId }: HeldContainer): Promise<ProcessIdentity | undefined> {
    if (bootId === hostBootId() || (await this.#exits.read(name)) === undefined) return undefined;
    return noProcess;
  }

  #check(effect: EffectOf<"check">): void {
    const { containerId, checkId } = effect;
    const entry = this.#entries.get(containerName(containerId));
    const done = (answer: CheckAnswer): void =>
      this.#emit({ type: "check-result", containerId, checkId, ...answer });
    if (entry === undefined) {
      queueMicrotask(() => done({ ok: false, message: "its container is not there" }));
      return;
    }
    enqueue(entry, async () => {
      const { container, started, exited } = entry;
      if (started === undefined || exited) return done({ ok: false, message: "its container has ended" });
      // Not awaited: a check may take its time, and a signal must not wait for it.
      this.#checks.run({ container, pid: started.pid }, effect, done);
    });
  }

  #running(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ started, exited }) => started !== undefined && !exited);
  }

  /** Those that did not end: their GPUs are not free. */
  held(): readonly HeldContainer[] {
    return [...this.#entries.values()].flatMap(({ container, exited }) => (exited ? [] : [container]));
  }

  /** Undefined: none of this id runs. */
  running(containerId: ContainerId): HeldContainer | undefined {
    const entry = this.#entries.get(containerName(containerId));
    return entry?.started === undefined || entry.exited ? undefined : entry.container;
  }

  /** Of what runs now. */
  read(done: (usages: ReadonlyMap<ContainerId, ContainerUsage>) => void): void {
    const containers = this.#running().map(({ container }) => container);
    done(usagesOf(containers, this.#options.backend, this.#watches));
  }

  /** The reason is kept first: whoever is the agent when it has ended tells it. */
  async #endFor(container: HeldContainer, limitation: Limitation): Promise<void> {
    const entry = this.#entries.get(container.name);
    if (entry?.started === undefined || entry.exited) return;
    await writeLimitation(container, limitation);
    if (!entry.exited) this.#options.backend.kill(container, entry.started);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
