/**
 * The users of pods: they create, change, scale, roll back, kill and delete pods at random, and remember what was
 * answered. One command at a time for each pod, so that what may be true stays countable.
 */

import type { AppsCommand } from "#core/apps/types.ts";
import { appId, type VersionId } from "#model/ids.ts";
import { type Instance, isOver } from "#model/instance.ts";
import { needsOf, type PodDefinition } from "#model/pod.ts";
import { fromMilli } from "#model/resources.ts";
import type { MasterNode } from "#nodes/master-node.ts";
import { configVariable } from "./draw-app.ts";
import { drawPod } from "./draw-pod.ts";
import { type Wanted, WantedApps } from "./wanted.ts";
import type { Life, World } from "./world.ts";

type Connection = { readonly node: MasterNode; readonly busy: Set<string> };
type Plan = { readonly command: AppsCommand; readonly after: Wanted };
type Version = { readonly version: VersionId; readonly wanted: NonNullable<Wanted> };

const podIds = ["/pod-0", "/p/pod-1"];

export class PodWorkload {
  readonly wanted = new WantedApps();
  readonly #world: World;
  readonly #report: (problem: string) => void;
  readonly #definitions = new Map<string, PodDefinition>();
  readonly #versions = new Map<string, readonly Version[]>();
  #connection: Connection | undefined;
  #configCount = 0;

  constructor(world: World, report: (problem: string) => void) {
    this.#world = world;
    this.#report = report;
  }

  /** A master is up: look at what became of the commands that were never answered. */
  connected(node: MasterNode, life: Life): void {
    const connection: Connection = { node, busy: new Set() };
    life.atEnd(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    node.apps.read(
      (state) => new Map([...state.pods].map(([id, { definition }]) => [id as string, shapeOf(definition)])),
      (pods) => {
        for (const id of new Set([...this.wanted.ids(), ...pods.keys()])) {
          const problem = this.wanted.seen(id, pods.get(id));
          if (problem !== undefined) this.#report(`after a restart, of pods: ${problem}`);
        }
        this.#connection = connection;
      },
    );
  }

  act(): void {
    const connection = this.#connection;
    const id = this.#world.pick(podIds) ?? "";
    const now = this.wanted.candidates(id);
    if (connection === undefined || connection.busy.has(id) || now.length !== 1) return;
    if (now[0] === undefined) return this.#send(id, this.#put(id, "create-pod", this.#world.between(0, 3)));
    if (this.#world.happens(0.2)) return this.#kill(connection, id);
    this.#send(id, this.#change(id, now[0]));
  }

  /** Before the calm: scales the pod to what fits for good; true when that is answered or not needed. */
  settle(id: string, budgetCpus: number, report: (usedCpus: number) => void): void {
    const connection = this.#connection;
    const now = this.wanted.candidates(id);
    if (connection === undefined || connection.busy.has(id) || now.length !== 1) return;
    const wanted = now[0];
    const definition = wanted && this.#definitions.get(wanted.config);
    if (wanted === undefined || definition === undefined) return report(0);
    const cpus = cpusOf(definition);
    const fits = Math.min(wanted.instances, Math.floor(budgetCpus / cpus));
    if (fits === wanted.instances) return report(fits * cpus);
    this.#send(id, this.#scale(wanted, definition, fits, true));
  }

  #change(id: string, wanted: NonNullable<Wanted>): Plan {
    const world = this.#world;
    const force = world.happens(0.3);
    const definition = this.#definitions.get(wanted.config);
    switch (world.chance.below(5)) {
      case 0:
      case 1:
        if (definition !== undefined) return this.#scale(wanted, definition, world.between(0, 3), force);
        break;
      case 2:
        return { command: { type: "delete-pod", id: appId(id), force }, after: undefined };
      case 3: {
        const old = world.pick(this.#versions.get(id) ?? []);
        if (old === undefined) break;
        return {
          command: { type: "rollback-pod", id: appId(id), version: old.version, force },
          after: { ...old.wanted, notBeforeMs: Math.min(old.wanted.notBeforeMs, wanted.notBeforeMs) },
        };
      }
    }
    return this.#put(id, "update-pod", world.between(0, 3));
  }

  #put(id: string, type: "create-pod" | "update-pod", instances: number): Plan {
    this.#configCount += 1;
    const config = `p${this.#configCount}`;
    const definition = drawPod(this.#world, id, config, instances);
    this.#definitions.set(config, definition);
    return {
      command: { type, definition, force: this.#world.happens(0.3) },
      after: { instances, config, notBeforeMs: 0, halfway: false },
    };
  }

  #scale(wanted: NonNullable<Wanted>, definition: PodDefinition, instances: number, force: boolean): Plan {
    return {
      command: { type: "update-pod", definition: { ...definition, instances }, force },
      after: { ...wanted, instances },
    };
  }

  /** Some of its instances, each by any of its tasks. */
  #kill(connection: Connection, id: string): void {
    connection.node.apps.read(
      (state) =>
        [...(state.instancesByApp.get(appId(id))?.values() ?? [])].flatMap(({ containers = [] }) =>
          this.#world.happens(0.5) ? (this.#world.pick(containers)?.taskId ?? []) : [],
        ),
      (taskIds) => {
        if (taskIds.length === 0 || connection.busy.has(id)) return;
        const after = this.wanted.candidates(id)[0];
        this.#send(id, { command: { type: "kill-tasks", taskIds, scale: false, force: false }, after });
      },
    );
  }

  #send(id: string, { command, after }: Plan): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const before = this.wanted.candidates(id);
    this.wanted.maybe(id, [after]);
    connection.busy.add(id);
    this.#world.note(() => `user: ${command.type} ${id} ${JSON.stringify(after)}`);
    connection.node.apps.submit(command, (outcome) => {
      connection.busy.delete(id);
      // What became of it was seen when the next one began to lead.
      if (this.#connection !== connection) return;
      const refused = outcome !== undefined && "kind" in outcome;
      this.#world.note(() => `user: ${command.type} ${id} ${refused ? `no: ${outcome.message}` : "done"}`);
      this.wanted.settle(id, refused ? before : [after]);
      if (refused) return;
      if (after === undefined) this.#versions.delete(id);
      else if (outcome?.type === "pod")
        this.#versions.set(
          id,
          [...(this.#versions.get(id) ?? []), { version: outcome.pod.version, wanted: after }].slice(-6),
        );
    });
  }
}

const shapeOf = ({ instances, env }: PodDefinition) => ({ instances, config: env[configVariable] ?? "" });

const cpusOf = (definition: PodDefinition): number => fromMilli(needsOf(definition).cpus);

/** What is wrong with an instance that should be there for good, if anything is. */
export function instanceProblem(instance: Instance, running: ReadonlySet<string>): string | undefined {
  const { containers = [], taskId, state, killing } = instance;
  if (state !== "running" || killing !== undefined) return `${taskId} is ${state}`;
  const missing = containers.find((container) => !isOver(container.state) && !running.has(container.taskId));
  if (missing !== undefined) return `${missing.taskId} is thought to be ${missing.state}, and does not run`;
  const spoiled = containers.find((container) => isOver(container.state) && container.state !== "finished");
  return spoiled && `${spoiled.taskId} is ${spoiled.state}, and its instance goes on`;
}
