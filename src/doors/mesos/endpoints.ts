/**
 * Mesos's read-only endpoints: on the master's port under Mesos's own paths, on the gateway under `/mesos`.
 *
 * Also `/agent/{id}/…` at the gateway, which passes requests on to that agent.
 */

import { findAgent } from "#core/master/views.ts";
import { agentId } from "#model/ids.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import type { ClusterSnapshot } from "#wire/mesos/cluster.ts";
import { formatSlaves, formatState, formatStateSummary } from "#wire/mesos/state-format.ts";
import { emptyAnswer, jsonAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewCluster } from "../views/cluster-view.ts";

type Handle = Endpoint<ClusterContext>["handle"];

const show =
  (format: (snapshot: ClusterSnapshot) => unknown): Handle =>
  (_request, { master, info }, respond) =>
    master.read(
      (state) => viewCluster(state, info),
      (snapshot) => respond(jsonAnswer(200, format(snapshot))),
    );

const read = (path: string, summary: string, handle: Handle): Endpoint<ClusterContext> => ({
  method: "GET",
  path,
  permission: "read",
  summary,
  handle,
});

const state = (path: string) => read(path, "The whole cluster as Mesos's master shows it", show(formatState));
const summary = (path: string) => read(path, "Agents and frameworks, in numbers", show(formatStateSummary));
const slaves = (path: string) => read(path, "Agents", show(formatSlaves));

const health = (path: string): Endpoint<ClusterContext> => ({
  method: "GET",
  path,
  permission: "public",
  summary: "200 when the master answers",
  handle: (_request, _context, respond) => respond(emptyAnswer(200)),
});

/** For the master's own port. */
export const mesosMasterEndpoints: readonly Endpoint<ClusterContext>[] = [
  state("/state"),
  state("/master/state"),
  summary("/state-summary"),
  summary("/master/state-summary"),
  slaves("/slaves"),
  slaves("/master/slaves"),
  health("/health"),
  health("/master/health"),
];

/** For the gateway. */
export const mesosGatewayEndpoints: readonly Endpoint<ClusterContext>[] = [
  state("/mesos/state"),
  state("/mesos/master/state"),
  summary("/mesos/state-summary"),
  summary("/mesos/master/state-summary"),
  slaves("/mesos/slaves"),
  slaves("/mesos/master/slaves"),
  read("/agent/:id/*", "Passed on to the agent: its state and the files of its tasks", passToAgent),
  read("/slave/:id/*", "Passed on to the agent, under its older name", passToAgent),
];

function passToAgent(request: DoorRequest, { master }: ClusterContext, respond: Respond): void {
  const id = request.params.id ?? "";
  master.read(
    (masterState) => findAgent(masterState, agentId(id)),
    (agent) => {
      if (agent === undefined) return respond(notFound(`Agent '${id}' does not exist`));
      const { address, port } = agent.info.endpoint;
      const query = request.queryText === "" ? "" : `?${request.queryText}`;
      return respond({ kind: "proxy", address, port, path: `${pathBelow(request.params["*"])}${query}` });
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
