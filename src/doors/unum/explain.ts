/**
 * `/unum/v1/explain`: why an app has not what it wants, and what became of a task.
 */

import { explainAgents } from "#core/master/explain.ts";
import type { AppId } from "#model/ids.ts";
import { formatRefusal, type Refusal, summariseRefusals } from "#model/reason.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseAppId } from "#wire/marathon/app-id.ts";
import { appNotFound } from "#wire/marathon/errors.ts";
import { type AppExplanationView, formatAmounts, formatRefusalView } from "#wire/unum/views.ts";
import { jsonAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import {
  type AppView,
  type DeploymentView,
  viewApp,
  viewDeployments,
  viewQueue,
} from "../views/apps-view.ts";
import { type AppExplanation, explainApp } from "../views/explain.ts";
import { formatTaskView, readTasks } from "./tasks.ts";

/** The role in which the app service takes offers. */
const appsRole = "*";

export function explainAppEndpoint(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const id = parseAppId(request.params["*"] ?? "");
  if (!id.ok) return respond(notFound(`The app id ${id.error}.`));
  return context.apps.read(
    (state, nowMs) => ({
      view: viewApp(state, id.id),
      frameworkId: state.frameworkId,
      deployments: viewDeployments(state, nowMs),
      delayLeftMs: viewQueue(state, nowMs).find(({ app }) => app.definition.id === id.id)?.delayLeftMs ?? 0,
    }),
    ({ view, frameworkId, deployments, delayLeftMs }) => {
      if (view === undefined) return respond(jsonAnswer(404, appNotFound(id.id)));
      return context.master.read(
        (state, nowMs) => (frameworkId === undefined ? undefined : explainAgents(state, frameworkId, nowMs)),
        (agents) => {
          const explanation = explainApp(view.app.definition, agents ?? [], appsRole);
          const own = deployments.filter((one) => concerns(one, id.id));
          const isConnected = agents !== undefined;
          respond(
            jsonAnswer(
              200,
              formatExplanation({ view, explanation, deployments: own, delayLeftMs, isConnected }),
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
  readonly view: AppView;
  readonly explanation: AppExplanation;
  readonly deployments: readonly DeploymentView[];
  readonly delayLeftMs: number;
  readonly isConnected: boolean;
};

function formatExplanation(found: Found): AppExplanationView {
  const { view, explanation, deployments, delayLeftMs } = found;
  const { definition } = view.app;
  const { nearest } = explanation;
  const live = view.instances.filter(({ instance }) => instance.killing === undefined).length;
  return {
    id: definition.id,
    summary: summarise(found),
    wanted: definition.instances,
    running: view.instances.filter(({ instance }) => instance.state === "running").length,
    missing: Math.max(0, definition.instances - live),
    delaySeconds: Math.ceil(delayLeftMs / 1000),
    deployments: deployments.map(({ deployment, waitingFor }) => ({
      id: deployment.deploymentId,
      waitingFor,
    })),
    lastFailure: view.failure?.message ?? null,
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

function summarise({ view, explanation, deployments, delayLeftMs, isConnected }: Found): string {
  const { definition } = view.app;
  const { id, instances: wanted } = definition;
  const running = view.instances.filter(({ instance }) => instance.state === "running").length;
  const unhealthy = view.instances.filter(({ healthy }) => healthy === false).length;
  const has = `${id} has ${running} of ${wanted} ${wanted === 1 ? "instance" : "instances"} running`;
  if (running >= wanted && deployments.length === 0) {
    return unhealthy === 0 ? `${has}.` : `${has}, ${unhealthy} of them unhealthy.`;
  }
  const live = view.instances.filter(({ instance }) => instance.killing === undefined).length;
  const waits = deployments.flatMap(({ waitingFor }) => waitingFor);
  if (live >= wanted) return waits.length === 0 ? `${has}.` : `${has}. Waiting: ${waits.join("; ")}.`;
  if (!isConnected) return `${has}. The app service is not connected to the master.`;
  if (delayLeftMs > 0) {
    const why = view.failure === undefined ? "" : ` (the last failure: ${view.failure.message})`;
    return `${has}. The next launch waits ${Math.ceil(delayLeftMs / 1000)} s after failures${why}.`;
  }
  if (explanation.verdicts.length === 0) return `${has}. There are no agents.`;
  if (explanation.fits > 0) {
    const agents = explanation.fits === 1 ? "1 agent has" : `${explanation.fits} agents have`;
    return `${has}. ${agents} room for another: it will be launched with the next offer.`;
  }
  const { nearest } = explanation;
  const close = nearest === undefined ? "" : ` Nearest: ${nearest.agentName} (${phrase(nearest.refusals)}).`;
  return `${has}. No agent can take another: ${summariseRefusals(explanation.refusedBy)}.${close}`;
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
