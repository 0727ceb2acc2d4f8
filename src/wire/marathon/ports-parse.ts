/**
 * Ports of an app: Marathon's two ways of writing them (`portDefinitions`, and `ports` of old) to the model's.
 *
 * On the host's network a definition's `port` is the port that clients of the service use; with
 * `requirePorts` it is also the port on the host.
 */

import type { AppDefinition, AppPort } from "#model/app.ts";
import type { Faults } from "../json/problem.ts";
import type { AppJson, PortDefinitionJson } from "./app-schema.ts";

type Ports = { readonly ports: readonly AppPort[]; readonly requirePorts: boolean };

/** Undefined when the request says nothing about ports. `base` is what it changes. */
export function parsePorts(app: AppJson, base: AppDefinition, faults: Faults): Ports | undefined {
  if (app.ports === undefined && app.portDefinitions === undefined && app.requirePorts === undefined)
    return undefined;
  const requirePorts = app.requirePorts ?? base.requirePorts;
  if (app.ports !== undefined && app.portDefinitions !== undefined && !sameNumbers(app)) {
    faults.add("/ports", "ports and portDefinitions say different things; use portDefinitions alone");
  }
  const definitions = app.portDefinitions ?? app.ports?.map((port): PortDefinitionJson => ({ port }));
  const ports =
    definitions === undefined
      ? base.ports.map((port) => withHostPort(port, requirePorts))
      : definitions.map((definition) => parsePort(definition, requirePorts));
  checkPortNames(ports, "/portDefinitions", faults);
  return { ports, requirePorts };
}

/** Clients that read an app and send it back repeat both. */
const sameNumbers = (app: AppJson): boolean =>
  JSON.stringify(app.ports) === JSON.stringify(app.portDefinitions?.map(({ port }) => port ?? 0));

function parsePort(definition: PortDefinitionJson, requirePorts: boolean): AppPort {
  const { protocol = "tcp", name, labels = {}, port = 0 } = definition;
  const parsed: AppPort = {
    hostPort: 0,
    fixed: false,
    servicePort: port,
    protocol: protocol === "tcp,udp" ? "udp,tcp" : protocol,
    name,
    labels,
  };
  return withHostPort(parsed, requirePorts);
}

const withHostPort = (port: AppPort, requirePorts: boolean): AppPort =>
  requirePorts && port.servicePort !== 0
    ? { ...port, hostPort: port.servicePort, fixed: true }
    : { ...port, hostPort: 0, fixed: false };

const nameForm = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

export function checkPortNames(ports: readonly AppPort[], path: string, faults: Faults): void {
  ports.forEach(({ name }, index) => {
    if (name === undefined || nameForm.test(name)) return;
    faults.add(`${path}(${index})/name`, "is made of letters, digits and hyphens inside");
  });
}
