/**
 * Which doors an agent opens.
 */

import { agentEndpoints } from "#doors/agent/endpoints.ts";
import type { AgentContext } from "#doors/endpoint.ts";
import { guardAgent, guardExecutors } from "#doors/guard.ts";
import type { ExecutorContext } from "#doors/mesos/executor/context.ts";
import { executorEndpoints } from "#doors/mesos/executor/endpoints.ts";
import { bindEndpoints, type Route } from "#shell/http/router.ts";

export const agentRoutes = (context: AgentContext, executors: ExecutorContext): readonly Route[] => [
  ...bindEndpoints(agentEndpoints, context, guardAgent),
  ...bindEndpoints(executorEndpoints, executors, guardExecutors),
];
