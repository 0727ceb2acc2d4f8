/**
 * The users: they create, change, scale, restart, kill, roll back and delete apps at random, and remember
 * what was answered.
 *
 * One command at a time for each app, so that what may be true stays countable; commands for different apps
 * run at once.
 */

import type { AppsAnswer, AppsCommand, ChangeOptions } from "#core/apps/types.ts";
import type { AppDefinition, AppPatch } from "#model/app.ts";
import { deployedBy } from "#model/deployment.ts";
import { type AppId, appId, type DeploymentId, deploymentId, type VersionId } from "#model/ids.ts";
import type { MasterNode } from "#nodes/master-node.ts";
import type { Rejection } from "#ports/room.ts";
import { mayBeStuck, shapeOf, withDeadline } from "./app-looks.ts";
import { configVariable, drawApp, type Wishes } from "./draw-app.ts";
import { type GroupVersion, type Plan, planGroup, stillHalfway } from "./group-plans.ts";
import { type Wanted, WantedApps } from "./wanted.ts";
import type { Life, World } from "./world.ts";

type Connection = {
  readonly node: MasterNode;
  readonly life: Life;
  readonly busy: Set<string>;
  /** Another master has begun to lead: nothing that is said here counts any more. */
  isOld: boolean;
};

type Version = { readonly version: VersionId; readonly wanted: NonNullable<Wanted> };

/** Each may depend on those before it; the last three are in a group, and the first of them in one within. */
const appIds = ["/app-0", "/app-1", "/g/h/app-2", "/g/app-3", "/g/app-4"];

export class Workload {
  readonly wanted = new WantedApps();
  readonly #world: World;
  readonly #wishes: Wishes;
  readonly #report: (problem: string) => void;
  readonly #definitions = new Map<string, AppDefinition>();
  readonly #before = new Map<DeploymentId, ReadonlyMap<string, Wanted>>();
  /** What was answered of the group as a whole. */
  #groupVersions: readonly GroupVersion[] = [];
  /** Of each app: the versions that were answered since it was created. */
  readonly #versions = new Map<string, readonly Version[]>();
  #connection: Connection | undefined;
  /** To masters that may believe still that they lead. */
  readonly #all = new Set<Connection>();
  #configCount = 0;
  answered = 0;
  /** No master that was deposed by force can know it at once. */
  mayReadOld = (): boolean => false;

  constructor(world: World, wishes: Wishes, report: (problem: string) => void) {
    this.#world = world;
    this.#wishes = wishes;
    this.#report = report;
  }

  /** A master is up: look at what became of the commands that were never answered. */
  connected(node: MasterNode, life: Life): void {
    const connection: Connection = { node, life, busy: new Set(), isOld: false };
    this.#all.add(connection);
    life.atEnd(() => {
      this.#all.delete(connection);
      if (this.#connection === connection) this.#connection = undefined;
    });
    const apps = new Map<string, ReturnType<typeof shapeOf>>();
    let underWay: ReadonlySet<string> = new Set();
    node.apps.read(
      (state) => {
        for (const { definition } of state.apps.values()) apps.set(definition.id, shapeOf(definition));
        underWay = withDeadline(state);
      },
      () => {
        for (const id of new Set([...this.wanted.ids(), ...apps.keys()])) {
          const problem = this.wanted.look(id, apps.get(id), underWay.has(id));
          if (problem !== undefined) this.#report(`after a restart ${problem}`);
        }
        for (const each of this.#all) each.isOld = each !== connection;
        this.#connection = connection;
      },
    );
  }

  /** Sends one random command, if a master is there to take it. */
  act(): void {
    const connection = this.#connection;
    if (this.#world.happens(0.1)) this.#readAnywhere();
    for (const old of this.#all) if (old.isOld) this.#trouble(old);
    if (connection === undefined) return;
    if (this.#world.happens(0.15)) return this.#actOnGroup(connection);
    const index = this.#world.chance.below(appIds.length);
    const id = appIds[index] ?? "";
    const before = this.wanted.candidates(id);
    if (this.wanted.isTimed(id)) return this.#look(connection, id);
    if (connection.busy.has(id) || before.length !== 1) return;
    if (before[0] === undefined) return this.#send(this.#create(id, index));
    if (this.#world.happens(0.1)) return this.#cancel(connection, id);
    if (this.#world.happens(0.15)) return this.#killTasks(connection, id, before[0]);
    const change = this.#change(id, index, before[0]);
    const deadlineMs = this.#world.happens(0.1) ? this.#world.between(1_000, 30_000) : undefined;
    this.#send(deadlineMs === undefined ? change : inTime(change, deadlineMs));
  }

  /** What is read, at whatever master, is what was answered last. */
  #readAnywhere(): void {
    const connection = this.#world.pick([...this.#all]);
    if (connection !== undefined) this.#readAt(connection, this.#world.pick(appIds) ?? "");
  }

  #readAt(connection: Connection, id: string): void {
    const before = this.wanted.candidates(id);
    if (before.length !== 1) return;
    if (connection.isOld && this.mayReadOld()) return;
    connection.node.apps.read(
      (state) => shapeOf(state.apps.get(appId(id))?.definition),
      (actual) => {
        if (this.wanted.candidates(id) !== before) return;
        const problem = this.wanted.seen(id, actual);
        if (problem !== undefined)
          this.#report(`read ${connection.isOld ? "at a deposed master" : ""}: ${problem}`);
      },
    );
  }

  /** A client that has not heard yet of the new leader: it may be refused, and never told that anything was done. */
  #trouble({ node }: Connection): void {
    const command = { type: "delete-app", id: appId(this.#world.pick(appIds) ?? ""), force: true } as const;
    node.apps.submit({ ...command, supersede: false }, (outcome) => {
      if (outcome !== undefined && "kind" in outcome) return;
      this.#report(`a deposed master says that it has done ${command.type} ${command.id}`);
    });
  }

  /** The whole group at once, when nothing else is asked of any app in it. */
  #actOnGroup(connection: Connection): void {
    const ids = appIds.filter((id) => id.startsWith("/g/"));
    const now = new Map(ids.map((id) => [id, this.wanted.candidates(id)] as const));
    if ([...now].some(([id, candidates]) => connection.busy.has(id) || candidates.length !== 1)) return;
    const plan = planGroup({
      world: this.#world,
      now: new Map([...now].map(([id, candidates]) => [id, candidates[0]] as const)),
      versions: this.#groupVersions,
      draw: (id) => this.#draw(id, appIds.indexOf(id), this.#world.between(0, 3)),
    });
    if (plan !== undefined) this.#send({ ...plan, command: { ...plan.command, ...this.#options() } });
  }

  /** How a change deals with deployments in its way. */
  #options(): { readonly force: boolean; readonly supersede: boolean } {
    return { force: this.#world.happens(0.25), supersede: this.#world.happens(0.4) };
  }

  /** Before the calm: scales the app to what fits for good; true when that is answered or not needed. */
  settle(id: string, budgetCpus: number, report: (usedCpus: number) => void): void {
    const connection = this.#connection;
    const now = this.wanted.candidates(id);
    if (connection !== undefined && this.wanted.isTimed(id)) return this.#look(connection, id);
    if (connection === undefined || connection.busy.has(id) || now.length !== 1) return;
    const wanted = now[0];
    const definition = wanted && this.#definitions.get(wanted.config);
    if (wanted === undefined || definition === undefined) return report(0);
    const cpus = definition.cpus / 1_000;
    const room = Math.min(wanted.instances, Math.floor(budgetCpus / cpus));
    const fits = mayBeStuck(definition) ? 0 : room;
    if (fits === wanted.instances) return report(fits * cpus);
    this.#send(this.#scale(id, wanted, fits, { force: true, supersede: false }));
  }

  #create(id: string, index: number): Plan {
    const definition = this.#draw(id, index, this.#world.between(0, 4));
    const { instances } = definition;
    const config = definition.env[configVariable] ?? "";
    return {
      command: { type: "create-app", definition, ...this.#options() },
      after: only(id, { instances, config, notBeforeMs: this.#world.nowMs, halfway: false }),
    };
  }

  #change(id: string, index: number, wanted: NonNullable<Wanted>): Plan {
    const world = this.#world;
    const options = this.#options();
    switch (world.chance.below(6)) {
      case 0:
        return this.#scale(id, wanted, world.between(0, 5), options);
      case 1:
        return {
          command: { type: "restart-app", id: appId(id), ...options },
          after: only(id, { ...wanted, notBeforeMs: world.nowMs, halfway: false }),
        };
      case 2:
        return { command: { type: "delete-app", id: appId(id), ...options }, after: only(id, undefined) };
      case 3: {
        const old = world.pick(this.#versions.get(id) ?? []);
        if (old === undefined) return this.#scale(id, wanted, 1, options);
        const { version } = old;
        return {
          command: { type: "rollback-app", id: appId(id), version, ...options },
          after: only(id, stillHalfway(wanted, old.wanted)),
        };
      }
      default: {
        const definition = this.#draw(id, index, world.happens(0.5) ? wanted.instances : world.between(0, 4));
        const { id: _, ...drawn } = definition;
        // What the new one does not have must not stay from the old one.
        const patch = { constraints: undefined, dependencies: undefined, ...drawn };
        const config = definition.env[configVariable] ?? "";
        return {
          command: this.#update(id, patch, world.happens(0.5), options),
          after: only(id, {
            ...{ instances: definition.instances, config },
            ...{ notBeforeMs: world.nowMs, halfway: false },
          }),
        };
      }
    }
  }

  #scale(id: string, wanted: NonNullable<Wanted>, instances: number, options: ChangeOptions): Plan {
    const command = this.#update(id, { instances }, false, options);
    return { command, after: only(id, stillHalfway(wanted, { ...wanted, instances })) };
  }

  #update(id: string, patch: AppPatch, replace: boolean, options: ChangeOptions): AppsCommand {
    const update = { id: appId(id), patch, replace, mustExist: this.#world.happens(0.5) };
    return { type: "update-apps", updates: [update], ...options };
  }

  /** The deployment that works on the app; it may have lost some of its other apps to newer ones. */
  #cancel(connection: Connection, id: string): void {
    connection.node.apps.read(
      (state) => {
        const deployment = state.deployments.get(state.lockedBy.get(appId(id)) ?? deploymentId(""));
        return deployment && { id: deployment.deploymentId, apps: deployedBy(deployment) };
      },
      (found) => {
        const known = found === undefined ? undefined : this.#before.get(found.id);
        if (found === undefined || known === undefined) return;
        if (found.apps.some((app) => connection.busy.has(app) || this.wanted.candidates(app).length !== 1))
          return;
        const force = this.#world.happens(0.3);
        const after = new Map(
          found.apps.map((app): [string, readonly Wanted[]] => {
            const now = this.wanted.candidates(app)[0];
            return [app, force ? [now && { ...now, halfway: true }] : [known.get(app)]];
          }),
        );
        this.#send({ command: { type: "cancel-deployment", id: found.id, force }, after });
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
        const options = this.#options();
        // Some may have ended by the time it is decided: the answer does not say how many it scaled by.
        const after = scale
          ? Array.from({ length: taskIds.length + 1 }, (_, less) => ({
              ...wanted,
              instances: Math.max(0, wanted.instances - less),
            }))
          : [wanted];
        const wipe = !scale && this.#world.happens(0.3);
        const command = { type: "kill-tasks", taskIds, scale, wipe, ...options } as const;
        this.#send({ command, after: new Map([[id, after]]) });
      },
    );
  }

  #send({ command, after }: Plan): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const ids = [...after.keys()];
    const before = new Map(ids.map((id) => [id, this.wanted.candidates(id)] as const));
    const isTimed = "deadlineMs" in command;
    for (const [id, wanted] of after) {
      this.wanted.maybe(id, wanted);
      if (isTimed) this.wanted.mayGoBack(id, [...wanted, ...(before.get(id) ?? [])]);
      connection.busy.add(id);
    }
    const what = `${command.type} ${ids.join(" ")}${isTimed ? " in time" : ""}`;
    this.#world.note(() => `user: ${what} ${JSON.stringify([...after.values()])}`);
    connection.node.apps.submit(command, (outcome) => {
      for (const id of ids) connection.busy.delete(id);
      this.#world.note(() => `user: ${what} answered ${describeOutcome(outcome)}`);
      // What became of it was seen when the next one began to lead.
      if (connection.isOld) return;
      if (outcome !== undefined && "kind" in outcome) {
        for (const [id, wanted] of before) {
          if (isTimed) this.wanted.mayGoBack(id, undefined);
          this.wanted.settle(id, wanted);
        }
        return;
      }
      this.answered += 1;
      if ("force" in command && command.force) this.#leaveHalfway(ids);
      for (const [id, wanted] of after) {
        this.wanted.settle(id, isTimed ? [...wanted, ...(before.get(id) ?? [])] : wanted);
        if (wanted.length === 1) this.#rememberVersion(id, outcome, wanted[0]);
        else this.#look(connection, id);
        // Nobody who led before may show what was.
        for (const old of this.#all) if (old.isOld) this.#readAt(old, id);
      }
      const deployment = outcome && "deploymentId" in outcome ? outcome.deploymentId : undefined;
      if (deployment === undefined) return;
      this.#before.set(deployment, new Map([...before].map(([id, wanted]) => [id, wanted[0]])));
      if (command.type === "update-group" && outcome?.type === "deployment")
        this.#rememberGroup(outcome.version, after);
    });
  }

  /** By force, deployments of these apps were cancelled as a whole: of others, too. */
  #leaveHalfway(ids: readonly string[]): void {
    for (const apps of this.#before.values()) {
      if (!ids.some((id) => apps.has(id))) continue;
      for (const other of apps.keys()) {
        if (ids.includes(other)) continue;
        const all = this.wanted.candidates(other);
        this.wanted.settle(
          other,
          all.map((wanted) => wanted && { ...wanted, halfway: true }),
        );
      }
    }
  }

  #rememberGroup(version: VersionId, after: ReadonlyMap<string, readonly Wanted[]>): void {
    const wanted = new Map([...after].map(([id, all]) => [id, all[0]] as const));
    this.#groupVersions = [...this.#groupVersions, { version, wanted }].slice(-6);
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
      (state) => ({
        definition: state.apps.get(appId(id))?.definition,
        isUnderWay: withDeadline(state).has(id),
      }),
      ({ definition, isUnderWay }) => {
        if (connection.busy.has(id) || connection.isOld) return;
        const problem = this.wanted.look(id, shapeOf(definition), isUnderWay);
        if (problem !== undefined) this.#report(problem);
      },
    );
  }

  #draw(id: string, index: number, instances: number): AppDefinition {
    this.#configCount += 1;
    const config = `c${this.#configCount}`;
    const wishes = {
      constraints: this.#wishes.constraints && this.#world.happens(0.4),
      volumes: this.#wishes.volumes && index === 1,
    };
    const dependencies = dependenciesOf(this.#world, index);
    const definition = drawApp(this.#world, id, index, config, instances, dependencies, wishes);
    this.#definitions.set(config, definition);
    return definition;
  }
}

/** Apps before it, or the group within the group, for those that are in neither. */
function dependenciesOf(world: World, index: number): readonly AppId[] {
  if (index === 0 || !world.happens(0.3)) return [];
  const before = [...appIds.slice(0, index), ...(index > 2 ? ["/g/h"] : [])];
  return [appId(world.pick(before) ?? "/app-0")];
}

const inTime = ({ command, after }: Plan, deadlineMs: number): Plan => ({
  command: { ...command, deadlineMs } as AppsCommand,
  after,
});

const only = (id: string, wanted: Wanted): Plan["after"] => new Map([[id, [wanted]]]);

const describeOutcome = (outcome: AppsAnswer | Rejection | undefined): string =>
  outcome === undefined
    ? "nothing"
    : "kind" in outcome
      ? `no: ${outcome.message} ${JSON.stringify(outcome.details ?? "")}`
      : `${outcome.type} ${"deploymentId" in outcome ? (outcome.deploymentId ?? "") : ""}`;
