/**
 * What happens in the cluster, in sentences for the timeline: of the master's changes, the app service's events, and
 * operators' orders.
 *
 * It only words: what is kept, and for how long, is the timeline room's affair.
 */

import type { AppsEvent } from "#core/apps/types.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput, OperatorInput } from "#core/master/types.ts";
import type { Agent } from "#model/agent.ts";
import { type Deployment, deployedBy } from "#model/deployment.ts";
import type { AgentId, FrameworkId } from "#model/ids.ts";
import { formatMachine, isOnMachine, type Machine } from "#model/maintenance.ts";
import type { Task } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import type { Happening, TimelineLink } from "#model/timeline.ts";
import type { MasterChange } from "../../mesos/operator/changes.ts";

type Told = Omit<Happening, "atMs">;

const neutral = "neutral" as const;

export const serviceLink = (id: string): TimelineLink => ({ kind: "service", id, name: id });
const deploymentLink = ({ deploymentId }: Deployment): TimelineLink => ({
  kind: "deployment",
  id: deploymentId,
  name: deploymentId.slice(0, 8),
});

type ServiceOf = (frameworkId: FrameworkId, taskId: string) => string | undefined;

export function tellChange(
  change: MasterChange,
  nameOf: (id: AgentId) => string,
  serviceOf: ServiceOf,
): Told | undefined {
  switch (change.type) {
    case "task-added":
      // One that an agent brings back was told of before.
      return change.task.state === "staging"
        ? tellTask(change.task, "staging", "", nameOf, serviceOf)
        : undefined;
    case "task-updated": {
      const { task, status } = change;
      // Of its health others tell; that its framework heard of a state is no news.
      if (status.reason?.endsWith("check-status-updated") === true) return undefined;
      return tellTask(task, status.state, status.message, nameOf, serviceOf);
    }
    case "agent-added":
      return tellAgent(change.agent, change.isNew ? "joined" : "is back", "good");
    case "agent-removed": {
      const name = nameOf(change.agentId);
      const text = `Node ${name} ${change.isGone ? "is gone for good" : "is unreachable"}.`;
      const link = { kind: "node", id: change.agentId, name } as const;
      return { kind: "node", tone: change.isGone ? neutral : "bad", text, links: [link] };
    }
    case "framework-added":
    case "framework-updated":
    case "framework-removed": {
      const { frameworkId, info, state } = change.framework;
      const what = change.type === "framework-added" ? "subscribed" : wordOf[state];
      const tone = state === "disconnected" ? "bad" : neutral;
      const link = { kind: "framework", id: frameworkId, name: info.name } as const;
      return { kind: "framework", tone, text: `Framework ${info.name} ${what}.`, links: [link] };
    }
    default:
      return change satisfies never;
  }
}

const wordOf = { active: "is connected", disconnected: "lost its connection", completed: "ended" } as const;

const tellAgent = ({ agentId, info }: Agent, what: string, tone: Told["tone"]): Told => ({
  kind: "node",
  tone,
  text: `Node ${info.name} ${what}.`,
  links: [{ kind: "node", id: agentId, name: info.name }],
});

const stateWords: Readonly<Record<TaskState, string>> = {
  staging: "is launched",
  starting: "is starting",
  running: "is running",
  killing: "is being ended",
  finished: "finished",
  failed: "failed",
  killed: "was ended",
  error: "cannot be run",
  lost: "is lost",
  dropped: "was dropped",
  unreachable: "is unreachable",
  gone: "is gone with its node",
  "gone-by-operator": "is gone with its node",
  unknown: "is unknown",
};

const badStates: ReadonlySet<TaskState> = new Set([
  "failed",
  "error",
  "lost",
  "dropped",
  "unreachable",
  "gone",
]);

function tellTask(
  task: Task,
  state: TaskState,
  message: string,
  nameOf: (id: AgentId) => string,
  serviceOf: ServiceOf,
): Told {
  const { taskId, agentId } = task.spec;
  const node = nameOf(agentId);
  const service = serviceOf(task.frameworkId, taskId);
  const whose = service === undefined ? `Task ${task.spec.name || taskId}` : `A task of ${service}`;
  const why = message === "" || !(isTerminal(state) || badStates.has(state)) ? "" : `: ${message}`;
  return {
    kind: "task",
    tone: badStates.has(state) ? "bad" : state === "running" ? "good" : neutral,
    text: `${whose} ${stateWords[state]} on ${node}${why}`.replace(/\.?$/, "."),
    links: [
      { kind: "task", id: taskId, name: taskId },
      ...(service === undefined ? [] : [serviceLink(service)]),
      { kind: "node", id: agentId, name: node },
      { kind: "framework", id: task.frameworkId, name: task.frameworkId },
    ],
  };
}

export function tellEvent(event: AppsEvent): Told | undefined {
  switch (event.type) {
    case "app-changed":
      return tellApp(event);
    case "pod-changed": {
      const what = event.pod === undefined ? "was removed" : "was changed";
      return {
        kind: "service",
        tone: neutral,
        text: `${event.podId} ${what}.`,
        links: [serviceLink(event.podId)],
      };
    }
    case "instance-health": {
      const { appId, agentName, agentId, taskId } = event.instance;
      const links = [
        serviceLink(appId),
        { kind: "task", id: taskId, name: taskId },
        { kind: "node", id: agentId, name: agentName },
      ] as const;
      const text = `An instance of ${appId} on ${agentName} is ${event.healthy ? "healthy" : "unhealthy"}.`;
      return { kind: "health", tone: event.healthy ? "good" : "bad", text, links };
    }
    case "unhealthy-kill": {
      const { appId, agentName, taskId } = event.instance;
      const links = [serviceLink(appId), { kind: "task", id: taskId, name: taskId }] as const;
      const text = `An instance of ${appId} on ${agentName} is ended, for it is unhealthy: ${event.reason}`;
      return { kind: "health", tone: "bad", text, links };
    }
    case "deployment-started":
      return tellDeployment(event.deployment, "began", neutral);
    case "deployment-success":
      return tellDeployment(event.deployment, "is done", "good");
    case "deployment-failed":
      return tellDeployment(event.deployment, `did not come to its end: ${event.reason}`, "bad");
    case "disconnected":
      return { kind: "cluster", tone: "bad", text: "The app service lost the master.", links: [] };
    case "connected":
      return event.reconnected
        ? { kind: "cluster", tone: "good", text: "The app service is connected again.", links: [] }
        : undefined;
    // Of tasks the master tells, whoever's they are.
    case "app-terminated":
    case "instance-changed":
    case "container-changed":
    case "unknown-ended":
    case "check-failed":
    case "deployment-step":
    case "deployment-waits":
      return undefined;
    default:
      return event satisfies never;
  }
}

function tellApp({ appId, app, before }: Extract<AppsEvent, { readonly type: "app-changed" }>): Told {
  const told = (what: string): Told => ({
    kind: "service",
    tone: neutral,
    text: `${appId} ${what}.`,
    links: [serviceLink(appId)],
  });
  if (app === undefined) return told("was removed");
  const wanted = app.definition.instances;
  if (before === undefined)
    return told(`was created, with ${wanted} ${wanted === 1 ? "instance" : "instances"}`);
  const had = before.definition.instances;
  if (had !== wanted) return told(`is scaled from ${had} to ${wanted}`);
  return told("was changed");
}

function tellDeployment(deployment: Deployment, what: string, tone: Told["tone"]): Told {
  const services = deployedBy(deployment);
  const [first, ...others] = services;
  const rest = others.length === 0 ? "" : ` and ${others.length} more`;
  return {
    kind: "deployment",
    tone,
    text: `The deployment of ${first ?? "nothing"}${rest} ${what}.`.replace("..", "."),
    links: [deploymentLink(deployment), ...services.slice(0, 7).map(serviceLink)],
  };
}

const orderTypes = new Set<string>([
  "mark-agent-gone",
  "deactivate-agent",
  "reactivate-agent",
  "drain-agent",
  "operate",
  "update-quotas",
  "update-weights",
  "update-maintenance-schedule",
  "start-maintenance",
  "stop-maintenance",
  "teardown-framework",
]);

export const isOrder = (input: { readonly type: string }): input is OperatorInput & MasterInput =>
  orderTypes.has(input.type);

/** So many are named; the rest is counted. */
const namedMost = 7;

function namesOf(machines: readonly Machine[]): string {
  const rest = machines.length - namedMost;
  return `${machines.slice(0, namedMost).map(formatMachine).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

const nodesOn = ({ tables }: MasterState, machines: readonly Machine[]): readonly TimelineLink[] =>
  [...tables.agent.values()]
    .filter(({ info }) => machines.slice(0, namedMost).some((machine) => isOnMachine(info, machine)))
    .slice(0, namedMost)
    .map(({ agentId, info }): TimelineLink => ({ kind: "node", id: agentId, name: info.name }));

/** Of one that was carried out. */
export function tellOrder(order: OperatorInput, state: MasterState): Told | undefined {
  const told = (text: string, ...links: readonly TimelineLink[]): Told => ({
    kind: "operator",
    tone: neutral,
    text: `${text}.`,
    links,
  });
  const node = (id: AgentId): TimelineLink => ({
    kind: "node",
    id,
    name: state.tables.agent.get(id)?.info.name ?? id,
  });
  switch (order.type) {
    case "mark-agent-gone":
      return told(`An operator marked node ${node(order.agentId).name} gone`, node(order.agentId));
    case "deactivate-agent":
      return told(`An operator deactivated node ${node(order.agentId).name}`, node(order.agentId));
    case "reactivate-agent":
      return told(`An operator reactivated node ${node(order.agentId).name}`, node(order.agentId));
    case "drain-agent":
      return told(`An operator drains node ${node(order.agentId).name}`, node(order.agentId));
    case "operate":
      return told(
        `An operator changed reservations on node ${node(order.agentId).name}`,
        node(order.agentId),
      );
    case "update-quotas": {
      const roles = order.quotas.map(({ role }): TimelineLink => ({ kind: "role", id: role, name: role }));
      return told(`An operator changed the quota of ${roles.map(({ name }) => name).join(", ")}`, ...roles);
    }
    case "update-weights": {
      const roles = order.weights.map(({ role }): TimelineLink => ({ kind: "role", id: role, name: role }));
      return told(`An operator changed the weight of ${roles.map(({ name }) => name).join(", ")}`, ...roles);
    }
    case "update-maintenance-schedule":
      return told("An operator changed the maintenance schedule");
    case "start-maintenance":
      return told(`Maintenance of ${namesOf(order.machines)} began`, ...nodesOn(state, order.machines));
    case "stop-maintenance":
      return told(`Maintenance of ${namesOf(order.machines)} is over`, ...nodesOn(state, order.machines));
    case "teardown-framework": {
      const name = state.tables.framework.get(order.frameworkId)?.info.name ?? order.frameworkId;
      return told(`An operator tore framework ${name} down`, {
        kind: "framework",
        id: order.frameworkId,
        name,
      });
    }
    default:
      return undefined;
  }
}
