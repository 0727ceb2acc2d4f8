/**
 * `/ping`, `/v2/info` and `/v2/leader`.
 */

import { subscribedAs } from "#core/apps/views.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { formatInfo } from "#wire/marathon/info-format.ts";
import { jsonAnswer, textAnswer } from "../answers.ts";
import type { ClusterContext, ClusterInfo } from "../endpoint.ts";

/** Public, so that load balancers and start scripts need no token; it says nothing but that we are here. */
export function ping(request: DoorRequest, _context: ClusterContext, respond: Respond): void {
  const accept = request.headers.accept ?? "*/*";
  const wantsText = accept.includes("text/") || accept.includes("*/*");
  respond(wantsText || !accept.includes("json") ? textAnswer(200, "pong") : jsonAnswer(200, "pong"));
}

export function showInfo(_request: DoorRequest, { apps, info }: ClusterContext, respond: Respond): void {
  apps.read(
    (state) => ({ frameworkId: subscribedAs(state), servicePorts: state.config.servicePorts }),
    ({ frameworkId, servicePorts }) =>
      respond(
        jsonAnswer(
          200,
          formatInfo({
            frameworkId,
            servicePorts,
            leader: leaderOf(info),
            master: `${info.hostname}:${info.masterPort}`,
            hostname: info.hostname,
            httpPort: info.gatewayPort,
            user: info.defaultUser,
            failoverTimeoutMs: info.failoverTimeoutMs,
            taskLaunchTimeoutMs: info.taskLaunchTimeoutMs,
            reconcileIntervalMs: info.reconcileIntervalMs,
          }),
        ),
      ),
  );
}

export function showLeader(_request: DoorRequest, { info }: ClusterContext, respond: Respond): void {
  respond(jsonAnswer(200, { leader: leaderOf(info) }));
}

const leaderOf = ({ hostname, gatewayPort }: ClusterInfo): string => `${hostname}:${gatewayPort}`;
