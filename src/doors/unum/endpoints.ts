/**
 * Our own API, `/unum/v1`: what Mesos's and Marathon's have no place for.
 */

import { formatTime } from "#base/time-text.ts";
import type { MasterState } from "#core/master/state.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import type { VersionView } from "#wire/unum/views.ts";
import { jsonAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewLosses } from "../views/losses.ts";
import { viewNodes } from "../views/nodes.ts";
import { backupEndpoint } from "./backup.ts";
import { explainServiceEndpoint, explainTaskEndpoint } from "./explain.ts";
import { explainFrameworkEndpoint, explainRoleEndpoint } from "./explain-demand.ts";
import { lossEndpoints } from "./losses.ts";
import { listTasks } from "./tasks.ts";

const read = (
  path: string,
  summary: string,
  handle: Endpoint<ClusterContext>["handle"],
): Endpoint<ClusterContext> => ({ method: "GET", path, permission: "read", summary, handle });

export const unumEndpoints: readonly Endpoint<ClusterContext>[] = [
  { ...read("/unum/v1/version", "Name and version of this cluster", showVersion), permission: "public" },
  read("/unum/v1/nodes", "Agents with what they have, use and offer", listNodes),
  ...lossEndpoints,
  read("/unum/v1/tasks", "Tasks that run, and those that ended of late", listTasks),
  read(
    "/unum/v1/explain/app/*",
    "Why an app has, or has not, the instances it wants",
    explainServiceEndpoint,
  ),
  read("/unum/v1/explain/pod/*", "The same of a pod", explainServiceEndpoint),
  read(
    "/unum/v1/explain/framework/:id",
    "Why a framework is not offered more, or where a task of ?cpus=…&mem=… would fit",
    explainFrameworkEndpoint,
  ),
  read("/unum/v1/explain/role/*", "The same of a role, whoever is in it", explainRoleEndpoint),
  read("/unum/v1/explain/task/:id", "What became of a task, and why", explainTaskEndpoint),
  backupEndpoint,
];

function showVersion(_request: DoorRequest, { info }: ClusterContext, respond: Respond): void {
  const view: VersionView = {
    name: "unum",
    version: info.version,
    clusterName: info.clusterName,
    startedAt: formatTime(info.startedAtMs),
  };
  respond(jsonAnswer(200, view));
}

function listNodes(_request: DoorRequest, { master }: ClusterContext, respond: Respond): void {
  const view = (state: MasterState, nowMs: number) => ({
    nodes: viewNodes(state),
    losses: viewLosses(state, nowMs),
  });
  master.read(view, (answer) => respond(jsonAnswer(200, answer)));
}
