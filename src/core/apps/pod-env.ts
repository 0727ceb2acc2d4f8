/**
 * The environment that every container of a pod finds: its own variables over those of the pod, and over both
 * who it is and where the endpoints of the whole pod are.
 *
 * Names, and that they win over the owner's, are Marathon's.
 */

import { present } from "#base/assert.ts";
import { referenceOf } from "#model/app-secrets.ts";
import type { Pod, PodContainer, PodDefinition } from "#model/pod.ts";
import { fromMilli } from "#model/resources.ts";
import type { SecretEnvironment } from "#model/secret.ts";
import type { EndpointPlace } from "./pod-endpoints.ts";
import { formatDecimal, labelVariables } from "./task-env.ts";

export const containerEnvironment = (
  { definition, version }: Pod,
  container: PodContainer,
  taskId: string,
  hostname: string,
  endpoints: readonly EndpointPlace[],
): Readonly<Record<string, string>> => ({
  ...without(definition.env, container.secretEnv),
  ...container.env,
  HOST: hostname,
  MESOS_TASK_ID: taskId,
  MARATHON_APP_ID: definition.id,
  MARATHON_APP_VERSION: version,
  MARATHON_CONTAINER_ID: container.name,
  MARATHON_CONTAINER_RESOURCE_CPUS: formatDecimal(container.cpus),
  MARATHON_CONTAINER_RESOURCE_MEM: formatDecimal(container.mem),
  MARATHON_CONTAINER_RESOURCE_DISK: formatDecimal(container.disk),
  MARATHON_CONTAINER_RESOURCE_GPUS: String(fromMilli(container.gpus)),
  ...labelVariables({ ...definition.labels, ...container.labels }),
  ...Object.fromEntries(endpoints.flatMap(endpointVariables)),
});

/** Those whose values only the agent knows, where they are kept; what a container says itself goes before. */
export function secretEnvironment(
  { secrets, secretEnv = {} }: PodDefinition,
  container: PodContainer,
): SecretEnvironment | undefined {
  const names = { ...without(secretEnv, container.env), ...container.secretEnv };
  const known = Object.entries(names).map(
    ([variable, name]) =>
      [variable, present(referenceOf({ secrets }, name), "a pod's rules ask for its secrets")] as const,
  );
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

const without = (
  env: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !Object.hasOwn(others, name)));

function endpointVariables(place: EndpointPlace): readonly (readonly [string, string])[] {
  const name = place.endpoint.name.toUpperCase().replaceAll(/[^A-Z0-9_]+/g, "_");
  const all = [
    ["ENDPOINT", place.listenPort],
    ["EP_HOST", place.hostPort],
    ["EP_CONTAINER", place.endpoint.containerPort],
  ] as const;
  return all.flatMap(([prefix, port]) =>
    port === undefined ? [] : [[`${prefix}_${name}`, String(port)] as const],
  );
}
