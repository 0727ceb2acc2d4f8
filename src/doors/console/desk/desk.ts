/**
 * The console's desk: one for a master's program, which tells it what changes and is asked for views by the doors.
 *
 * It owns what views are made of beside the rooms' states (marks, indexes, what is really used, the live hub) and is
 * part of no decision: without it the cluster does all that it does.
 */

import { limits } from "#base/limits.ts";
import type { AppsRecord } from "#core/apps/records.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { AppsEvent, AppsInput } from "#core/apps/types.ts";
import type { MasterRecord } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput, OperatorInput } from "#core/master/types.ts";
import type { TimelineState } from "#core/timeline/state.ts";
import type { FrameworkId, SessionId } from "#model/ids.ts";
import type { Happening } from "#model/timeline.ts";
import type { UsageReport } from "#model/usage-report.ts";
import type { Cancel } from "#ports/clock.ts";
import type { ConsoleViews, ViewName } from "#wire/unum/console/live.ts";
import type { ClusterContext } from "../../endpoint.ts";
import type { MasterChange } from "../../mesos/operator/changes.ts";
import { LiveHub } from "../live/hub.ts";
import { slicesOf } from "../views/table.ts";
import { isOrder, tellChange, tellEvent, tellOrder } from "./chronicle.ts";
import { History } from "./cluster-history.ts";
import { Marks } from "./marks.ts";
import { NodeIndex, sumGauges } from "./node-index.ts";
import { ServiceIndex } from "./service-index.ts";
import { runSlice, type Slices } from "./slices.ts";
import { serviceOfTaskId } from "./task-facts.ts";
import { UsageBook } from "./usage-book.ts";
import type { World } from "./world.ts";

export type DeskWorld = Pick<ClusterContext, "master" | "apps" | "info" | "nowMs" | "timers" | "plugins"> & {
  readonly after: (delayMs: number, run: () => void) => Cancel;
  readonly timeline: TimelineState;
  /** To the timeline's room. */
  readonly happened: (happenings: readonly Happening[]) => void;
  readonly failed: (error: unknown) => void;
  readonly storeKind: string;
};

/** Gathered for so long before they go to the timeline: a burst is one row. */
const happeningsDelayMs = 200;

export class ConsoleDesk {
  readonly #world: DeskWorld;
  readonly marks: Marks;
  readonly hub: LiveHub;
  readonly #nodes = new NodeIndex();
  readonly #services = new ServiceIndex();
  readonly #usage = new UsageBook();
  readonly #history = new History();
  #viewers = 0;
  #happenings: Happening[] = [];
  #leftOut = 0;
  /** The app service's: another Marathon's tasks have ids like ours. */
  #frameworkId: FrameworkId | undefined;
  /** For rows to be made. */
  #waiting: (() => void)[] = [];
  #timers = new Map<string, Cancel>();
  #order: OperatorInput | undefined;
  #reported: { readonly session: SessionId; readonly usage: UsageReport } | undefined;

  constructor(world: DeskWorld) {
    this.#world = world;
    const { nowMs, after, failed } = world;
    this.hub = new LiveHub({
      nowMs,
      after,
      failed,
      count: (topic) => this.marks.count(topic),
      look: (name, params, done, fault) => this.look(name, params as never, done, fault),
    });
    this.marks = new Marks(this.hub.changed);
    this.#sampleLater();
  }

  stop(): void {
    this.hub.stop();
    for (const cancel of this.#timers.values()) cancel();
  }

  // What the program tells.

  /** Every input of the master, before it is decided. */
  observe(input: MasterInput | AppsInput): void {
    this.#order = isOrder(input) ? input : undefined;
    this.#reported = undefined;
    if (input.type !== "agent-message") return;
    const { session, message } = input.envelope;
    if (message.type === "report" && message.usage !== undefined)
      this.#reported = { session, usage: message.usage };
  }

  /** What was decided of it, beside the state of before. */
  masterRecords(state: MasterState, records: readonly MasterRecord[]): void {
    this.marks.master(state, records);
    if (this.#order !== undefined && records.length > 0) {
      const told = tellOrder(this.#order, state);
      if (told !== undefined) this.tell({ ...told, atMs: this.#world.nowMs() });
    }
    this.#order = undefined;
    if (this.#reported !== undefined) this.#takeUsage(state, this.#reported.session, this.#reported.usage);
    this.#reported = undefined;
  }

  appsRecords(state: AppsState, records: readonly AppsRecord[]): void {
    this.#frameworkId = state.frameworkId;
    this.marks.apps(state, records);
  }

  appsEvent(event: AppsEvent): void {
    const told = tellEvent(event);
    if (told !== undefined) this.tell({ ...told, atMs: event.timestampMs });
  }

  masterChanges(changes: readonly MasterChange[]): void {
    this.#world.master.read(
      (state) => (id: string) => state.tables.agent.get(id)?.info.name ?? id,
      (nameOf) => {
        for (const change of changes) {
          const told = tellChange(change, nameOf, this.#serviceOf);
          if (told !== undefined) this.tell({ ...told, atMs: this.#world.nowMs() });
        }
      },
    );
  }

  tell(happening: Happening): void {
    if (this.#happenings.length >= limits.timelineQueueMax) this.#leftOut += 1;
    else this.#happenings.push(happening);
    this.#once("happenings", happeningsDelayMs, () => {
      const happenings = this.#happenings;
      if (this.#leftOut > 0) {
        const text = `${this.#leftOut} more events came too fast to be kept.`;
        happenings.push({ atMs: this.#world.nowMs(), kind: "cluster", tone: "neutral", text, links: [] });
      }
      this.#happenings = [];
      this.#leftOut = 0;
      this.#world.happened(happenings);
    });
  }

  /** When the timeline has taken something in. */
  timelineChanged(): void {
    this.marks.touch("timeline");
  }

  /** A defect, to be logged. */
  failed(error: unknown): void {
    this.#world.failed(error);
  }

  viewer(change: 1 | -1): void {
    this.#viewers += change;
  }

  /** The number of the newest event: what a page that comes back has seen. */
  get lastNumber(): number {
    return this.#world.timeline.lastNumber;
  }

  /**
   * `done` comes when what was seen of both rooms is durable, at once or later; it is told how long the look took the loop.
   * A defect of the view is told to `failed`, in place of it.
   */
  look<Name extends ViewName>(
    name: Name,
    params: ConsoleViews[Name]["params"],
    done: (value: ConsoleViews[Name]["value"], workedMs: number) => void,
    failed: (error: unknown) => void = this.#world.failed,
  ): void {
    if (this.marks.behind > 0) this.#makeRows();
    if (this.marks.behind <= limits.consoleRowsPerTurnMax) return this.#lookNow(name, params, done, failed);
    this.#catchUp(() => {
      try {
        this.#lookNow(name, params, done, failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  #lookNow<Name extends ViewName>(
    name: Name,
    params: ConsoleViews[Name]["params"],
    done: (value: ConsoleViews[Name]["value"], workedMs: number) => void,
    failed: (error: unknown) => void,
  ): void {
    const { master: masterLoop, apps: appsLoop, nowMs: now, after } = this.#world;
    let work: Slices<ConsoleViews[Name]["value"]> | undefined;
    let workedMs = 0;
    const turn = (): void => {
      let seen: { readonly value: ConsoleViews[Name]["value"] } | undefined;
      let waits = 2;
      // What the last turn saw is durable after what the earlier ones saw.
      const arrived = (): void => {
        waits -= 1;
        if (waits === 0 && seen !== undefined) done(seen.value, workedMs);
      };
      masterLoop.read((master, nowMs) => {
        appsLoop.read((apps) => {
          // A loop whose store is not certain looks later, where nobody would catch it.
          try {
            const startedAtMs = now();
            work ??= slicesOf(name, this.#lookAround(master, apps, nowMs), params);
            seen = runSlice(work, () => now() - startedAtMs >= limits.consoleTurnMs);
            const tookMs = Math.max(0, now() - startedAtMs);
            workedMs += tookMs;
            // As much time for others as it took; on a crowded machine that was partly theirs already.
            if (seen === undefined) after(Math.min(tookMs, limits.consoleTurnMs), later);
          } catch (error) {
            failed(error);
          }
        }, arrived);
      }, arrived);
    };
    // The first turn is the caller's; nobody would catch what a later one throws.
    const later = (): void => {
      try {
        turn();
      } catch (error) {
        failed(error);
      }
    };
    turn();
  }

  /** Makes rows anew, some in each turn of the loop, until there are few left; then calls back. */
  #catchUp(run: () => void): void {
    this.#waiting.push(run);
    this.#once("catch-up", 0, () => this.#catchUpSome());
  }

  #catchUpSome(): void {
    this.#makeRows();
    if (this.marks.behind > limits.consoleRowsPerTurnMax)
      return this.#once("catch-up", 0, () => this.#catchUpSome());
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting)
      try {
        run();
      } catch (error) {
        this.#world.failed(error);
      }
  }

  /** As many as one turn of the loop may take. */
  #makeRows(): void {
    const most = limits.consoleRowsPerTurnMax;
    this.#world.master.read(
      (master, nowMs) =>
        this.#world.apps.read(
          (apps) => {
            this.#nodes.refresh(master, apps, this.#usage, this.marks, nowMs, most);
            this.#services.refresh(apps, this.marks, nowMs, most);
          },
          () => {},
        ),
      () => {},
    );
  }

  #lookAround(master: MasterState, apps: AppsState, nowMs: number): World {
    const { info, timers, plugins, timeline, storeKind } = this.#world;
    this.#frameworkId = apps.frameworkId;
    const marks = this.marks;
    return {
      nowMs,
      master,
      apps,
      nodes: this.#nodes.refresh(master, apps, this.#usage, marks, nowMs),
      services: this.#services.refresh(apps, marks, nowMs),
      usage: this.#usage,
      history: this.#history,
      timeline,
      info,
      backlog: this.#world.master.backlog?.() ?? 0,
      viewers: this.#viewers,
      plugins: plugins?.list.map(({ id }) => id) ?? [],
      storeKind,
      timers: timers?.() ?? new Map(),
    };
  }

  readonly #serviceOf = (frameworkId: FrameworkId, taskId: string): string | undefined =>
    frameworkId === this.#frameworkId ? serviceOfTaskId(taskId) : undefined;

  #takeUsage(state: MasterState, session: SessionId, usage: UsageReport): void {
    const agentId = state.tables["agent-session"].get(session)?.agentId;
    if (agentId === undefined) return;
    this.#usage.take(agentId, usage, this.#world.nowMs(), this.#serviceOf);
    this.marks.usage(agentId);
  }

  /** Of what the whole cluster has and uses, once a step. */
  #sampleLater(): void {
    this.#once("sample", limits.usageStepMs, () => {
      this.#sampleLater();
      this.#catchUp(() =>
        this.#world.master.read(
          (master, nowMs) =>
            this.#world.apps.read(
              (apps) => {
                const { nodes } = this.#lookAround(master, apps, nowMs);
                this.#history.note(nowMs, sumGauges(nodes));
                this.#usage.sample(nowMs);
                this.#usage.forgetAgentsBut(master.tables.agent);
              },
              () => {},
            ),
          () => this.marks.touch("usage"),
        ),
      );
    });
  }

  #once(name: string, delayMs: number, run: () => void): void {
    if (this.#timers.has(name)) return;
    const cancel = this.#world.after(delayMs, () => {
      this.#timers.delete(name);
      try {
        run();
      } catch (error) {
        this.#world.failed(error);
      }
    });
    this.#timers.set(name, cancel);
  }
}
