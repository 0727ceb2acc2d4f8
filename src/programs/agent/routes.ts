/**
 * Which doors an agent opens.
 */

import { agentEndpoints } from "#doors/agent/endpoints.ts";
import type { AgentContext } from "#doors/endpoint.ts";
import { bindEndpoints, type Route } from "#shell/http/router.ts";

export const agentRoutes = (context: AgentContext): readonly Route[] =>
  bindEndpoints(agentEndpoints, context);
