/**
 * Which doors open where: the master's own API on its port, everything together at the gateway.
 */

import { type ConsoleContext, guardConsole } from "#doors/console/context.ts";
import { consoleEndpoints } from "#doors/console/endpoints.ts";
import type { ClusterContext } from "#doors/endpoint.ts";
import { guardCluster, guardScheduler } from "#doors/guard.ts";
import { marathonEndpoints } from "#doors/marathon/endpoints.ts";
import { mesosGatewayEndpoints, mesosMasterEndpoints } from "#doors/mesos/endpoints.ts";
import type { SchedulerContext } from "#doors/mesos/scheduler/context.ts";
import { schedulerGatewayEndpoints, schedulerMasterEndpoints } from "#doors/mesos/scheduler/endpoints.ts";
import { unumEndpoints } from "#doors/unum/endpoints.ts";
import { bindEndpoints, type Route } from "#shell/http/router.ts";

export type MasterContexts = {
  readonly cluster: ClusterContext;
  readonly console: ConsoleContext;
  readonly scheduler: SchedulerContext;
};

/** The API lies below the first segments of these; all else at the gateway is the console's. */
export const gatewayPaths: readonly string[] = [
  ...consoleEndpoints,
  ...marathonEndpoints,
  ...mesosGatewayEndpoints,
  ...unumEndpoints,
  ...schedulerGatewayEndpoints,
].map(({ path }) => path);

export const gatewayRoutes = ({ cluster, console: shown, scheduler }: MasterContexts): readonly Route[] => [
  ...bindEndpoints(consoleEndpoints, shown, guardConsole),
  ...bindEndpoints([...marathonEndpoints, ...mesosGatewayEndpoints, ...unumEndpoints], cluster, guardCluster),
  ...bindEndpoints(schedulerGatewayEndpoints, scheduler, guardScheduler),
];

export const masterRoutes = ({ cluster, scheduler }: Omit<MasterContexts, "console">): readonly Route[] => [
  ...bindEndpoints(mesosMasterEndpoints, cluster, guardCluster),
  ...bindEndpoints(schedulerMasterEndpoints, scheduler, guardScheduler),
];
