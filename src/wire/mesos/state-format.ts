/**
 * The master's `/state`, `/state-summary`, `/slaves` and their parts, as Mesos writes them.
 */

import type { Agent } from "#model/agent.ts";
import type { Executor } from "#model/executor.ts";
import type { Framework } from "#model/framework.ts";
import { addResources } from "#model/resources.ts";
import { formatFullSlave, formatSlave } from "./agent-format.ts";
import { type ClusterSnapshot, type Part, type Parts, partsOf } from "./cluster.ts";
import type { Flags } from "./flags.ts";
import { masterCapabilityNames } from "./operator/order-messages.ts";
import {
  countStates,
  formatCapability,
  formatLabels,
  formatResourceTotals,
  formatSeconds,
  formatTask,
  type Json,
} from "./pieces.ts";
import { plainMessage } from "./plain-json.ts";
import type { MessageOf } from "./proto/tables.ts";
import { executorInfoMessage } from "./translate/executor-info.ts";
import { formatVersion } from "./version.ts";

type CommandMessage = MessageOf<"CommandInfo">;

export function formatStateSummary(snapshot: ClusterSnapshot): Json {
  const parts = partsOf(snapshot);
  const frameworks = snapshot.frameworks.filter(({ state }) => state !== "completed");
  return {
    hostname: snapshot.hostname,
    cluster: snapshot.clusterName,
    slaves: knownAgents(snapshot).map((agent) => {
      const part = parts.byAgent(agent.agentId);
      return {
        ...formatSlave(agent, part),
        ...countStates(allTasks(part)),
        framework_ids: distinct(allTasks(part).map(({ frameworkId }) => frameworkId)),
      };
    }),
    frameworks: frameworks.map((framework) => {
      const part = parts.byFramework(framework.frameworkId);
      return {
        ...formatFrameworkSummary(framework, part),
        ...countStates(allTasks(part)),
        slave_ids: distinct(allTasks(part).map(({ spec }) => spec.agentId)),
      };
    }),
  };
}

export function formatState(snapshot: ClusterSnapshot, flags: Flags = {}): Json {
  const parts = partsOf(snapshot);
  const pid = `master@${snapshot.hostname}:${snapshot.port}`;
  const agents = knownAgents(snapshot);
  const unreachable = snapshot.agents.filter(({ state }) => state === "unreachable");
  const recovered = snapshot.agents.filter(({ agentId }) => snapshot.recovered.has(agentId));
  return {
    ...formatVersion(snapshot.version),
    start_time: formatSeconds(snapshot.startedAtMs),
    elected_time: formatSeconds(snapshot.startedAtMs),
    id: snapshot.masterId,
    pid,
    hostname: snapshot.hostname,
    cluster: snapshot.clusterName,
    capabilities: masterCapabilityNames,
    activated_slaves: agents.filter(isActive).length,
    deactivated_slaves: agents.filter((agent) => !isActive(agent)).length,
    unreachable_slaves: unreachable.length,
    leader: pid,
    leader_info: { id: snapshot.masterId, pid, port: snapshot.port, hostname: snapshot.hostname },
    ...(snapshot.logDirectory === undefined ? {} : { log_dir: snapshot.logDirectory }),
    flags,
    slaves: agents.map((agent) => formatSlave(agent, parts.byAgent(agent.agentId))),
    recovered_slaves: recovered.map(({ agentId, info }) => ({ id: agentId, hostname: info.hostname })),
    frameworks: formatFrameworks(snapshot, parts, (state) => state !== "completed"),
    completed_frameworks: formatFrameworks(snapshot, parts, (state) => state === "completed"),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

/** `slaveId`: only that one. */
export function formatSlaves(snapshot: ClusterSnapshot, slaveId?: string): Json {
  const parts = partsOf(snapshot);
  const isWanted = ({ agentId }: Agent): boolean => slaveId === undefined || agentId === slaveId;
  return {
    slaves: knownAgents(snapshot)
      .filter(isWanted)
      .map((agent) => formatFullSlave(agent, parts.byAgent(agent.agentId))),
    recovered_slaves: snapshot.agents
      .filter((agent) => isWanted(agent) && snapshot.recovered.has(agent.agentId))
      .map(({ agentId, info }) => ({ id: agentId, hostname: info.hostname })),
  };
}

export function formatFrameworkList(snapshot: ClusterSnapshot, frameworkId?: string): Json {
  const parts = partsOf(snapshot);
  const wanted = {
    ...snapshot,
    frameworks: snapshot.frameworks.filter(
      (framework) => frameworkId === undefined || framework.frameworkId === frameworkId,
    ),
  };
  return {
    frameworks: formatFrameworks(wanted, parts, (state) => state !== "completed"),
    completed_frameworks: formatFrameworks(wanted, parts, (state) => state === "completed"),
    unregistered_frameworks: [],
  };
}

const isActive = ({ state, deactivated }: Agent): boolean => state === "active" && !deactivated;

const knownAgents = ({ agents, recovered }: ClusterSnapshot): readonly Agent[] =>
  agents.filter(({ agentId, state }) => state !== "unreachable" && !recovered.has(agentId));

const allTasks = (part: Part) => [...part.tasks, ...part.completedTasks];
const distinct = <Id>(ids: readonly Id[]): readonly Id[] => [...new Set(ids)];

const formatFrameworks = (
  snapshot: ClusterSnapshot,
  parts: Parts,
  isWanted: (state: Framework["state"]) => boolean,
): readonly Json[] =>
  snapshot.frameworks
    .filter(({ state }) => isWanted(state))
    .map((framework) => formatFramework(framework, parts.byFramework(framework.frameworkId)));

const formatFrameworkSummary = ({ frameworkId, info, state }: Framework, part: Part): Json => ({
  id: frameworkId,
  name: info.name,
  used_resources: formatResourceTotals(part.used),
  offered_resources: formatResourceTotals(part.offered),
  capabilities: info.capabilities.map(formatCapability),
  hostname: info.hostname ?? "",
  webui_url: info.webuiUrl ?? "",
  active: state === "active",
  connected: state === "active",
  recovered: false,
});

const formatFramework = (framework: Framework, part: Part): Json => ({
  ...formatFrameworkSummary(framework, part),
  user: framework.info.user,
  failover_timeout: framework.info.failoverTimeoutMs / 1000,
  checkpoint: framework.info.checkpoint,
  registered_time: formatSeconds(framework.registeredAtMs),
  unregistered_time: formatSeconds(framework.completedAtMs ?? 0),
  ...(framework.reregisteredAtMs === undefined
    ? {}
    : { reregistered_time: formatSeconds(framework.reregisteredAtMs) }),
  resources: formatResourceTotals(addResources(part.used, part.offered)),
  // A framework of one role is shown both ways, as old clients know only the first.
  ...(framework.info.capabilities.includes("multi-role") ? {} : { role: framework.info.roles[0] ?? "*" }),
  roles: framework.info.roles,
  tasks: part.tasks.filter(({ state }) => state !== "unreachable").map(formatTask),
  unreachable_tasks: part.tasks.filter(({ state }) => state === "unreachable").map(formatTask),
  completed_tasks: part.completedTasks.map(formatTask),
  offers: part.offers.map((offer) => ({
    id: offer.offerId,
    framework_id: offer.frameworkId,
    allocation_info: { role: offer.role },
    slave_id: offer.agentId,
    resources: formatResourceTotals(offer.resources),
  })),
  executors: part.executors.map(formatExecutor),
  ...(Object.keys(framework.info.labels).length === 0 ? {} : { labels: formatLabels(framework.info.labels) }),
  offer_constraints: {},
});

function formatExecutor({ spec, frameworkId, agentId, role }: Executor): Json {
  const { command } = executorInfoMessage(spec, frameworkId);
  return {
    executor_id: spec.executorId,
    name: spec.name,
    framework_id: frameworkId,
    command: command === undefined ? { argv: [], uris: [] } : formatCommand(command),
    resources: formatResourceTotals(spec.resources),
    role,
    ...(spec.labels.length === 0 ? {} : { labels: spec.labels }),
    type: spec.kind.toUpperCase(),
    slave_id: agentId,
  };
}

const formatCommand = ({ shell, value, arguments: argv, environment, uris }: CommandMessage): Json => ({
  ...(shell === undefined ? {} : { shell }),
  ...(value === undefined ? {} : { value }),
  argv: argv ?? [],
  ...(environment === undefined ? {} : { environment: plainMessage(environment) }),
  uris: (uris ?? []).map((uri) => ({ value: uri.value, executable: uri.executable ?? false })),
});
