/**
 * Liveness: whether the cluster has become what its users want. Asked again and again in the calm.
 *
 * Looks at what really runs, at the users' side of things and at every promise still open; what the rooms
 * believe about the tasks must agree with it.
 */

import { berthOf } from "#core/apps/berths.ts";
import { appId } from "#model/ids.ts";
import { liveTaskIdsOf } from "#model/instance.ts";
import { holdsResources } from "#model/task-state.ts";
import type { AgentProcess } from "../agent-process.ts";
import type { Cluster } from "../cluster.ts";
import { appVariable, configVariable } from "../draw-app.ts";
import { type Container, nameOf } from "../fake-containers.ts";
import { instanceProblem } from "../pod-workload.ts";
import type { Wanted } from "../wanted.ts";

/** The first thing that is not as it should be; undefined when all is well. */
export function notConverged(cluster: Cluster, deadAgent: string): string | undefined {
  const { master, workload } = cluster;
  const live = [...cluster.agents.values()].filter((agent) => agent.name !== deadAgent);
  if (master.states === undefined) return "the master does not run";
  const containers = live.flatMap((agent) => agent.host.running);
  for (const id of workload.wanted.ids()) {
    const [wanted, ...others] = workload.wanted.candidates(id);
    if (others.length > 0) return `app ${id}: a command is not answered`;
    const mine = containers.filter(({ spec }) => spec.env[appVariable] === id);
    const problem = appProblem(id, wanted, mine);
    if (problem !== undefined) return problem;
  }
  for (const id of cluster.pods.wanted.ids()) {
    const [wanted, ...others] = cluster.pods.wanted.candidates(id);
    if (others.length > 0) return `pod ${id}: a command is not answered`;
    const mine = containers.filter(({ spec }) => spec.env[appVariable] === id);
    const problem = podProblem(cluster, id, wanted, mine);
    if (problem !== undefined) return problem;
  }
  const other = containers.find(({ spec }) => spec.env[appVariable] === undefined);
  if (other !== undefined) return `${nameOf(other.spec)} runs, and its framework has left`;
  const [deployment] = master.states.apps.deployments.values();
  if (deployment !== undefined)
    return `deployment ${deployment.deploymentId} goes on: ${JSON.stringify(deployment)}`;
  for (const agent of live) {
    const problem = agentProblem(agent);
    if (problem !== undefined) return problem;
  }
  return tasksProblem(cluster, containers);
}

function appProblem(id: string, wanted: Wanted, mine: readonly Container[]): string | undefined {
  const count = wanted?.instances ?? 0;
  if (mine.length !== count) return `app ${id}: ${mine.length} instances run, ${count} are wanted`;
  for (const { spec, phase, startedAtMs } of mine) {
    const config = spec.env[configVariable];
    if (phase !== "running") return `app ${id}: ${nameOf(spec)} is ${phase}`;
    if (wanted?.halfway === true) continue;
    if (config !== wanted?.config)
      return `app ${id}: ${nameOf(spec)} runs ${config}, ${wanted?.config} is wanted`;
    if (startedAtMs < (wanted?.notBeforeMs ?? 0))
      return `app ${id}: ${nameOf(spec)} is from before the restart`;
  }
  return undefined;
}

/** A container that has done its work leaves the others of its instance. */
function podProblem(
  cluster: Cluster,
  id: string,
  wanted: Wanted,
  mine: readonly Container[],
): string | undefined {
  const instances = [...(cluster.master.states?.apps.instancesByApp.get(appId(id))?.values() ?? [])];
  const count = wanted?.instances ?? 0;
  if (instances.length !== count) return `pod ${id}: ${instances.length} instances, ${count} are wanted`;
  const running = new Set(mine.filter(({ phase }) => phase === "running").map(({ spec }) => nameOf(spec)));
  const known = new Set(instances.flatMap(liveTaskIdsOf).map(String));
  const stray = mine.find(({ spec }) => !known.has(nameOf(spec)));
  if (stray !== undefined) return `pod ${id}: ${nameOf(stray.spec)} runs, and is of no instance`;
  const old = mine.find(({ spec }) => spec.env[configVariable] !== wanted?.config);
  if (old !== undefined) return `pod ${id}: ${nameOf(old.spec)} is not of ${wanted?.config}`;
  for (const instance of instances) {
    const problem = instanceProblem(instance, running);
    if (problem !== undefined) return `pod ${id}: ${problem}`;
  }
  return undefined;
}

function agentProblem(agent: AgentProcess): string | undefined {
  if (agent.state === undefined) return `${agent.name} does not run`;
  const [stream] = agent.state.streams.values();
  if (stream !== undefined) return `${agent.name}: an update of ${stream.taskId} is not acknowledged`;
  const left = [...agent.host.containers.values()].find(({ phase }) => phase === "ended");
  return left && `${agent.name}: the ended container of ${nameOf(left.spec)} was not removed`;
}

function tasksProblem(cluster: Cluster, containers: readonly Container[]): string | undefined {
  const { master, apps } = cluster.master.states ?? {};
  if (master === undefined || apps === undefined) return "the master does not run";
  const running = new Set([
    ...containers.map(({ spec }) => nameOf(spec)),
    ...[...cluster.agents.values()].flatMap(({ host }) => host.executors.tasks),
  ]);
  for (const task of master.tables.task.values()) {
    if (holdsResources(task.state) && !running.has(task.spec.taskId)) {
      return `the master thinks that ${task.spec.taskId} is ${task.state}, and it does not run`;
    }
  }
  for (const { spec } of master.tables.executor.values()) {
    if (!running.has(spec.executorId) && spec.kind === "custom")
      return `the master thinks that executor ${spec.executorId} is there, and it is not`;
  }
  for (const agent of master.tables.agent.values()) {
    if (agent.state !== "active") continue;
    for (const resource of agent.info.resources.others) {
      const id = berthOf(resource);
      const berth = id === undefined ? undefined : apps.berths.get(id);
      if (id !== undefined && berth === undefined)
        return `${agent.info.name} has something reserved for ${id}`;
      if (berth !== undefined && (berth.releasing !== undefined || !apps.apps.has(berth.appId)))
        return `${agent.info.name} has berth ${id} still`;
    }
  }
  for (const instance of apps.instances.values()) {
    const missing = liveTaskIdsOf(instance).find((taskId) => !running.has(taskId));
    if (missing !== undefined && instance.state !== "unreachable")
      return `the app service keeps ${missing}, which does not run`;
  }
  return undefined;
}
