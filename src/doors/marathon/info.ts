/**
 * `/ping`, `/v2/info` and `/v2/leader`.
 */

import { subscribedAs } from "#core/apps/views.ts";
import { defaultRole } from "#model/role.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { formatInfo } from "#wire/marathon/info-format.ts";
import { acceptedTypes } from "../accepted.ts";
import { emptyAnswer, jsonAnswer, textAnswer } from "../answers.ts";
import type { ClusterContext, ClusterInfo } from "../endpoint.ts";

/**
 * Public, so that load balancers and start scripts need no token; it says nothing but that we are here: as text
 * or as JSON, whichever is wanted more, and without a body to whoever wants neither.
 */
export function ping(request: DoorRequest, _context: ClusterContext, respond: Respond): void {
  const { plain, html, json } = acceptedTypes(request.headers.accept);
  const text = Math.max(plain, html);
  if (text === 0 && json === 0) return respond(emptyAnswer(204));
  if (json > text) return respond(jsonAnswer(200, "pong"));
  respond(textAnswer(200, "pong", html > plain ? { "Content-Type": "text/html; charset=utf-8" } : {}));
}

export function showInfo(_request: DoorRequest, { apps, info }: ClusterContext, respond: Respond): void {
  apps.read(
    (state) => ({
      frameworkId: subscribedAs(state),
      servicePorts: state.config.servicePorts,
      role: state.config.role ?? defaultRole,
    }),
    ({ frameworkId, servicePorts, role }) =>
      respond(
        jsonAnswer(
          200,
          formatInfo({
            frameworkId,
            servicePorts,
            role,
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

/** Read like all else: one that may lead no longer does not say that it does. */
export function showLeader(_request: DoorRequest, { apps, info }: ClusterContext, respond: Respond): void {
  apps.read(
    () => leaderOf(info),
    (leader) => respond(jsonAnswer(200, { leader })),
  );
}

export const leaderOf = ({ hostname, gatewayPort }: ClusterInfo): string => `${hostname}:${gatewayPort}`;
