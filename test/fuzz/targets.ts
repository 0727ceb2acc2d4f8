/**
 * From a route's path to what stands in the request's first line: parameters filled in, oddly encoded, with queries.
 */

import type { Draw } from "./draw.ts";
import { drawId, type IdKind, type IdPool } from "./known-ids.ts";
import { oddTexts } from "./odd-values.ts";

const queryNames: Readonly<Record<string, IdKind | "number" | "flag" | readonly string[]>> = {
  framework_id: "framework",
  slave_id: "agent",
  agent_id: "agent",
  task_id: "task",
  limit: "number",
  offset: "number",
  length: "number",
  refresh: "number",
  order: ["asc", "des", "desc", "ASC"],
  jsonp: ["cb", "a.b", "a[0]", "alert(1);//"],
  force: "flag",
  scale: "flag",
  wipe: "flag",
  partialUpdate: "flag",
  embed: [
    "apps.tasks",
    "app.counts",
    "apps.lastTaskFailure",
    "group.apps",
    "apps.taskStats",
    "waitingFor",
    "queue.lastUnusedOffers",
  ],
  event_type: ["status_update_event", "event_stream_attached"],
  status: ["running", "staging"],
  "status[]": ["running"],
  label: ["a", "a==b", "a in (b,c)", "a notin (b", "!a", ",", "a=="],
  id: "app",
  cmd: ["sleep", "x"],
  host: "host",
  path: "path",
  code: ["x"],
  challenge: ["0".repeat(32)],
  level: ["1", "3"],
  duration: ["1secs", "1ns", "10weeks", "-1mins"],
  timeout: ["1secs"],
};

const numbers = ["0", "1", "-1", "5", "1000", "99999999999999999999", "1e3", "0x10", "1.5", "", "NaN"];

/** `isCareful`: encoded as it should be, and with values that mean something. */
export function drawTarget(
  method: string,
  path: string,
  isCareful: boolean,
  draw: Draw,
  ids: IdPool,
): string {
  const written = isCareful ? encode : (text: string): string => escaped(text, draw);
  const filled = path
    .replace(/:(\w+)/g, (_, name) => written(drawId(draw, parameterKind(name, path), ids)))
    .replace(/\*$/, () => below(method, path, isCareful, draw, ids));
  const query = drawQuery(isCareful, draw, ids);
  const target = `${!isCareful && draw.percent(25) ? odd(filled, draw) : filled}${query}`;
  // Beyond all limits on headers only now and then: the answer is always the same.
  return target.length > 12_000 && !draw.percent(10) ? target.slice(0, 12_000) : target;
}

/**
 * A change of the root group may take away everything, what must survive too: it meets another group, however its path is
 * written.
 */
export function withoutRootGroup(method: string, target: string): string {
  if (method === "GET" || method === "HEAD") return target;
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  const plain = decoded(path)
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  return plain.join("/") === "v2/groups" ? "/v2/groups/fuzzed" : target;
}

/** As far as it can be. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parameterKind(name: string, path: string): IdKind {
  if (path.startsWith("/v2/deployments")) return "deployment";
  if (/^\/(?:agent|slave)\/:id/.test(path)) return "agent";
  return name === "role" ? "role" : "task";
}

const agentPaths = [
  "state",
  "state.json",
  "slave(1)/state",
  "health",
  "files/browse",
  "files/read",
  "files/download",
  "files/debug",
  "metrics/snapshot",
  "containers",
  "monitor/statistics",
  "api/v1",
  "nowhere",
];

function below(method: string, path: string, isCareful: boolean, draw: Draw, ids: IdPool): string {
  if (/^\/(?:agent|slave)\//.test(path)) return draw.pick(agentPaths);
  if (!path.startsWith("/v2/") && !path.includes("/app/")) return escaped(draw.pick(oddTexts), draw);
  const app = drawId(draw, "app", ids).replace(/^\//, "");
  const usual = path.includes("/queue/") ? "/delay" : method === "POST" ? "/restart" : "";
  const rest = draw.percent(method === "GET" ? 40 : 75) ? usual : drawRest(draw, ids);
  return isCareful || draw.percent(80) ? pathText(`${app}${rest}`) : escaped(`${app}${rest}`, draw);
}

const drawRest = (draw: Draw, ids: IdPool): string =>
  draw.pick([
    "/tasks",
    `/tasks/${drawId(draw, "task", ids)}`,
    "/versions",
    `/versions/${drawId(draw, "version", ids)}`,
    "/restart",
    "/delay",
    "/*",
    "/tasks/",
    "//tasks//x",
  ]);

/** Slashes stay what they are. */
const pathText = (text: string): string =>
  text
    .split("/")
    .map((part) => encode(part))
    .join("/");

const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

function escaped(text: string, draw: Draw): string {
  switch (draw.below(12)) {
    case 0:
      return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    case 1:
      return encode(encode(text));
    case 2:
      return draw.pick(["%", "%zz", "%c3%28", "%e0%80%af", "%00", "%2e%2e", "%ff", "%25"]) + encode(text);
    case 3:
      return pathText(text);
    default:
      return encode(text);
  }
}

function odd(path: string, draw: Draw): string {
  switch (draw.below(8)) {
    case 0:
      return path.replaceAll("/", "//");
    case 1:
      return `${path}/`;
    case 2:
      return `${path}/${draw.pick([".", "..", "%2e", "%2f", ";a=b", "x".repeat(3_000)])}`;
    case 3:
      return path.replace("/", draw.pick(["/./", "/../", "/%2f", "/;/"]));
    case 4:
      return path.toUpperCase();
    case 5:
      return `${path}#fragment`;
    case 6:
      return `http://127.0.0.1${path}`;
    default:
      return `${path}${"/a".repeat(1_000)}`;
  }
}

function drawQuery(isCareful: boolean, draw: Draw, ids: IdPool): string {
  if (draw.percent(45)) return isCareful || draw.percent(90) ? "" : "?";
  const names = Object.keys(queryNames);
  const written = isCareful ? encode : (text: string): string => escaped(text, draw);
  const pairs = Array.from({ length: 1 + draw.below(4) }, () => {
    const name = draw.pick(names);
    return !isCareful && draw.percent(10)
      ? escaped(draw.pick(oddTexts), draw)
      : `${name}=${written(queryValue(name, draw, ids))}`;
  });
  if (isCareful) return `?${pairs.join("&")}`;
  if (draw.percent(10)) pairs.push(...pairs, ...pairs);
  if (draw.percent(2)) pairs.push(...Array.from({ length: 1_000 }, (_, index) => `a${index}=`));
  return `?${pairs.join(draw.percent(95) ? "&" : draw.pick(["&&", ";", "?"]))}`;
}

function queryValue(name: string, draw: Draw, ids: IdPool): string {
  const kind = queryNames[name];
  if (kind === undefined || draw.percent(10)) return draw.pick(oddTexts);
  if (kind === "number") return draw.pick(numbers);
  if (kind === "flag") return draw.pick(["true", "true", "false", "", "1"]);
  return typeof kind === "string" ? drawId(draw, kind, ids) : draw.pick(kind);
}
