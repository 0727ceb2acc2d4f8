/**
 * `/metrics` and `/metrics/prometheus`: the app service's figures under Marathon's names.
 *
 * What stands is read off the state; what happened was counted as the events passed.
 */

import type { AppsState } from "#core/apps/state.ts";
import { appId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { type Figures, formatMetrics, formatPrometheusMetrics } from "#wire/marathon/metrics-format.ts";
import { jsonAnswer, textAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";

export function showMetrics(_request: DoorRequest, context: ClusterContext, respond: Respond): void {
  readFigures(context, (figures) => respond(jsonAnswer(200, formatMetrics(figures))));
}

export function showPrometheus(_request: DoorRequest, context: ClusterContext, respond: Respond): void {
  readFigures(context, (figures) =>
    respond(
      textAnswer(200, formatPrometheusMetrics(figures), {
        "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
      }),
    ),
  );
}

function readFigures(context: ClusterContext, done: (figures: Figures) => void): void {
  context.apps.read(
    (state, nowMs) => standing(state, nowMs),
    (gauges) => {
      const { info, events, nowMs } = context;
      const upSeconds = Math.max(0, (nowMs() - info.startedAtMs) / 1000);
      done({
        gauges: new Map([
          ...gauges,
          ["marathon.http.event-streams.active.gauge", events.readers],
          ["marathon.leadership.duration.gauge.seconds", upSeconds],
          ["marathon.uptime.gauge.seconds", upSeconds],
        ]),
        counters: happened(context),
      });
    },
  );
}

function standing(state: AppsState, nowMs: number): readonly (readonly [string, number])[] {
  const counts = { running: 0, staged: 0, overdue: 0, killing: 0, unreachable: 0 };
  for (const { state: now, stagedAtMs, killing } of state.instances.values()) {
    if (killing !== undefined) counts.killing += 1;
    if (now === "running") counts.running += 1;
    if (now === "unreachable") counts.unreachable += 1;
    if (now !== "staging" && now !== "starting") continue;
    counts.staged += 1;
    if (nowMs - stagedAtMs > state.config.taskLaunchTimeoutMs) counts.overdue += 1;
  }
  let missing = 0;
  for (const { count } of state.demands.values()) missing += count;
  return [
    ["marathon.apps.active.gauge", state.apps.size],
    ["marathon.deployments.active.gauge", state.deployments.size],
    ["marathon.groups.active.gauge", groupsOf(state)],
    ["marathon.instances.inflight-kills.gauge", counts.killing],
    ["marathon.instances.launch-overdue.gauge", counts.overdue],
    ["marathon.instances.queued.gauge", missing],
    ["marathon.instances.running.gauge", counts.running],
    ["marathon.instances.staged.gauge", counts.staged],
    ["marathon.instances.unreachable.gauge", counts.unreachable],
    ["marathon.pods.active.gauge", state.pods.size],
  ];
}

/** The root is one of them. */
const groupsOf = (state: AppsState): number => {
  const groups = new Set<string>([appId("/")]);
  for (const id of [...state.groups.keys(), ...state.apps.keys(), ...state.pods.keys()]) {
    let end = id.lastIndexOf("/");
    while (end > 0 && !groups.has(id.slice(0, end))) {
      groups.add(id.slice(0, end));
      end = id.lastIndexOf("/", end - 1);
    }
  }
  for (const id of state.groups.keys()) groups.add(id);
  return groups.size;
};

/** Our names for what happened, and Marathon's for its count. */
const counterNames = {
  "deployment-started": "marathon.deployments.counter",
  "deployment-success": "marathon.deployments.succeeded.counter",
  "deployment-failed": "marathon.deployments.failed.counter",
  launched: "marathon.tasks.launched.counter",
  "unhealthy-kill": "marathon.instances.unhealthy-kills.counter",
  "check-failed": "marathon.health-checks.failed.counter",
} as const;

const happened = ({ events }: ClusterContext): ReadonlyMap<string, number> =>
  new Map([
    ...Object.entries(counterNames).map(
      ([what, name]): readonly [string, number] => [name, events.tally.get(what) ?? 0] as const,
    ),
    ["marathon.http.event-streams.events.counter", events.published],
  ]);
