/**
 * `/ping`, `/v2/info` and `/v2/leader`.
 */

import { subscribedAs } from "#core/apps/views.ts";
import { defaultRole } from "#model/role.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { formatInfo } from "#wire/marathon/info-format.ts";
import { emptyAnswer, jsonAnswer, textAnswer } from "../answers.ts";
import type { ClusterContext, ClusterInfo } from "../endpoint.ts";

/**
 * Public, so that load balancers and start scripts need no token; it says nothing but that we are here: as text
 * or as JSON, whichever is wanted more, and without a body to whoever wants neither.
 */
export function ping(request: DoorRequest, _context: ClusterContext, respond: Respond): void {
  const accept = request.headers.accept ?? "";
  const wanted = (accept === "" ? "*/*" : accept).split(",").map(readRange);
  const weight = (type: string, group: string): number =>
    Math.max(0, ...wanted.filter(({ range }) => [type, group, "*/*"].includes(range)).map(({ q }) => q));
  const plain = weight("text/plain", "text/*");
  const html = weight("text/html", "text/*");
  const text = Math.max(plain, html);
  const json = weight("application/json", "application/*");
  if (text === 0 && json === 0) return respond(emptyAnswer(204));
  if (json > text) return respond(jsonAnswer(200, "pong"));
  respond(textAnswer(200, "pong", html > plain ? { "Content-Type": "text/html; charset=utf-8" } : {}));
}

function readRange(text: string): { readonly range: string; readonly q: number } {
  const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const q = given === undefined ? 1 : Number(given);
  return { range, q: Number.isFinite(q) ? q : 0 };
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

export function showLeader(_request: DoorRequest, { info }: ClusterContext, respond: Respond): void {
  respond(jsonAnswer(200, { leader: leaderOf(info) }));
}

const leaderOf = ({ hostname, gatewayPort }: ClusterInfo): string => `${hostname}:${gatewayPort}`;
