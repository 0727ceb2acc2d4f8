/**
 * Which doors open where: the master's own API on its port, everything together at the gateway.
 */

import { consoleEndpoints } from "#doors/console/endpoints.ts";
import type { ClusterContext } from "#doors/endpoint.ts";
import { marathonEndpoints } from "#doors/marathon/endpoints.ts";
import { mesosGatewayEndpoints, mesosMasterEndpoints } from "#doors/mesos/endpoints.ts";
import { unumEndpoints } from "#doors/unum/endpoints.ts";
import { bindEndpoints, type Route } from "#shell/http/router.ts";

export const gatewayRoutes = (context: ClusterContext): readonly Route[] =>
  bindEndpoints(
    [...consoleEndpoints, ...marathonEndpoints, ...mesosGatewayEndpoints, ...unumEndpoints],
    context,
  );

export const masterRoutes = (context: ClusterContext): readonly Route[] =>
  bindEndpoints(mesosMasterEndpoints, context);
