/**
 * Service ports: a number of its own in the cluster for each port of each app, for load balancers.
 *
 * Invariant: what was assigned stays. A definition that is sent again without its service ports gets the
 * same ones, so that the assignment never looks like a change.
 */

import type { AppDefinition, AppPort } from "#model/app.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { AppsState } from "./state.ts";

/** Those that the apps of one change have, while it is put together. Only ever grows. */
export class GivenPorts {
  /** All below are taken: who asks for one more need not look there again. */
  searchFrom = 0;
  readonly #ports = new Set<number>();

  has(port: number): boolean {
    return this.#ports.has(port);
  }

  addOf({ ports }: AppDefinition): void {
    for (const { servicePort } of ports) this.#ports.add(servicePort);
  }
}

/** `previous` is the definition that this one takes the place of. */
export function assignServicePorts(
  state: AppsState,
  definition: AppDefinition,
  previous: AppDefinition | undefined,
  alsoTaken: GivenPorts,
): AppDefinition | Rejection {
  if (definition.ports.every((port) => port.servicePort !== 0)) return definition;
  const given = new Set(definition.ports.map((port) => port.servicePort));
  const kept = keepAssigned(definition.ports, previous?.ports ?? [], given);
  const ports: AppPort[] = [];
  for (const port of kept) {
    const servicePort = port.servicePort === 0 ? findFree(state, given, alsoTaken) : port.servicePort;
    if (servicePort === undefined) {
      const { first, last } = state.config.servicePorts;
      return reject("unavailable", `All ports in the range [${first}-${last}] are already in use`);
    }
    given.add(servicePort);
    // Marathon's rule: who requires the ports of the definition requires those that are put into it, too.
    const host = definition.requirePorts && !port.fixed ? { hostPort: servicePort, fixed: true } : {};
    ports.push({ ...port, servicePort, ...host });
  }
  return { ...definition, ports };
}

/**
 * Of an app that comes back as it was: a number that another has been given since is no longer its own, and it gets a new
 * one. Those that its owner chose, outside the range or as ports of the host, stay.
 */
export function withoutTakenPorts(
  state: AppsState,
  definition: AppDefinition,
  current: AppDefinition | undefined,
  alsoTaken: GivenPorts,
): AppDefinition {
  const { first, last } = state.config.servicePorts;
  const own = new Set(current?.ports.map(({ servicePort }) => servicePort));
  const isTaken = ({ servicePort, fixed }: AppPort): boolean =>
    fixed !== true &&
    servicePort >= first &&
    servicePort <= last &&
    ((state.servicePorts.has(servicePort) && !own.has(servicePort)) || alsoTaken.has(servicePort));
  if (!definition.ports.some(isTaken)) return definition;
  const ports = definition.ports.map((port) => (isTaken(port) ? { ...port, servicePort: 0 } : port));
  return { ...definition, ports };
}

/** A port of the same name takes over its predecessor's number, then one in the same place. */
function keepAssigned(
  ports: readonly AppPort[],
  previous: readonly AppPort[],
  given: Set<number>,
): readonly AppPort[] {
  const takeOver = (port: AppPort, from: AppPort | undefined): AppPort => {
    if (port.servicePort !== 0 || from === undefined || given.has(from.servicePort)) return port;
    given.add(from.servicePort);
    return { ...port, servicePort: from.servicePort };
  };
  return ports
    .map((port) =>
      port.name === undefined
        ? port
        : takeOver(
            port,
            previous.find((old) => old.name === port.name),
          ),
    )
    .map((port, index) => takeOver(port, previous[index]));
}

function findFree(state: AppsState, given: ReadonlySet<number>, alsoTaken: GivenPorts): number | undefined {
  const { first, last } = state.config.servicePorts;
  for (let port = Math.max(first, alsoTaken.searchFrom); port <= last; port += 1) {
    if (state.servicePorts.has(port) || given.has(port) || alsoTaken.has(port)) continue;
    alsoTaken.searchFrom = port;
    return port;
  }
  return undefined;
}
