/**
 * What must differ between two runs of anything, put in one form on both sides: ids, times, ports, paths.
 *
 * Each rule has its reason; the table in the documentation lists them.
 */

import type { LiveCluster } from "./live-cluster.ts";

export type Side = {
  /** More than one where a master was followed by another. */
  readonly masterIds: readonly string[];
  readonly masterPort: number;
  readonly agentPort: number;
  /** What is left out: frameworks of ours that Mesos has not. */
  readonly hiddenFramework: string | undefined;
};

const recordedMasterId = "513e1beb-6f0c-4a49-98a4-fe82197c306d";

export const recordedSide: Side = {
  masterIds: [recordedMasterId],
  masterPort: 5050,
  agentPort: 5051,
  hiddenFramework: undefined,
};

/** Of the recordings of `failover`, which are another cluster's. */
export const failoverSide: Side = {
  masterIds: ["d5b27632-214e-4e5e-b2de-6b658c549a2c", "6eab4786-1b3b-491c-9894-60fd86e66a92"],
  masterPort: 5060,
  agentPort: 5061,
  hiddenFramework: undefined,
};

export const liveSide = (cluster: LiveCluster): Side => ({
  masterIds: cluster.masterIds,
  masterPort: cluster.masterPort,
  agentPort: cluster.agentPort,
  hiddenFramework: cluster.appsId,
});

export const normalisations: readonly string[] = [
  "Ids of masters, agents, frameworks, offers, containers and updates are drawn anew in every run; their forms are compared.",
  "Points in time differ; that there is one, and its form, is compared.",
  "Ports of the live processes are free ones; they stand for 5050 and 5051.",
  "The paths of sandboxes follow from where an agent keeps its data.",
  "The order in a list of resources or attributes, or of what is called a capability, means nothing; nor does that of tasks that ran side by side.",
  "Unum's agents carry their name as an attribute.",
  "Mesos's executors of command tasks live a second longer than their tasks; the containers of two of them are left out.",
  "Unum's app service is a framework of its own, in the role `*`; it is left out.",
  "What Unum's agents launch themselves, command tasks and groups of tasks, runs at once: there is no TASK_STARTING before TASK_RUNNING, but for a launch that takes longer than 10 s, of which it says how far it is.",
];

/** A request of the recordings, as the live cluster understands it. */
export function translateRequest(
  text: string,
  cluster: LiveCluster,
  frameworkId: string | undefined,
): string {
  const framework = frameworkId ?? `${cluster.masterId}-0000`;
  const isEncoded = text.includes("%2F");
  const plain = (isEncoded ? decodeURIComponent(text) : text)
    .replace(recordedSandbox, (_path, _framework: string, task: string) =>
      [cluster.sandboxes, framework, task].join("/"),
    )
    .replaceAll(new RegExp(`${recordedMasterId}-\\d{4}(?!\\d)`, "g"), framework)
    .replaceAll(recordedMasterId, cluster.masterId);
  if (!isEncoded) return plain;
  const [head = "", query = ""] = plain.split("path=");
  const [path = "", ...rest] = query.split("&");
  return `${head}path=${[encodeURIComponent(path), ...rest].join("&")}`;
}

const recordedSandbox =
  /\/opt\/peer\/run\/agent-5051\/data\/slaves\/[^/"]+\/frameworks\/([^/"]+)\/executors\/([^/"]+)\/runs\/[^/"]+/g;
const liveSandbox = /\/[^"\s]*\/agent\/sandboxes\/([^/"]+)\/([^/"]+)/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const timeKeys = new Set([
  "nanoseconds",
  "timestamp",
  "start_time",
  "elected_time",
  "registered_time",
  "reregistered_time",
  "unregistered_time",
]);
const unordered = /(resources|_full|attributes|capabilities|file_infos|tasks)$/;

export function normalise(value: unknown, side: Side, key = ""): unknown {
  if (typeof value === "string") return normaliseText(value, side, key);
  if (typeof value === "number") return normaliseNumber(value, side, key);
  if (Array.isArray(value) && (key === "flags" || key === "metrics"))
    return Object.fromEntries(
      (value as readonly { readonly name: string; readonly value: unknown }[]).map(
        ({ name, value: text }) => [name, text],
      ),
    );
  if (Array.isArray(value)) {
    const items = value.filter((item) => !isHidden(item, side)).map((item) => normalise(item, side, key));
    return unordered.test(key) ? items.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  if (key === "uuid") return "UUID-BYTES";
  const entries = Object.entries(value)
    .filter(([name]) => !(key === "attributes" && name === "name"))
    // When the recorder saw an event, noted in it.
    .filter(([name]) => name !== "_at")
    .filter(([name, member]) => !(name === "attributes" && isEmptied(member, side)))
    // GET_ROLES leaves the list out when it is empty.
    .filter(
      ([name, member]) =>
        !(
          key === "get_roles" &&
          name === "roles" &&
          Array.isArray(member) &&
          member.every((item) => isHidden(item, side))
        ),
    )
    .map(([name, member]): [string, unknown] => [
      normaliseText(name, side, ""),
      normalise(member, side, name),
    ]);
  return Object.fromEntries(entries);
}

/** Tasks by their ids, all else by all that it says. */
function sortKey(item: unknown): string {
  const { id, task_id: taskId } = (item ?? {}) as { readonly id?: unknown; readonly task_id?: unknown };
  return JSON.stringify(taskId ?? id ?? item);
}

/** A list of which nothing is left when what is ours is left out. */
const isEmptied = (list: unknown, side: Side): boolean =>
  Array.isArray(list) && list.length > 0 && list.every((item) => isHidden(item, side));

/** The app service's framework, its role, an agent's name; in the recordings, what ours never has. */
function isHidden(item: unknown, { hiddenFramework }: Side): boolean {
  if (hiddenFramework === undefined && isRecordedOnly(item)) return true;
  if (item === null || typeof item !== "object") return item !== undefined && item === hiddenFramework;
  if (hiddenFramework === undefined) return false;
  const { id, framework_info, name, type, text } = item as Record<string, unknown>;
  const own = (framework_info as { readonly id?: { readonly value?: string } } | undefined)?.id?.value;
  if (id === hiddenFramework || own === hiddenFramework) return true;
  if (name === "name" && type === "TEXT" && text !== undefined) return true;
  return name === "*" && JSON.stringify(item).includes(hiddenFramework);
}

/** What our agents launch themselves runs at once, and nothing is left beside it that ends later. */
function isRecordedOnly(item: unknown): boolean {
  if (item === null || typeof item !== "object") return false;
  const {
    state,
    timestamp,
    container_id: container,
    executor_id: executor,
  } = item as Record<string, unknown>;
  if (state === "TASK_STARTING" && timestamp !== undefined) return true;
  return container !== undefined && /"t-(ok|fail)"/.test(JSON.stringify(executor ?? ""));
}

function normaliseText(text: string, side: Side, key: string): string {
  if (key === "uuid" || key === "status_update_uuid") return "UUID-BYTES";
  const masters = new RegExp(side.masterIds.join("|"), "g");
  return text
    .replace(recordedSandbox, "SANDBOX($2)")
    .replace(liveSandbox, "SANDBOX($2)")
    .replaceAll(masters, "MASTER")
    .replace(/MASTER-O\d+/g, "MASTER-O")
    .replace(/MASTER-\d{4}(?!\d)/g, "MASTER-0000")
    .replace(uuid, "UUID")
    .replaceAll(`:${side.masterPort}`, ":5050")
    .replaceAll(`:${side.agentPort}`, ":5051");
}

function normaliseNumber(value: number, side: Side, key: string): unknown {
  if (timeKeys.has(key)) return value === 0 ? 0 : "TIME";
  if (key === "mtime") return "TIME";
  if (key === "port" && value === side.masterPort) return 5050;
  if (key === "port" && value === side.agentPort) return 5051;
  return value;
}
