/**
 * The console's desk in a master's program: what the node tells it, and the timeline beside it.
 *
 * What is told before the desk is there is not missed: it begins by looking at everything.
 */

import { createChance } from "#base/random.ts";
import type { AppsRecord } from "#core/apps/records.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { AppsEvent, AppsInput } from "#core/apps/types.ts";
import type { MasterRecord } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput } from "#core/master/types.ts";
import { ConsoleDesk } from "#doors/console/desk/desk.ts";
import type { ClusterContext } from "#doors/endpoint.ts";
import { guardCluster } from "#doors/guard.ts";
import type { MasterChange } from "#doors/mesos/operator/changes.ts";
import type { MasterWatch } from "#doors/mesos/operator/master-watch.ts";
import { startTimelineNode, type TimelineNode } from "#nodes/timeline-node.ts";
import type { Store } from "#ports/store.ts";
import { createClock } from "#shell/clock/clock.ts";
import type { Log } from "#shell/log/log.ts";
import type { ProcessLife } from "../process-life.ts";
import { randomSeed } from "../seed.ts";

/** Called in the middle of the loops: a defect of the desk is logged, and costs the cluster nothing. */
export class ConsoleHooks {
  #desk: Told | undefined;
  #failed: (error: unknown) => void = () => {};

  readonly observe = (input: MasterInput | AppsInput): void => this.#tell((desk) => desk.observe(input));
  readonly masterRecords = (state: MasterState, records: readonly MasterRecord[]): void =>
    this.#tell((desk) => desk.masterRecords(state, records));
  readonly appsRecords = (state: AppsState, records: readonly AppsRecord[]): void =>
    this.#tell((desk) => desk.appsRecords(state, records));
  readonly appsEvent = (event: AppsEvent): void => this.#tell((desk) => desk.appsEvent(event));
  readonly masterChanges = (changes: readonly MasterChange[]): void =>
    this.#tell((desk) => desk.masterChanges(changes));

  open(desk: Told, failed: (error: unknown) => void): void {
    this.#desk = desk;
    this.#failed = failed;
  }

  #tell(what: (desk: Told) => void): void {
    if (this.#desk === undefined) return;
    try {
      what(this.#desk);
    } catch (error) {
      this.#failed(error);
    }
  }
}

type Told = Pick<ConsoleDesk, "observe" | "masterRecords" | "appsRecords" | "appsEvent" | "masterChanges">;

export type ConsoleWorld = {
  readonly hooks: ConsoleHooks;
  readonly cluster: ClusterContext;
  readonly watch: MasterWatch;
  readonly store: Store;
  readonly storeKind: string;
  readonly life: ProcessLife;
  readonly log: Log;
};

export async function openDesk(world: ConsoleWorld): Promise<ConsoleDesk> {
  const { hooks, cluster, watch, store, storeKind, life, log } = world;
  const clock = createClock();
  let desk: ConsoleDesk | undefined;
  const failed = (error: unknown): void =>
    log.error(
      `the console failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  const timeline = await new Promise<TimelineNode>((resolve) =>
    startTimelineNode(
      {
        clock,
        chance: createChance(randomSeed()),
        store,
        fatal: (reason) => life.fail(reason),
        changed: () => desk?.timelineChanged(),
      },
      resolve,
    ),
  );
  life.atEnd("the timeline", () => timeline.stop());
  desk = new ConsoleDesk({
    ...guardCluster(cluster, failed),
    after: clock.after,
    timeline: timeline.state,
    happened: (happenings) => timeline.happened(happenings),
    failed,
    storeKind,
  });
  const opened = desk;
  life.atEnd("the console", () => opened.stop());
  hooks.open(opened, failed);
  watch.listen(hooks.masterChanges);
  opened.tell({
    atMs: clock.nowMs(),
    kind: "cluster",
    tone: "neutral",
    text: `A master began to lead: ${cluster.info.hostname}:${cluster.info.masterPort}, version ${cluster.info.version}.`,
    links: [],
  });
  return opened;
}
