/**
 * `/unum/v1/explain`: why an app or a pod has not what it wants, and what became of a task.
 */

import { roleOf } from "#core/apps/need.ts";
import { circumstancesOf } from "#core/apps/placing.ts";
import { serviceOf } from "#core/apps/state.ts";
import { explainAgents } from "#core/master/explain.ts";
import type { Service } from "#model/app.ts";
import { type AppId, roleName } from "#model/ids.ts";
import { formatRefusal, type Refusal, summariseRefusals } from "#model/reason.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseAppId } from "#wire/marathon/app-id.ts";
import { messageBody } from "#wire/marathon/errors.ts";
import { formatAmounts, formatRefusalView, type ServiceExplanationView } from "#wire/unum/views.ts";
import { jsonAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import {
  type DeploymentView,
  type InstanceView,
  viewDeployments,
  viewInstances,
  viewQueue,
} from "../views/apps-view.ts";
import { explainService, isKeptByRules, type ServiceExplanation } from "../views/explain.ts";
import { formatTaskView, readTasks } from "./tasks.ts";

/** Of an app or a pod: a path is one of them. */
export function explainServiceEndpoint(
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const id = parseAppId(request.params["*"] ?? "");
  if (!id.ok) return respond(notFound(`The id ${id.error}.`));
  return context.apps.read(
    (state, nowMs) => ({
      service: serviceOf(state, id.id),
      instances: viewInstances(state, id.id),
      lastFailure: state.failures.get(id.id)?.message,
      circumstances: circumstancesOf(state, id.id, nowMs),
      frameworkId: state.frameworkId,
      deployments: viewDeployments(state, nowMs),
      delayLeftMs:
        viewQueue(state, nowMs).find(({ service }) => service.definition.id === id.id)?.delayLeftMs ?? 0,
    }),
    ({ service, circumstances, frameworkId, deployments, ...found }) => {
      if (service === undefined || circumstances === undefined)
        return respond(jsonAnswer(404, messageBody(`There is no app and no pod '${id.id}'`)));
      const role = roleName(roleOf(service.definition));
      return context.master.read(
        (state, nowMs) =>
          frameworkId === undefined ? undefined : explainAgents(state, frameworkId, nowMs, role),
        (agents) => {
          const explanation = explainService(service.definition, agents ?? [], circumstances);
          const own = deployments.filter((one) => concerns(one, id.id));
          const isConnected = agents !== undefined;
          respond(
            jsonAnswer(
              200,
              formatExplanation({ ...found, service, explanation, deployments: own, isConnected }),
            ),
          );
        },
      );
    },
  );
}

const concerns = ({ deployment }: DeploymentView, id: AppId): boolean =>
  deployment.steps.some(({ actions }) => actions.some(({ appId }) => appId === id));

type Found = {
  readonly service: Service;
  readonly instances: readonly InstanceView[];
  readonly lastFailure: string | undefined;
  readonly explanation: ServiceExplanation;
  readonly deployments: readonly DeploymentView[];
  readonly delayLeftMs: number;
  readonly isConnected: boolean;
};

function formatExplanation(found: Found): ServiceExplanationView {
  const { service, instances, explanation, deployments, delayLeftMs, lastFailure } = found;
  const { definition } = service;
  const { nearest } = explanation;
  const live = instances.filter(({ instance }) => instance.killing === undefined).length;
  return {
    id: definition.id,
    summary: summarise(found),
    wanted: definition.instances,
    running: instances.filter(({ instance }) => instance.state === "running").length,
    missing: Math.max(0, definition.instances - live),
    delaySeconds: Math.ceil(delayLeftMs / 1000),
    deployments: deployments.map(({ deployment, waitingFor }) => ({
      id: deployment.deploymentId,
      waitingFor,
    })),
    lastFailure: lastFailure ?? null,
    agents: explanation.verdicts.map(({ agentId, agentName, free, refusals }) => ({
      agentId,
      agentName,
      fits: refusals.length === 0,
      free: formatAmounts(free),
      refusals: refusals.map(formatRefusalView),
    })),
    refusals: summariseRefusals(explanation.refusedBy),
    nearest: nearest === undefined ? null : { agentName: nearest.agentName, text: phrase(nearest.refusals) },
  };
}

const phrase = (refusals: readonly Refusal[]): string => refusals.map(formatRefusal).join(" and ");

function summarise(found: Found): string {
  const { instances, explanation, deployments, delayLeftMs, lastFailure, isConnected } = found;
  const { id, instances: wanted } = found.service.definition;
  const running = instances.filter(({ instance }) => instance.state === "running").length;
  const unhealthy = instances.filter(({ healthy }) => healthy === false).length;
  const has = `${id} has ${running} of ${wanted} ${wanted === 1 ? "instance" : "instances"} running`;
  if (running >= wanted && deployments.length === 0) {
    return unhealthy === 0 ? `${has}.` : `${has}, ${unhealthy} of them unhealthy.`;
  }
  const live = instances.filter(({ instance }) => instance.killing === undefined).length;
  const waits = deployments.flatMap(({ waitingFor }) => waitingFor);
  if (live >= wanted) return waits.length === 0 ? `${has}.` : `${has}. Waiting: ${waits.join("; ")}.`;
  if (!isConnected) return `${has}. The app service is not connected to the master.`;
  if (delayLeftMs > 0) {
    const why = lastFailure === undefined ? "" : ` (the last failure: ${lastFailure})`;
    return `${has}. The next launch waits ${Math.ceil(delayLeftMs / 1000)} s after failures${why}.`;
  }
  if (explanation.verdicts.length === 0) return `${has}. There are no agents.`;
  if (explanation.fits > 0) {
    const agents = explanation.fits === 1 ? "1 agent has" : `${explanation.fits} agents have`;
    return `${has}. ${agents} room for another: it will be launched with the next offer.`;
  }
  const why = summariseRefusals(explanation.refusedBy);
  return `${has}. No agent can take another: ${why}.${nearestMiss(explanation)}`;
}

function nearestMiss({ nearest }: ServiceExplanation): string {
  if (nearest === undefined) return "";
  const { agentName, refusals } = nearest;
  if (isKeptByRules(refusals)) return ` ${agentName} has room, but for this: ${phrase(refusals)}.`;
  return ` Nearest: ${agentName} (${phrase(refusals)}).`;
}

export function explainTaskEndpoint(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const id = request.params.id ?? "";
  readTasks(context, (known) => {
    const ended = known.ended.find(({ task }) => task.spec.taskId === id);
    const task = known.tasks.find(({ spec }) => spec.taskId === id) ?? ended?.task;
    if (task === undefined) {
      return respond(notFound(`Task '${id}' does not exist, or ended so long ago that it is forgotten`));
    }
    const view = formatTaskView(task, ended?.endedAtMs, known);
    const statuses = task.statuses.map(({ state, reason, message, source, timestampMs, exit }) => ({
      state,
      reason: reason ?? null,
      message,
      source,
      timestampMs,
      exit: exit ?? null,
    }));
    const where = view.agentName === "" ? `agent ${view.agentId}` : view.agentName;
    const words = view.message === "" ? "" : `: ${view.message}`;
    return respond(jsonAnswer(200, { ...view, summary: `${view.state} on ${where}${words}`, statuses }));
  });
}
