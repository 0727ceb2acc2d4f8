/**
 * What a master says that does not lead: where the leader is.
 *
 * Its API sends clients there (307), as Mesos does; its gateway passes requests on, as Marathon does, but sends readers of
 * streams of events there, and browsers that want the console. It holds no state and lets no agent in.
 */

import { limits } from "#base/limits.ts";
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
import { createHttpServer, type HttpServer, type HttpServerOptions } from "#shell/http/server.ts";
import type { Log } from "#shell/log/log.ts";
import type { MasterProgramConfig } from "./config.ts";
import { gatewayPaths } from "./routes.ts";

/** How masters find each other: the value of the leader's key. */
export type LeaderPlace = {
  readonly hostname: string;
  readonly port: number;
  readonly gatewayPort: number;
};

export const formatLeader = ({ hostname, port, gatewayPort }: LeaderPlace): string =>
  JSON.stringify({ hostname, port, gatewayPort });

export const isSamePlace = (one: LeaderPlace, other: LeaderPlace): boolean =>
  one.hostname === other.hostname && one.port === other.port;

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

/** Both of a master's servers, which it keeps when it begins to lead, and when it ends leading. */
export type Standby = {
  readonly api: HttpServer;
  readonly gateway: HttpServer;
  /** Undefined: nobody leads. Requests wait a little for somebody to. */
  serve(leader: LeaderPlace | undefined): void;
  /** This master leads: what comes waits until it answers. */
  won(own: LeaderPlace): void;
  hold(): void;
  settle(withinMs: number): Promise<void>;
  idleMs(): number;
  close(): Promise<void>;
};

type Context = {
  /** Calls back at once when one leads, else as soon as one does, or when it has been too long. */
  readonly leader: (use: (place: LeaderPlace | undefined) => void) => void;
  /** Calls back once, when somebody begins to lead; what is returned ends that. */
  readonly next: (use: (place: LeaderPlace) => void) => () => void;
};

/** Without a leader requests wait so long: one that is gone is followed by another. */
const leaderWaitMs = 4_000;

/** Listens where this master listens when it leads. */
export async function openStandby(
  config: MasterProgramConfig,
  { entry, ...shared }: StandbyDoor & { readonly log: Log },
): Promise<Standby> {
  let leader: LeaderPlace | undefined;
  const waiting = new Set<() => void>();
  const passing = new Set<(place: LeaderPlace) => void>();
  const know = (found: LeaderPlace | undefined): void => {
    leader = found;
    if (found === undefined) return;
    // Before what waits is passed on, which is so to the right one at once.
    for (const move of [...passing]) move(found);
    for (const goOn of [...waiting]) goOn();
  };
  const context: Context = {
    next: (use) => {
      const move = (place: LeaderPlace): void => {
        passing.delete(move);
        use(place);
      };
      passing.add(move);
      return () => passing.delete(move);
    },
    leader: (use) => {
      if (leader !== undefined || waiting.size >= limits.heldRequestsMax) return use(leader);
      const goOn = (): void => {
        clearTimeout(timer);
        waiting.delete(goOn);
        use(leader);
      };
      const timer = setTimeout(goOn, leaderWaitMs);
      waiting.add(goOn);
    },
  };
  const tables = {
    api: { routes: [...bindEndpoints(apiEndpoints, context), ...entry] },
    gateway: {
      // A link is made and redeemed where the console is: its code is known there alone.
      routes: [...bindEndpoints(gatewayEndpoints, context), ...entry.filter(({ path }) => path !== loginUrl)],
    },
  };
  const api = createHttpServer({ ...shared, ...tables.api });
  const gateway = createHttpServer({ ...shared, ...tables.gateway });
  const both = [api, gateway];
  const hold = (): void => {
    for (const server of both) server.hold();
  };
  const standby: Standby = {
    ...{ api, gateway, hold },
    serve: (found) => {
      // Our own, of before we started anew: it has not run out yet, and would send us in circles.
      know(found !== undefined && isSamePlace(found, config) ? undefined : found);
      api.serve(tables.api);
      gateway.serve(tables.gateway);
    },
    won: (own) => {
      hold();
      // What waited comes to us once more, and is held back then.
      know(own);
    },
    settle: async (withinMs) => void (await Promise.all(both.map((server) => server.settle(withinMs)))),
    idleMs: () => Math.min(...both.map((server) => server.idleMs())),
    close: async () => void (await Promise.all(both.map((server) => server.close()))),
  };
  try {
    await api.listen(config.address, config.port);
    await gateway.listen(config.address, config.gatewayPort);
  } catch (error) {
    await standby.close();
    throw error;
  }
  return standby;
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
    leader((place) => redirect(request, place, "port", respond)),
  ),
];

const loginUrl = "/login";

const apiSegments: ReadonlySet<string> = new Set(
  gatewayPaths.map((path) => path.split("/")[1] ?? "").filter((segment) => segment !== "ping"),
);

const gatewayEndpoints = [
  alive("/ping"),
  ...everywhere("/v2/events", anybody, showLeader),
  ...[...apiSegments].flatMap((segment) =>
    [`/${segment}`, `/${segment}/*`].flatMap((path) => everywhere(path, asThere, passOn)),
  ),
  // What is no API is the console, whose pages and files anybody may have, there as here.
  ...everywhere(
    "/*",
    (method) => (method === "GET" ? "public" : "write"),
    (request, context, respond) =>
      (request.method === "GET" || request.method === "HEAD" ? showLeader : passOn)(
        request,
        context,
        respond,
      ),
  ),
];

function showLeader(request: DoorRequest, { leader }: Context, respond: Respond): void {
  leader((place) => redirect(request, place, "gatewayPort", respond));
}

function passOn(request: DoorRequest, { leader, next }: Context, respond: Respond): void {
  leader((place) => {
    if (place === undefined) return respond(nobodyLeads());
    const moved = (to: (place: Behind) => void) => next((other) => to(behind(other)));
    // A page that is open since this master led goes on: what it reads takes as long as it likes.
    const isLong = request.headers.accept?.includes("text/event-stream") === true;
    respond({ kind: "proxy", ...behind(place), path: pathOf(request), moved, ...(isLong ? { isLong } : {}) });
  });
}

type Behind = { readonly address: string; readonly port: number };

const behind = ({ hostname: address, gatewayPort: port }: LeaderPlace): Behind => ({ address, port });

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
