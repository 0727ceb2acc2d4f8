/**
 * What a master says that does not lead: where the leader is.
 *
 * Its API sends clients there (307), as Mesos does; its gateway passes requests on, as Marathon does, but for streams of
 * events, whose readers it sends there too. It holds no state and lets no agent in.
 */

import { messageAnswer, textAnswer } from "#doors/answers.ts";
import {
  type DoorMethod,
  type DoorRequest,
  doorMethods,
  type Endpoint,
  type Permission,
  type Respond,
} from "#ports/door.ts";
import { bindEndpoints, type Route } from "#shell/http/router.ts";
import { createHttpServer, type HttpServerOptions } from "#shell/http/server.ts";
import type { Log } from "#shell/log/log.ts";
import type { MasterProgramConfig } from "./config.ts";

/** How masters find each other: the value of the leader's key. */
export type LeaderPlace = {
  readonly hostname: string;
  readonly port: number;
  readonly gatewayPort: number;
};

export const formatLeader = ({ hostname, port, gatewayPort }: LeaderPlace): string =>
  JSON.stringify({ hostname, port, gatewayPort });

/** Undefined: another release's, perhaps. */
export function parseLeader(text: string): LeaderPlace | undefined {
  try {
    const { hostname, port, gatewayPort } = JSON.parse(text) as Partial<LeaderPlace>;
    if (typeof hostname !== "string" || typeof port !== "number" || typeof gatewayPort !== "number")
      return undefined;
    return { hostname, port, gatewayPort };
  } catch {
    return undefined;
  }
}

/** Who may come in, and the ways in that every server of ours has. */
export type StandbyDoor = Pick<HttpServerOptions, "access" | "hostNames"> & {
  readonly entry: readonly Route[];
};

export type Standby = { readonly close: () => Promise<void> };

type Context = { readonly leader: () => LeaderPlace | undefined };

/** Listens where this master listens when it leads, until it is closed. */
export async function openStandby(
  config: MasterProgramConfig,
  { entry, ...shared }: StandbyDoor & { readonly log: Log },
  leader: Context["leader"],
): Promise<Standby> {
  const context = { leader };
  const api = createHttpServer({ ...shared, routes: [...bindEndpoints(apiEndpoints, context), ...entry] });
  const gateway = createHttpServer({
    ...shared,
    routes: [...bindEndpoints(gatewayEndpoints, context), ...entry],
  });
  const close = async (): Promise<void> => {
    await Promise.all([api.close(), gateway.close()]);
  };
  try {
    await api.listen(config.address, config.port);
    await gateway.listen(config.address, config.gatewayPort);
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

type Handle = Endpoint<Context>["handle"];

const everywhere = (
  path: string,
  permissionOf: (method: DoorMethod) => Permission,
  handle: Handle,
): readonly Endpoint<Context>[] =>
  doorMethods.map((method) => ({
    method,
    path,
    permission: permissionOf(method),
    summary: "Where the leader is",
    handle,
  }));

/** Whoever asks at the leader shows there who they are. */
const anybody = (): Permission => "public";
/** What is passed on comes to the leader in our name: who may not ask there may not ask here. */
const asThere = (method: DoorMethod): Permission => (method === "GET" ? "read" : "write");

const alive = (path: string): Endpoint<Context> => ({
  method: "GET",
  path,
  permission: "public",
  summary: "Whether the process answers",
  handle: (_request, _context, respond) => respond(textAnswer(200, "pong")),
});

const apiEndpoints = [
  alive("/health"),
  ...everywhere("/*", anybody, (request, { leader }, respond) =>
    redirect(request, leader(), "port", respond),
  ),
];

const gatewayEndpoints = [
  alive("/ping"),
  ...everywhere("/v2/events", anybody, (request, { leader }, respond) =>
    redirect(request, leader(), "gatewayPort", respond),
  ),
  ...everywhere("/*", asThere, (request, { leader }, respond) => {
    const place = leader();
    if (place === undefined) return respond(nobodyLeads());
    const { hostname: address, gatewayPort: port } = place;
    respond({ kind: "proxy", address, port, path: pathOf(request) });
  }),
];

function redirect(
  request: DoorRequest,
  leader: LeaderPlace | undefined,
  port: "port" | "gatewayPort",
  respond: Respond,
): void {
  if (leader === undefined) return respond(nobodyLeads());
  const place = `http://${leader.hostname}:${leader[port]}`;
  respond(messageAnswer(307, `the leader is ${place}`, { Location: `${place}${pathOf(request)}` }));
}

const pathOf = ({ path, queryText }: DoorRequest): string =>
  `${path}${queryText === "" ? "" : `?${queryText}`}`;

const nobodyLeads = () =>
  messageAnswer(503, "no master leads at the moment; one will within seconds", { "Retry-After": "1" });
