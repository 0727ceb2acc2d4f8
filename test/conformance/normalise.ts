/**
 * What must differ between two runs of anything, put in one form on both sides: ids, times, ports, paths.
 *
 * Each rule has its reason; the table in the documentation lists them.
 */

import type { LiveCluster } from "./live-cluster.ts";

export type Side = {
  readonly masterId: string;
  readonly masterPort: number;
  readonly agentPort: number;
  /** What is left out: frameworks of ours that Mesos has not. */
  readonly hiddenFramework: string | undefined;
  readonly frameworkId: string | undefined;
};

const recordedMasterId = "513e1beb-6f0c-4a49-98a4-fe82197c306d";

export const recordedSide: Side = {
  masterId: recordedMasterId,
  masterPort: 5050,
  agentPort: 5051,
  hiddenFramework: undefined,
  frameworkId: undefined,
};

export const liveSide = (cluster: LiveCluster, frameworkId: string | undefined): Side => ({
  masterId: cluster.masterId,
  masterPort: cluster.masterPort,
  agentPort: cluster.agentPort,
  hiddenFramework: cluster.appsId,
  frameworkId,
});

export const normalisations: readonly string[] = [
  "Ids of masters, agents, frameworks, offers, containers and updates are drawn anew in every run; their forms are compared.",
  "Points in time differ; that there is one, and its form, is compared.",
  "Ports of the live processes are free ones; they stand for 5050 and 5051.",
  "The paths of sandboxes follow from where an agent keeps its data.",
  "The order in a list of resources or attributes, or of what is called a capability, means nothing.",
  "Unum's agents carry their name as an attribute.",
  "Unum's app service is a framework of its own, in the role `*`; it is left out.",
  "Unum's command tasks run at once: there is no TASK_STARTING before TASK_RUNNING.",
  "Task groups do not run on agents yet: the recorded group's tasks and executor are left out.",
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
    .replaceAll(`${recordedMasterId}-0000`, framework)
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
const unordered = /(resources|_full|attributes|capabilities|file_infos)$/;

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
  const entries = Object.entries(value)
    .filter(([name]) => !(key === "attributes" && name === "name"))
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

const sortKey = (item: unknown): string => JSON.stringify(item);

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

function isRecordedOnly(item: unknown): boolean {
  if (item === null || typeof item !== "object") return false;
  const { state, timestamp, name, id, task_id, executor_info } = item as Record<string, unknown>;
  if (state === "TASK_STARTING" && timestamp !== undefined) return true;
  const executor = executor_info as { readonly executor_id?: { readonly value?: string } } | undefined;
  const names = [
    name,
    id,
    (task_id as { readonly value?: string } | undefined)?.value,
    executor?.executor_id?.value,
  ];
  return names.some((each) => typeof each === "string" && /^pod-(a|b|1)$/.test(each));
}

function normaliseText(text: string, side: Side, key: string): string {
  if (key === "uuid" || key === "status_update_uuid") return "UUID-BYTES";
  return text
    .replace(recordedSandbox, "SANDBOX($2)")
    .replace(liveSandbox, "SANDBOX($2)")
    .replaceAll(side.frameworkId ?? "no framework", "MASTER-0000")
    .replaceAll(side.masterId, "MASTER")
    .replace(/MASTER-O\d+/g, "MASTER-O")
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
