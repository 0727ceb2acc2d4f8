/**
 * The users: they create, change, scale, restart, kill, roll back and delete apps at random, and remember
 * what was answered.
 *
 * One command at a time for each app, so that what may be true stays countable; commands for different apps
 * run at once.
 */

import type { AppsAnswer, AppsCommand } from "#core/apps/types.ts";
import type { AppDefinition, AppPatch } from "#model/app.ts";
import { appId, type DeploymentId, type VersionId } from "#model/ids.ts";
import type { MasterNode } from "#nodes/master-node.ts";
import type { Rejection } from "#ports/room.ts";
import { configVariable, drawApp } from "./draw-app.ts";
import { type Wanted, WantedApps } from "./wanted.ts";
import type { Life, World } from "./world.ts";

type Connection = { readonly node: MasterNode; readonly life: Life; readonly busy: Set<string> };

/** What a command does to its app if it is done: the outcomes among which `seen` may choose. */
type Plan = { readonly command: AppsCommand; readonly after: readonly Wanted[] };

type Version = { readonly version: VersionId; readonly wanted: NonNullable<Wanted> };

const appCount = 5;

export class Workload {
  readonly wanted = new WantedApps();
  readonly #world: World;
  readonly #report: (problem: string) => void;
  readonly #definitions = new Map<string, AppDefinition>();
  readonly #before = new Map<DeploymentId, { readonly id: string; readonly wanted: Wanted }>();
  /** Of each app: the versions that were answered since it was created. */
  readonly #versions = new Map<string, readonly Version[]>();
  #connection: Connection | undefined;
  #configCount = 0;
  answered = 0;

  constructor(world: World, report: (problem: string) => void) {
    this.#world = world;
    this.#report = report;
  }

  /** A master is up: look at what became of the commands that were never answered. */
  connected(node: MasterNode, life: Life): void {
    const connection: Connection = { node, life, busy: new Set() };
    life.atEnd(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    const apps = new Map<string, { instances: number; config: string }>();
    node.apps.read(
      (state) => {
        for (const app of state.apps.values()) {
          const { id, instances, env } = app.definition;
          apps.set(id, { instances, config: env[configVariable] ?? "" });
        }
      },
      () => {
        for (const id of new Set([...this.wanted.ids(), ...apps.keys()])) {
          const problem = this.wanted.seen(id, apps.get(id));
          if (problem !== undefined) this.#report(`after a restart ${problem}`);
        }
        this.#connection = connection;
      },
    );
  }

  /** Sends one random command, if a master is there to take it. */
  act(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const index = this.#world.chance.below(appCount);
    const id = `/app-${index}`;
    const before = this.wanted.candidates(id);
    if (connection.busy.has(id) || before.length !== 1) return;
    if (before[0] === undefined) return this.#send(id, this.#create(id, index));
    if (this.#world.happens(0.1)) return this.#cancel(connection, id);
    if (this.#world.happens(0.15)) return this.#killTasks(connection, id, before[0]);
    this.#send(id, this.#change(id, index, before[0]));
  }

  /** Before the calm: scales the app to what fits for good; true when that is answered or not needed. */
  settle(id: string, budgetCpus: number, report: (usedCpus: number) => void): void {
    const connection = this.#connection;
    const now = this.wanted.candidates(id);
    if (connection === undefined || connection.busy.has(id) || now.length !== 1) return;
    const wanted = now[0];
    const definition = wanted && this.#definitions.get(wanted.config);
    if (wanted === undefined || definition === undefined) return report(0);
    const cpus = definition.cpus / 1_000;
    const fits = definition.requirePorts ? 0 : Math.min(wanted.instances, Math.floor(budgetCpus / cpus));
    if (fits === wanted.instances) return report(fits * cpus);
    const plan = this.#scale(id, wanted, fits, true);
    this.#send(id, plan);
  }

  #create(id: string, index: number): Plan {
    const definition = this.#draw(id, index, this.#world.between(0, 4));
    const { instances } = definition;
    const config = definition.env[configVariable] ?? "";
    return {
      command: { type: "create-app", definition, force: this.#world.happens(0.3) },
      after: [{ instances, config, notBeforeMs: this.#world.nowMs, halfway: false }],
    };
  }

  #change(id: string, index: number, wanted: NonNullable<Wanted>): Plan {
    const world = this.#world;
    const force = world.happens(0.4);
    switch (world.chance.below(6)) {
      case 0:
        return this.#scale(id, wanted, world.between(0, 5), force);
      case 1:
        return {
          command: { type: "restart-app", id: appId(id), force },
          after: [{ ...wanted, notBeforeMs: world.nowMs, halfway: false }],
        };
      case 2:
        return { command: { type: "delete-app", id: appId(id), force }, after: [undefined] };
      case 3: {
        const old = world.pick(this.#versions.get(id) ?? []);
        if (old === undefined) return this.#scale(id, wanted, 1, force);
        const { version } = old;
        return {
          command: { type: "rollback-app", id: appId(id), version, force },
          after: [stillHalfway(wanted, old.wanted)],
        };
      }
      default: {
        const definition = this.#draw(id, index, world.happens(0.5) ? wanted.instances : world.between(0, 4));
        const { id: _, ...patch } = definition;
        const config = definition.env[configVariable] ?? "";
        return {
          command: this.#update(id, patch, world.happens(0.5), force),
          after: [{ instances: definition.instances, config, notBeforeMs: world.nowMs, halfway: false }],
        };
      }
    }
  }

  #scale(id: string, wanted: NonNullable<Wanted>, instances: number, force: boolean): Plan {
    const command = this.#update(id, { instances }, false, force);
    return { command, after: [stillHalfway(wanted, { ...wanted, instances })] };
  }

  #update(id: string, patch: AppPatch, replace: boolean, force: boolean): AppsCommand {
    const update = { id: appId(id), patch, replace, mustExist: this.#world.happens(0.5) };
    return { type: "update-apps", updates: [update], force };
  }

  #cancel(connection: Connection, id: string): void {
    connection.node.apps.read(
      (state) => [...state.deployments.keys()].find((key) => this.#before.get(key)?.id === id),
      (deploymentId) => {
        const known = deploymentId === undefined ? undefined : this.#before.get(deploymentId);
        if (deploymentId === undefined || known === undefined || connection.busy.has(id)) return;
        const force = this.#world.happens(0.3);
        const now = this.wanted.candidates(id)[0];
        const after = force ? [now && { ...now, halfway: true }] : [known.wanted];
        this.#send(id, { command: { type: "cancel-deployment", id: deploymentId, force }, after });
      },
    );
  }

  #killTasks(connection: Connection, id: string, wanted: NonNullable<Wanted>): void {
    connection.node.apps.read(
      (state) =>
        [...state.instances.values()]
          .filter((instance) => instance.appId === id && this.#world.happens(0.5))
          .map((instance) => instance.taskId),
      (taskIds) => {
        if (taskIds.length === 0 || connection.busy.has(id)) return;
        const scale = this.#world.happens(0.5);
        const force = this.#world.happens(0.5);
        // Some may have ended by the time it is decided: the answer does not say how many it scaled by.
        const after = scale
          ? Array.from({ length: taskIds.length + 1 }, (_, less) => ({
              ...wanted,
              instances: Math.max(0, wanted.instances - less),
            }))
          : [wanted];
        this.#send(id, { command: { type: "kill-tasks", taskIds, scale, force }, after });
      },
    );
  }

  #send(id: string, { command, after }: Plan): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const before = this.wanted.candidates(id);
    this.wanted.maybe(id, after);
    connection.busy.add(id);
    this.#world.note(() => `user: ${command.type} ${id} ${JSON.stringify(after)}`);
    connection.node.apps.submit(command, (outcome) => {
      connection.busy.delete(id);
      this.#world.note(() => `user: ${command.type} ${id} answered ${describeOutcome(outcome)}`);
      if (outcome !== undefined && "kind" in outcome) return this.wanted.settle(id, before);
      this.answered += 1;
      this.wanted.settle(id, after);
      if (after.length === 1) this.#rememberVersion(id, outcome, after[0]);
      const deploymentId = outcome && "deploymentId" in outcome ? outcome.deploymentId : undefined;
      if (deploymentId !== undefined) this.#before.set(deploymentId, { id, wanted: before[0] });
      if (after.length > 1) this.#look(connection, id);
    });
  }

  #rememberVersion(id: string, outcome: AppsAnswer | undefined, wanted: Wanted): void {
    if (wanted === undefined) this.#versions.delete(id);
    if (wanted === undefined || outcome === undefined || wanted.halfway) return;
    const version =
      outcome.type === "app" ? outcome.app.version : "version" in outcome ? outcome.version : undefined;
    if (version === undefined) return;
    this.#versions.set(id, [...(this.#versions.get(id) ?? []), { version, wanted }].slice(-8));
  }

  #look(connection: Connection, id: string): void {
    connection.node.apps.read(
      (state) => state.apps.get(appId(id))?.definition,
      (definition) => {
        if (connection.busy.has(id)) return;
        const actual = definition && {
          instances: definition.instances,
          config: definition.env[configVariable] ?? "",
        };
        const problem = this.wanted.seen(id, actual);
        if (problem !== undefined) this.#report(problem);
      },
    );
  }

  #draw(id: string, index: number, instances: number): AppDefinition {
    this.#configCount += 1;
    const config = `c${this.#configCount}`;
    const definition = drawApp(this.#world, id, index, config, instances);
    this.#definitions.set(config, definition);
    return definition;
  }
}

/** A command that changes nothing does not go on with what was given up halfway. */
const stillHalfway = (now: NonNullable<Wanted>, next: NonNullable<Wanted>): Wanted => ({
  ...next,
  halfway: now.halfway && now.instances === next.instances && now.config === next.config,
});

const describeOutcome = (outcome: AppsAnswer | Rejection | undefined): string =>
  outcome === undefined
    ? "nothing"
    : "kind" in outcome
      ? `no: ${outcome.message} ${JSON.stringify(outcome.details ?? "")}`
      : `${outcome.type} ${"deploymentId" in outcome ? (outcome.deploymentId ?? "") : ""}`;
