/**
 * One service with all that concerns it: instances, deployment, endpoints, definition, why something is missing.
 */

import { limits } from "#base/limits.ts";
import { isReady } from "#core/apps/readiness.ts";
import { definitionOf, isCurrent, serviceOf } from "#core/apps/state.ts";
import { appVersions, instanceHealthy, instancesOf } from "#core/apps/views.ts";
import type { Service } from "#model/app.ts";
import { appId, frameworkId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { isAppService, isPod, isPodService } from "#model/pod.ts";
import { formatAppVersion } from "#wire/marathon/app-format.ts";
import { formatPod } from "#wire/marathon/pod-format.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { InstanceRow, ServiceParams, ServiceView } from "#wire/unum/console/services.ts";
import { byNumber, byText, type Compare, ordered, pageOf, readSort } from "../desk/paging.ts";
import { withUsage } from "../desk/service-index.ts";
import { sandboxOf } from "../desk/task-facts.ts";
import { shown } from "../desk/usage-book.ts";
import type { World } from "../desk/world.ts";
import { viewDeployment } from "./deployments.ts";
import { viewPlacement } from "./placement.ts";
import { eventsAbout } from "./timeline.ts";

export function viewService(world: World, params: ServiceParams): ServiceView | null {
  const { apps, services, usage, nowMs } = world;
  const id = appId(params.id);
  const service = serviceOf(apps, id);
  const row = services.get(id);
  if (service === undefined || row === undefined) return null;
  const { offset = 0, limit = limits.consolePageUsual } = params;
  const instances = [...instancesOf(apps, id)];
  const total = instances.length;
  const lock = apps.lockedBy.get(id);
  const deployment = lock === undefined ? undefined : apps.deployments.get(lock);
  const failure = apps.failures.get(id);
  return {
    rows: pageOf(instances, compareInstances(world, params.sort), offset, limit).map((instance) =>
      instanceRow(world, service, instance),
    ),
    offset,
    total,
    service: withUsage(row, usage),
    definition: definitionJson(service),
    versions: appVersions(apps, id),
    version: service.version,
    deployment: deployment === undefined ? null : viewDeployment(apps, deployment, nowMs),
    endpoints: endpointsOf(world, service),
    lastFailure:
      failure === undefined
        ? null
        : {
            taskId: failure.taskId,
            state: taskStateNames[failure.state],
            message: failure.message,
            hostname: failure.hostname,
            atMs: failure.timestampMs,
          },
    placement: viewPlacement(world, service),
    dependencies: (isPod(service.definition) ? [] : (service.definition.dependencies ?? [])).map((each) => ({
      kind: apps.groups.has(each as never) && !services.has(each) ? "group" : "service",
      id: each,
      name: each,
    })),
    frameworkId: apps.frameworkId ?? "",
    usage: usage.serviceHistory(id),
    events: eventsAbout(world, { service: id }, 50),
  };
}

function definitionJson(service: Service): Readonly<Record<string, unknown>> {
  if (isAppService(service)) return formatAppVersion(service);
  return isPodService(service) ? formatPod(service) : {};
}

export function instanceRow(
  { apps, master, usage }: World,
  service: Service,
  instance: Instance,
): InstanceRow {
  const { taskId, containers } = instance;
  const parts = containers ?? [{ taskId, name: "", state: instance.state }];
  const tasks = parts.map((part) => master.tables.task.get(`${apps.frameworkId}/${part.taskId}`));
  const used = parts.map((part) => usage.task(frameworkId(apps.frameworkId ?? ""), part.taskId));
  const definition = definitionOf(apps, instance);
  const sum = (pick: (each: { cpus: number; mem: number }) => number): number | null =>
    used.every((each) => each === undefined)
      ? null
      : shown(used.reduce((total, each) => total + (each === undefined ? 0 : pick(each)), 0));
  return {
    key: taskId,
    tasks: parts.map((part) => ({
      id: part.taskId,
      name: part.name,
      state: taskStateNames[part.state],
    })),
    state: taskStateNames[instance.state],
    healthy: instanceHealthy(apps, instance) ?? null,
    ready: instance.state === "running" ? isReady(instance, definition) : null,
    nodeId: instance.agentId,
    nodeName: instance.agentName,
    hostname: instance.hostname,
    addresses: addressesOf(instance),
    version: instance.version,
    isCurrent: isCurrent(service, instance),
    stagedAtMs: instance.stagedAtMs,
    startedAtMs: instance.startedAtMs ?? null,
    ending: instance.killing?.reason ?? null,
    checks: (apps.health.get(taskId)?.checks ?? []).map(
      ({ alive, consecutiveFailures, lastFailureCause }) => ({
        alive: alive ?? null,
        consecutiveFailures,
        lastFailureCause: lastFailureCause ?? null,
      }),
    ),
    cpusUsed: sum(({ cpus }) => cpus),
    memUsed: sum(({ mem }) => mem),
    sandboxes: tasks.map((task) => (task === undefined ? "" : sandboxOf(task))),
  };
}

/** Where it is reached: each port at its host, or each of its own addresses. */
function addressesOf({ networks, hostname, ports }: Instance): readonly string[] {
  const own = networks?.flatMap(({ addresses }) => addresses) ?? [];
  const mapped = ports.map((port) => `${hostname}:${port}`);
  return mapped.length > 0 ? mapped : own;
}

function endpointsOf({ apps }: World, { definition }: Service): ServiceView["endpoints"] {
  const running = instancesOf(apps, definition.id).filter(({ state }) => state === "running");
  const at = (index: number): readonly string[] =>
    running
      .flatMap(({ hostname, ports }) => (ports[index] === undefined ? [] : [`${hostname}:${ports[index]}`]))
      .slice(0, limits.consolePageUsual);
  if (isPod(definition)) {
    const named = definition.containers.flatMap(({ endpoints }) => endpoints);
    let index = -1;
    return named.map(({ name, hostPort, protocols }) => {
      if (hostPort !== undefined) index += 1;
      const addresses = hostPort === undefined ? [] : at(index);
      return { name, protocol: protocols.join(","), servicePort: null, addresses };
    });
  }
  let index = -1;
  return definition.ports.map(({ name, protocol, servicePort, unmapped }) => {
    if (unmapped !== true) index += 1;
    return {
      name: name ?? null,
      protocol,
      servicePort: servicePort === 0 ? null : servicePort,
      addresses: unmapped === true ? [] : at(index),
    };
  });
}

const byKey: Compare<Instance> = (left, right) =>
  left.stagedAtMs - right.stagedAtMs || byText(left.taskId, right.taskId);

function compareInstances({ apps }: World, sort: string | undefined): Compare<Instance> {
  const { column, reverse } = readSort(sort);
  const health = (instance: Instance): number => {
    const healthy = instanceHealthy(apps, instance);
    return healthy === undefined ? 1 : healthy ? 2 : 0;
  };
  const known: Readonly<Record<string, Compare<Instance>>> = {
    state: (left, right) => byText(left.state, right.state),
    nodeName: (left, right) => byText(left.agentName, right.agentName),
    healthy: (left, right) => byNumber(health(left), health(right)),
  };
  return ordered(known[column] ?? byKey, byKey, reverse);
}
