/**
 * The environment that every task of an app finds, besides what its owner set: ports, host, who it is.
 *
 * Names are Marathon's. The owner's own variables win.
 */

import { type App, type AppDefinition, isOnHostNetwork } from "#model/app.ts";
import { fromMilli, type Milli } from "#model/resources.ts";
import type { PortPlace } from "./app-ports.ts";

/** Labels longer than this are left out (Marathon's limit). */
const labelLengthMax = 512;
const labelPrefix = "MARATHON_APP_LABEL_";

export const taskEnvironment = (
  app: App,
  taskId: string,
  hostname: string,
  ports: readonly PortPlace[],
): Readonly<Record<string, string>> => ({
  ...identity(app, taskId),
  ...labelVariables(app.definition.labels),
  ...portVariables(app.definition, ports),
  HOST: hostname,
  ...app.definition.env,
});

const identity = ({ definition, version }: App, taskId: string): Record<string, string> => ({
  MESOS_TASK_ID: taskId,
  MARATHON_APP_ID: definition.id,
  MARATHON_APP_VERSION: version,
  MARATHON_APP_RESOURCE_CPUS: formatDecimal(definition.cpus),
  MARATHON_APP_RESOURCE_MEM: formatDecimal(definition.mem),
  MARATHON_APP_RESOURCE_DISK: formatDecimal(definition.disk),
  MARATHON_APP_RESOURCE_GPUS: String(fromMilli(definition.gpus)),
});

/** `1.0`, as Marathon writes it. */
export function formatDecimal(amount: Milli): string {
  const value = fromMilli(amount);
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

export function labelVariables(labels: Readonly<Record<string, string>>): Record<string, string> {
  const variables: Record<string, string> = {};
  const names: string[] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (key.length >= labelLengthMax - labelPrefix.length || value.length >= labelLengthMax) continue;
    const name = toVariableName(key);
    names.push(name);
    variables[`${labelPrefix}${name}`] = value;
  }
  return { MARATHON_APP_LABELS: names.join(" "), ...variables };
}

const toVariableName = (text: string): string => text.replaceAll(/[^a-zA-Z0-9_]+/g, "_").toUpperCase();

/** `PORT` and `PORTS` are those that were drawn, at the host or because nobody gave them a number. */
function portVariables(app: AppDefinition, places: readonly PortPlace[]): Record<string, string> {
  if (places.length === 0) return {};
  const variables: Record<string, string> = {};
  const drawn: number[] = [];
  const isHost = isOnHostNetwork(app);
  places.forEach(({ port, hostPort, listenPort }, index) => {
    const number = hostPort ?? listenPort;
    const asked = isHost ? port.hostPort || port.servicePort : port.containerPort;
    if (hostPort !== undefined || !port.containerPort) drawn.push(number);
    variables[`PORT${index}`] = String(number);
    variables[`PORT_${asked || number}`] = String(number);
    // Marathon's rule: in upper case, otherwise as it is.
    if (port.name !== undefined) variables[`PORT_${port.name.toUpperCase()}`] = String(number);
  });
  const [first] = drawn;
  return { ...variables, ...(first === undefined ? {} : { PORT: String(first) }), PORTS: drawn.join(",") };
}
