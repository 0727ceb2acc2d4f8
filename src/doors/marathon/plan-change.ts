/**
 * `dryRun=true`: what would come of a change, told and not done.
 *
 * Two looks at two states, a moment apart: good enough for a plan, and never a basis for a decision.
 */

import { createChance } from "#base/random.ts";
import { roleOf } from "#core/apps/need.ts";
import { type PlanAhead, type PlannedService, planAhead } from "#core/apps/plan-ahead.ts";
import type { AppsCommand } from "#core/apps/types.ts";
import { explainAgents } from "#core/master/explain.ts";
import type { Service } from "#model/app.ts";
import { roleName } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { isAppService, isPodService } from "#model/pod.ts";
import { summariseRefusals } from "#model/reason.ts";
import type { Respond } from "#ports/door.ts";
import { differences } from "#wire/json/diff.ts";
import { formatDefinition, type Json } from "#wire/marathon/app-format.ts";
import { formatStep } from "#wire/marathon/deployment-format.ts";
import { formatPodDefinition } from "#wire/marathon/pod-format.ts";
import { jsonAnswer, rejectionAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { freeOffers } from "../views/free-offers.ts";

/** `stepsOnly`: as Marathon answers, without members of ours. */
export function answerPlan(
  context: ClusterContext,
  command: AppsCommand,
  respond: Respond,
  stepsOnly = false,
): void {
  // Placing is decided by chance here and there; a plan always takes the same.
  const plan = (offers: readonly Offer[], done: (plan: PlanAhead) => void): void =>
    context.apps.read(
      (state, nowMs) => planAhead(state, command, { nowMs, chance: createChance(1) }, offers),
      (outcome) => (outcome.kind === "plan" ? done(outcome) : respond(rejectionAnswer(outcome))),
    );
  if (stepsOnly) return plan([], ({ steps }) => respond(jsonAnswer(200, { steps: steps.map(formatStep) })));
  return plan([], ({ services }) => {
    const first = services.find(({ after }) => after !== undefined)?.after;
    const role = roleName(first === undefined ? "*" : roleOf(first.definition));
    context.apps.read(
      (state) => state.frameworkId,
      (frameworkId) =>
        context.master.read(
          (state, nowMs) =>
            frameworkId === undefined
              ? []
              : freeOffers(explainAgents(state, frameworkId, nowMs, role), frameworkId, role, nowMs),
          (offers) => plan(offers, (outcome) => respond(jsonAnswer(200, formatPlanAhead(outcome)))),
        ),
    );
  });
}

const formatPlanAhead = ({ steps, services, groups }: PlanAhead): Json => ({
  steps: steps.map(formatStep),
  changes: services.map(formatChange),
  groups,
});

function formatChange(planned: PlannedService): Json {
  const { id, before, after, action, kept, replaced, launched, stopped, placed, unplaced } = planned;
  return {
    id,
    kind: isApp(after ?? before) ? "app" : "pod",
    change: before === undefined ? "create" : after === undefined ? "remove" : "update",
    action,
    ...{ kept, replaced, launched, stopped },
    diff: before === undefined || after === undefined ? [] : differences(format(before), format(after)),
    placements: placed.map(({ agentName, count }) => ({ agent: agentName, instances: count })),
    unplaced,
    ...(unplaced === 0 || planned.refusedBy.length === 0
      ? {}
      : { why: summariseRefusals(planned.refusedBy) }),
  };
}

const isApp = (service: Service | undefined): boolean => service === undefined || isAppService(service);

function format(service: Service): unknown {
  if (isAppService(service)) return formatDefinition(service.definition);
  return isPodService(service) ? formatPodDefinition(service.definition) : {};
}
