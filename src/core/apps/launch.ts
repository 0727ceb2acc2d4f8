/**
 * Uses offers: places the instances that apps want, accepts what is used and declines the rest.
 *
 * Invariants: an instance is recorded in the decision that accepts for it, so it is durable before the
 * master hears of it; no offer outlives the decision that it came in, so none is used twice.
 */

import { Heap } from "#base/heap.ts";
import { limits } from "#base/limits.ts";
import type { App } from "#model/app.ts";
import type { Offer } from "#model/offer.ts";
import type { RefusedBy } from "#model/reason.ts";
import { addResources, noResources, type Resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { prolongDelay } from "./backoff.ts";
import type { Draft } from "./draft.ts";
import { type Match, matchApp } from "./match.ts";
import { isDue, pursueApp } from "./plan.ts";
import type { Demand } from "./records.ts";
import { reportPlacement } from "./reports.ts";
import { isCurrent } from "./state.ts";
import { buildInstance, buildTask, newTaskId } from "./task-spec.ts";

/**
 * What is left of an offer comes back at once when there was more to place than one decision may; soon
 * while something is to be placed that found no room; else after a while.
 */
const refuseFullMs = 0;
const refuseWantingMs = 5_000;
const refuseIdleMs = 120_000;

type Desk = { readonly offer: Offer; taken: Resources; readonly tasks: TaskSpec[] };

export function useOffers(draft: Draft, offers: readonly Offer[]): void {
  for (const id of draft.state.unsettled) pursueApp(draft, id);
  const desks = offers.map((offer): Desk => ({ offer, taken: noResources, tasks: [] }));
  const demands = draft
    .demands()
    .filter((demand) => isDue(demand, draft.nowMs))
    .sort((a, b) => a.sinceMs - b.sinceMs || (a.appId < b.appId ? -1 : 1));
  for (const demand of demands) {
    const app = draft.app(demand.appId);
    if (app !== undefined) placeApp(draft, app, demand, desks);
  }
  answerOffers(draft, desks);
}

function answerOffers(draft: Draft, desks: readonly Desk[]): void {
  const wanting = draft.demands().some((demand) => isDue(demand, draft.nowMs));
  const refuseMs = draft.isFull ? refuseFullMs : wanting ? refuseWantingMs : refuseIdleMs;
  const filters = { refuseMs };
  const connection = draft.connection;
  if (!wanting && connection !== undefined) draft.putConnection({ ...connection, refusedForLong: true });
  const unused = desks.filter((desk) => desk.tasks.length === 0).map((desk) => desk.offer.offerId);
  if (unused.length > 0) draft.call({ type: "decline", offerIds: unused, filters });
  for (const { offer, tasks } of desks) {
    if (tasks.length === 0) continue;
    draft.call({
      type: "accept",
      offerIds: [offer.offerId],
      operations: [{ kind: "launch", tasks, executors: [] }],
      filters,
    });
  }
}

type Candidate = { readonly desk: Desk; readonly place: number; readonly instances: number };

/** Spreads the app's instances: the next goes to the agent that has the fewest of them. */
function placeApp(draft: Draft, app: App, demand: Demand, desks: readonly Desk[]): void {
  const counts = countByAgent(draft, app);
  const candidates = new Heap<Candidate>(
    (a, b) => a.instances < b.instances || (a.instances === b.instances && a.place < b.place),
  );
  desks.forEach((desk, place) => {
    candidates.push({ desk, place, instances: counts.get(desk.offer.agentId) ?? 0 });
  });
  const refusedBy: RefusedBy[] = [];
  let missing = demand.count;
  while (missing > 0 && !draft.isFull) {
    const candidate = candidates.pop();
    if (candidate === undefined) break;
    const { desk } = candidate;
    if (desk.tasks.length >= limits.tasksPerAcceptMax) continue;
    const match = matchApp(app.definition, desk.offer, desk.taken, (bound) => draft.chance.below(bound));
    if (match.kind === "refused") {
      // What is left of an offer only shrinks: once refused, it is out for this app.
      refusedBy.push({ agentName: desk.offer.agent.name, refusals: match.refusals });
      continue;
    }
    launch(draft, app, desk, match);
    missing -= 1;
    candidates.push({ ...candidate, instances: candidate.instances + 1 });
  }
  const value = missing === 0 ? undefined : { ...demand, count: missing };
  if (missing !== demand.count) draft.put({ kind: "apps-demand", id: demand.appId, value });
  reportPlacement(draft, demand, { offersSeen: desks.length, missing, refusedBy });
}

function countByAgent(draft: Draft, app: App): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const instance of draft.instancesOf(app.definition.id)) {
    if (instance.killing !== undefined || !isCurrent(app, instance)) continue;
    counts.set(instance.agentId, (counts.get(instance.agentId) ?? 0) + 1);
  }
  return counts;
}

function launch(draft: Draft, app: App, desk: Desk, match: Match & { kind: "match" }): void {
  const { offer } = desk;
  const taskId = newTaskId(app.definition.id, draft.chance);
  const instance = buildInstance(app, taskId, offer, match.ports, draft.nowMs);
  desk.taken = addResources(desk.taken, match.resources);
  desk.tasks.push(buildTask(app, taskId, offer, match.ports, match.resources));
  draft.put({ kind: "instance", id: taskId, value: instance });
  draft.setTimer({ what: "instance", taskId }, draft.nowMs + draft.state.config.taskLaunchTimeoutMs);
  prolongDelay(draft, app);
  draft.publish({ type: "instance-changed", instance, message: `launched on ${instance.agentName}` });
}
