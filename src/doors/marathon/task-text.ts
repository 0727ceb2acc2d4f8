/**
 * Lists of tasks for proxies that ask for text: of each port of a service, where it is reached now.
 *
 * Marathon dropped them with 1.11; who asks for anything but plain text gets JSON.
 */

import { placePorts } from "#core/apps/app-ports.ts";
import { type AppDefinition, isOnHostNetwork } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { appNotFound } from "#wire/marathon/errors.ts";
import { formatServiceLines, type ServiceLine } from "#wire/marathon/task-text.ts";
import { acceptedTypes } from "../accepted.ts";
import { jsonAnswer, textAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readList } from "../query.ts";
import { type AppView, viewApp, viewApps } from "../views/apps-view.ts";

export function wantsText({ headers }: DoorRequest): boolean {
  const { plain, json } = acceptedTypes(headers.accept);
  return plain > json;
}

/** Of all apps, or of one. `?containerNetworks=` names the networks whose own addresses are told; `*`: of all. */
export function listAsText(
  id: AppId | undefined,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const networks = new Set(readList(request.query, "containerNetworks"));
  context.apps.read(
    (state) => (id === undefined ? viewApps(state) : [viewApp(state, id)]),
    (views) => {
      const found = views.flatMap((view) => view ?? []);
      if (id !== undefined && found.length === 0) return respond(jsonAnswer(404, appNotFound(id)));
      respond(textAnswer(200, formatServiceLines(found.flatMap((view) => linesOf(view, networks)))));
    },
  );
}

function linesOf({ app, instances }: AppView, networks: ReadonlySet<string>): readonly ServiceLine[] {
  const { id: appId, ports } = app.definition;
  const running = instances.filter(({ instance }) => instance.state === "running");
  if (ports.length === 0) {
    const addresses = running.map(({ instance }) => instance.hostname);
    return [{ appId, servicePort: undefined, addresses }];
  }
  return ports.map(({ servicePort }, index) => ({
    appId,
    servicePort,
    addresses: running.flatMap(({ instance, definition = app.definition }) =>
      addressesOf(instance, definition, index, networks),
    ),
  }));
}

/** At its host where the port is mapped there; else its own address, if its network is one that was named. */
function addressesOf(
  { hostname, ports, networks: own = [] }: Instance,
  definition: AppDefinition,
  index: number,
  networks: ReadonlySet<string>,
): readonly string[] {
  const place = placePorts(definition, ports)[index];
  if (place === undefined) return [];
  const { port, hostPort, listenPort } = place;
  if (hostPort !== undefined) return [`${hostname}:${hostPort}`];
  if (isOnHostNetwork(definition)) return [];
  const { networkNames = [] } = port;
  const reached = own.find(
    ({ name }) =>
      (networkNames.length === 0 || networkNames.includes(name)) && (networks.has("*") || networks.has(name)),
  );
  const address = reached?.addresses[0];
  if (address === undefined) return [];
  return [`${address.includes(":") ? `[${address}]` : address}:${listenPort}`];
}
