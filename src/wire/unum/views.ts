/**
 * Our own answers: nodes, tasks, explanations, version. CamelCase, whole units, times in ISO 8601.
 *
 * The types are what the command line and the console read; they change only by growing.
 */

import { formatTime } from "#base/time-text.ts";
import type { Agent } from "#model/agent.ts";
import { formatPorts } from "#model/port-ranges.ts";
import type { OtherVersion } from "#model/protocol/agent-link.ts";
import { formatRefusal, type Refusal } from "#model/reason.ts";
import { flatten, fromMilli, noResources, type Resources } from "#model/resources.ts";

export type Amounts = {
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly gpus: number;
  /** `[31000-31999]`; empty text for none. */
  readonly ports: string;
};

/** Reserved or not. */
export function formatAmounts(resources: Resources): Amounts {
  const all = flatten(resources);
  return {
    cpus: fromMilli(all.cpus),
    mem: fromMilli(all.mem),
    disk: fromMilli(all.disk),
    gpus: fromMilli(all.gpus),
    ports: all.ports.length === 0 ? "" : formatPorts(all.ports),
  };
}

export type NodeView = {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  readonly state: string;
  readonly isolation: string;
  readonly version: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly total: Amounts;
  readonly used: Amounts;
  readonly offered: Amounts;
  readonly tasks: number;
  readonly registeredAt: string;
  readonly unreachableSince: string | null;
};

export const formatNode = (agent: Agent, used: Resources, offered: Resources, tasks: number): NodeView => ({
  id: agent.agentId,
  name: agent.info.name,
  hostname: agent.info.hostname,
  address: `${agent.info.endpoint.address}:${agent.info.endpoint.port}`,
  state: agent.state,
  isolation: agent.info.isolation,
  version: agent.info.version,
  attributes: agent.info.attributes,
  total: formatAmounts(agent.info.resources),
  used: formatAmounts(used),
  offered: formatAmounts(offered),
  tasks,
  registeredAt: formatTime(agent.registeredAtMs),
  unreachableSince: agent.unreachableAtMs === undefined ? null : formatTime(agent.unreachableAtMs),
});

/** One that never registered with this master: nothing is known of it but what every version says. */
export const formatIncompatible = ({ name, hostname, release }: OtherVersion): NodeView => ({
  id: "",
  name,
  hostname,
  address: "",
  state: "incompatible",
  isolation: "",
  version: release,
  attributes: {},
  total: formatAmounts(noResources),
  used: formatAmounts(noResources),
  offered: formatAmounts(noResources),
  tasks: 0,
  registeredAt: "",
  unreachableSince: null,
});

/** Tasks that run, and the newest of those that ended. */
export type TaskView = {
  readonly id: string;
  readonly name: string;
  /** Null for tasks of other frameworks than the app service. */
  readonly appId: string | null;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly hostname: string;
  readonly state: string;
  readonly healthy: boolean | null;
  readonly ports: readonly number[];
  /** Its own, in networks other than its host's. */
  readonly addresses: readonly string[];
  readonly resources: Amounts;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** The newest status's message, for example why it failed. */
  readonly message: string;
  /** How far its launch is: what is pulled or fetched, and how much of it is there. */
  readonly progress: string | null;
  /** Where its files are, for `/agent/{agentId}/files/…`. */
  readonly sandbox: string;
};

export type RefusalView = { readonly kind: string; readonly text: string } & Readonly<
  Record<string, unknown>
>;

export const formatRefusalView = (refusal: Refusal): RefusalView => ({
  ...refusal,
  text: formatRefusal(refusal),
});

export type VerdictView = {
  readonly agentId: string;
  readonly agentName: string;
  readonly fits: boolean;
  readonly free: Amounts;
  readonly refusals: readonly RefusalView[];
};

export type ServiceExplanationView = {
  readonly id: string;
  /** One sentence or two: the answer. */
  readonly summary: string;
  readonly wanted: number;
  readonly running: number;
  readonly missing: number;
  readonly delaySeconds: number;
  readonly deployments: readonly { readonly id: string; readonly waitingFor: readonly string[] }[];
  readonly lastFailure: string | null;
  readonly agents: readonly VerdictView[];
  /** Counted: `2 agents: cpus, short by 0.4; 1 agent: port 8080 taken`. Empty if every agent would take one. */
  readonly refusals: string;
  readonly nearest: { readonly agentName: string; readonly text: string } | null;
};

export type VersionView = {
  readonly name: "unum";
  readonly version: string;
  readonly clusterName: string;
  readonly startedAt: string;
};
