/**
 * The master's older endpoints: what each of them shows, and the orders that they take.
 *
 * Looking is GET, with `jsonp` for all of them. Orders become the same calls as those of the operator API,
 * and are answered alike.
 */

import type { MasterState } from "#core/master/state.ts";
import { identityOf } from "#core/master/state.ts";
import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import type { Files } from "#ports/files.ts";
import { decodeLoosely } from "#wire/json/text.ts";
import type { ClusterSnapshot } from "#wire/mesos/cluster.ts";
import { encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { formatPrometheus, formatSystem } from "#wire/mesos/metrics.ts";
import {
  maintenanceStatusMessage,
  quotaStatusMessage,
  scheduleMessage,
} from "#wire/mesos/operator/order-messages.ts";
import type { OrdersSnapshot } from "#wire/mesos/operator/orders.ts";
import type { MessageName, MessageOf } from "#wire/mesos/proto/tables.ts";
import { formatRoles, rolesOf } from "#wire/mesos/roles.ts";
import {
  formatFrameworkList,
  formatSlaves,
  formatState,
  formatStateSummary,
} from "#wire/mesos/state-format.ts";
import { defaultTaskLimit, formatTaskList } from "#wire/mesos/task-list.ts";
import { formatVersion } from "#wire/mesos/version.ts";
import { browseFiles, downloadFile, readFile } from "../agent/files.ts";
import { emptyAnswer, textAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewCluster } from "../views/cluster-view.ts";
import { viewFlags } from "../views/flags-view.ts";
import { viewMetrics } from "../views/metrics-view.ts";
import { viewOrders } from "../views/orders-view.ts";
import { shownAnswer } from "./jsonp.ts";
import { wrongMethod } from "./media.ts";
import { v0Orders } from "./v0-orders.ts";

type Handle = Endpoint<ClusterContext>["handle"];

type Seen = {
  readonly cluster: ClusterSnapshot;
  readonly orders: OrdersSnapshot;
  readonly flags: ReturnType<typeof viewFlags>;
};

const show =
  (format: (seen: Seen, request: DoorRequest) => unknown): Handle =>
  (request, { master, info }, respond) =>
    master.read(
      (state: MasterState): Seen => ({
        cluster: viewCluster(state, info),
        orders: viewOrders(state),
        flags: viewFlags(state.config, info),
      }),
      (seen) => respond(shownAnswer(request, format(seen, request))),
    );

/** A message stands there as the v1 API writes it. */
const asJson = <Name extends MessageName>(name: Name, message: MessageOf<Name>): unknown =>
  JSON.parse(decodeLoosely(encodeMessage("json", name, message)));

const optional = ({ query }: DoorRequest, name: string): string | undefined => query.get(name) ?? undefined;

/** What is no number is as if it were not there. */
const count = ({ query }: DoorRequest, name: string, absent: number): number => {
  const text = query.get(name) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : absent;
};

const shown: Readonly<Record<string, readonly [summary: string, handle: Handle]>> = {
  state: ["The whole cluster", show(({ cluster, flags }) => formatState(cluster, flags))],
  "state.json": [
    "The whole cluster, under its oldest name",
    show(({ cluster, flags }) => formatState(cluster, flags)),
  ],
  "state-summary": ["Agents and frameworks, in numbers", show(({ cluster }) => formatStateSummary(cluster))],
  slaves: [
    "Agents: slave_id",
    show(({ cluster }, request) => formatSlaves(cluster, optional(request, "slave_id"))),
  ],
  frameworks: [
    "Frameworks: framework_id",
    show(({ cluster }, request) => formatFrameworkList(cluster, optional(request, "framework_id"))),
  ],
  tasks: [
    "Tasks: framework_id, task_id, limit, offset, order",
    show(({ cluster }, request) =>
      formatTaskList(cluster, {
        frameworkId: optional(request, "framework_id"),
        taskId: optional(request, "task_id"),
        limit: count(request, "limit", defaultTaskLimit),
        offset: count(request, "offset", 0),
        order: request.query.get("order") === "asc" ? "asc" : "des",
      }),
    ),
  ],
  roles: ["Roles", show(({ cluster, orders }) => formatRoles(rolesOf(cluster, orders)))],
  quota: ["Quotas", show(({ orders }) => asJson("quota.QuotaStatus", quotaStatusMessage(orders)))],
  weights: [
    "Weights of roles",
    show(({ orders }) => [...orders.weights].map(([role, weight]) => ({ role, weight }))),
  ],
  "maintenance/schedule": [
    "The maintenance schedule",
    show(({ orders }) => asJson("maintenance.Schedule", scheduleMessage(orders))),
  ],
  "maintenance/status": [
    "Machines that are draining or down",
    show(({ orders }) => asJson("maintenance.ClusterStatus", maintenanceStatusMessage(orders))),
  ],
  flags: ["Settings", show(({ flags }) => ({ flags }))],
  redirect: ["Where the leading master is", redirect],
};

/** One master: it leads. */
function redirect(_request: DoorRequest, { master, info }: ClusterContext, respond: Respond): void {
  master.read(identityOf, () =>
    respond(emptyAnswer(307, { Location: `//${info.hostname}:${info.masterPort}` })),
  );
}

const version: Handle = (request, { info }, respond) =>
  respond(shownAnswer(request, formatVersion(info.version)));

const metrics: Handle = (request, context, respond) =>
  viewMetrics(context, (figures) => respond(shownAnswer(request, Object.fromEntries(figures))));

const prometheus: Handle = (_request, context, respond) =>
  viewMetrics(context, (figures) =>
    respond(
      textAnswer(200, formatPrometheus(figures), {
        "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
      }),
    ),
  );

const machine: Handle = (request, { system }, respond) =>
  respond(system === undefined ? emptyAnswer(404) : shownAnswer(request, formatSystem(system())));

/** What is logged does not depend on a level, which therefore is always the same. */
const loggingToggle: Handle = (_request, _context, respond) => respond(textAnswer(200, "0\n"));

/** The master shows its log, when it is told where that is, and no other file. */
const ofFiles =
  (handle: (request: DoorRequest, context: { readonly files: Files }, respond: Respond) => void): Handle =>
  (request, { files }, respond) =>
    files === undefined ? respond(textAnswer(404, "")) : handle(request, { files }, respond);

const processWide: Readonly<Record<string, readonly [summary: string, handle: Handle]>> = {
  version: ["The version of Mesos that is spoken, and our own", version],
  "metrics/snapshot": ["Figures under Mesos's names", metrics],
  metrics: ["The same figures for Prometheus", prometheus],
  "system/stats.json": ["Load and memory of the machine", machine],
  "logging/toggle": ["The level of logging", loggingToggle],
  "files/debug": [
    "Virtual paths and where they lead",
    (request, { files }, respond) => respond(shownAnswer(request, files?.attached() ?? {})),
  ],
  "files/browse": ["The files of a directory: path", ofFiles(browseFiles)],
  "files/read": ["Part of a file: path, offset, length", ofFiles(readFile)],
  "files/download": ["A whole file: path", ofFiles(downloadFile)],
};

const get = (
  path: string,
  [summary, handle]: readonly [summary: string, handle: Handle],
): Endpoint<ClusterContext> => ({ method: "GET", path, permission: "read", summary, handle });

const health = (path: string): Endpoint<ClusterContext> => ({
  method: "GET",
  path,
  permission: "public",
  summary: "200 when the master answers",
  handle: (_request, _context, respond) => respond(emptyAnswer(200)),
});

/** Under `prefix`, with the master's own under `prefix/master` too, as with Mesos. */
export const v0Endpoints = (prefix: string): readonly Endpoint<ClusterContext>[] => {
  const both = (name: string): readonly string[] => [`${prefix}/${name}`, `${prefix}/master/${name}`];
  return [
    ...Object.entries(shown).flatMap(([name, what]) => both(name).map((path) => get(path, what))),
    ...Object.entries(processWide).map(([name, what]) => get(`${prefix}/${name}`, what)),
    ...v0Orders.flatMap(({ method, name, summary, handle }) =>
      both(name).map(
        (path): Endpoint<ClusterContext> => ({ method, path, permission: "write", summary, handle }),
      ),
    ),
    ...v0Orders
      .filter(({ name }) => !Object.hasOwn(shown, name) && !name.includes(":"))
      .flatMap(({ method, name }) =>
        both(name).map((path) =>
          get(path, [
            `405: this takes ${method}`,
            (request, _context, respond) => respond(wrongMethod(method, request.method)),
          ]),
        ),
      ),
  ];
};

export const healthEndpoints: readonly Endpoint<ClusterContext>[] = [
  health("/health"),
  health("/master/health"),
];
