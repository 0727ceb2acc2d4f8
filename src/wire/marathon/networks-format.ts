/**
 * The network of an app and its ports as Marathon shows them: by today's fields, whatever came in.
 */

import { type AppDefinition, type AppPort, isOnHostNetwork } from "#model/app.ts";
import type { PodNetwork } from "#model/pod.ts";
import type { Json } from "./app-format.ts";

/** What stands beside the container. */
export function formatNetworking(app: AppDefinition): Json {
  if (!isOnHostNetwork(app))
    return { networks: (app.networks ?? []).map(formatNetwork), requirePorts: false };
  return {
    networks: [{ mode: "host" }],
    portDefinitions: app.ports.map((port) => formatDefinition(port, app.requirePorts)),
    requirePorts: app.requirePorts,
  };
}

/** What stands in it; empty on the host's network. */
export const formatMappings = (app: AppDefinition): Json =>
  isOnHostNetwork(app) ? {} : { portMappings: app.ports.map(formatMapping) };

const formatNetwork = ({ mode, name, labels }: PodNetwork): Json => ({
  ...(name === undefined ? {} : { name }),
  mode,
  ...(Object.keys(labels).length === 0 ? {} : { labels }),
});

const formatDefinition = (port: AppPort, requirePorts: boolean): Json => ({
  port: requirePorts && port.fixed ? port.hostPort : port.servicePort,
  protocol: port.protocol,
  ...(port.name === undefined ? {} : { name: port.name }),
  labels: port.labels,
});

const formatMapping = (port: AppPort): Json => ({
  containerPort: port.containerPort ?? 0,
  ...(port.unmapped === true ? {} : { hostPort: port.hostPort }),
  labels: port.labels,
  ...(port.name === undefined ? {} : { name: port.name }),
  protocol: port.protocol,
  servicePort: port.servicePort,
  ...(port.networkNames === undefined ? {} : { networkNames: port.networkNames }),
});
