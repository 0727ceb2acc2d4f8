/**
 * Mesos's endpoints of the master: on its port under Mesos's own paths, on the gateway under `/mesos`.
 *
 * Also `/agent/{id}/…` at the gateway, which passes requests on to that agent.
 */

import { findAgent } from "#core/master/views.ts";
import { agentId } from "#model/ids.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { operatorGatewayEndpoints, operatorMasterEndpoints } from "./operator/endpoints.ts";
import { healthEndpoints, v0Endpoints } from "./v0.ts";

const passOn = (path: string, summary: string): Endpoint<ClusterContext> => ({
  method: "GET",
  path,
  permission: "read",
  summary,
  handle: passToAgent,
});

/** For the master's own port. */
export const mesosMasterEndpoints: readonly Endpoint<ClusterContext>[] = [
  ...v0Endpoints(""),
  ...healthEndpoints,
  ...operatorMasterEndpoints,
];

/** For the gateway. */
export const mesosGatewayEndpoints: readonly Endpoint<ClusterContext>[] = [
  ...v0Endpoints("/mesos"),
  ...operatorGatewayEndpoints,
  passOn("/agent/:id/*", "Passed on to the agent: its state and the files of its tasks"),
  passOn("/slave/:id/*", "Passed on to the agent, under its older name"),
  operatorCalls("/agent/:id/*"),
  operatorCalls("/slave/:id/*"),
];

/** Calls on the agent, some of which last as long as a person works in a container. */
function operatorCalls(path: string): Endpoint<ClusterContext> {
  return {
    method: "POST",
    path,
    permission: "write",
    streams: () => true,
    summary:
      "Passed on to the agent: its operator API at api/v1 below it, and terminals at unum/v1/terminals",
    handle: (request, context, respond) =>
      isPosted(pathBelow(request.params["*"]))
        ? passToAgent(request, context, respond)
        : respond(notFound(`There is nothing to POST to at ${request.path}`)),
  };
}

const isPosted = (path: string): boolean =>
  path === "/api/v1" || path === "/unum/v1/terminals" || path.startsWith("/unum/v1/terminals/");

/** What is read for as long as somebody looks. */
const isLong = (path: string): boolean => path === "/unum/v1/log";

function passToAgent(request: DoorRequest, { master }: ClusterContext, respond: Respond): void {
  const id = request.params.id ?? "";
  master.read(
    (masterState) => findAgent(masterState, agentId(id)),
    (agent) => {
      if (agent === undefined) return respond(notFound(`Agent '${id}' does not exist`));
      const { address, port } = agent.info.endpoint;
      const query = request.queryText === "" ? "" : `?${request.queryText}`;
      const path = pathBelow(request.params["*"]);
      return respond({
        kind: "proxy",
        address,
        port,
        path: `${path}${query}`,
        ...(isLong(path) ? { isLong: true } : {}),
      });
    },
  );
}

/** Mesos's agents answer below `/slave(1)/` too; ours do not. Decoded parameters are encoded again. */
function pathBelow(rest: string | undefined): string {
  const segments = (rest ?? "").split("/").filter((segment) => segment !== "");
  const own = segments[0] === "slave(1)" ? segments.slice(1) : segments;
  return `/${own.map(encodeSegment).join("/")}`;
}

/** `encodeURIComponent` throws on lone surrogates, which decoded text cannot have. */
const encodeSegment = (segment: string): string => encodeURIComponent(segment);
