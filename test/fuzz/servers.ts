/**
 * What there is to fuzz: every server of a cluster with its routes, as the programs themselves make them.
 *
 * A door that a program opens is fuzzed without a line here.
 */

import { agentRoutes } from "#programs/agent/routes.ts";
import { gatewayRoutes, masterRoutes } from "#programs/master/routes.ts";
import { createLoginRoutes } from "#shell/http/login.ts";
import { createProofRoute } from "#shell/http/proof.ts";
import type { Route } from "#shell/http/router.ts";

export type ServerName = "gateway" | "master" | "agent";

export type FuzzRoute = Pick<Route, "method" | "path" | "permission">;

/** Handlers are never called, so they need no world. */
const noWorld = {} as never;

const ways: readonly Route[] = [...createLoginRoutes(noWorld), createProofRoute("")];

export const routesOf: Readonly<Record<ServerName, readonly FuzzRoute[]>> = {
  gateway: [...gatewayRoutes(noWorld), ...ways],
  master: [...masterRoutes(noWorld), ...ways],
  agent: agentRoutes(noWorld, noWorld),
};
