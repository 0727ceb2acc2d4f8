/**
 * What another Marathon says of its apps, pods and groups, as definitions that can be submitted here.
 *
 * Answers of all releases from 0.8 on are read: what only an answer has is taken away, and what is said twice (an old
 * field beside the new one) is said once. Nothing is judged here: whether a definition can run is the app service's word.
 */

export type ForeignMember = Readonly<Record<string, unknown>>;

export type ForeignItem = {
  readonly kind: "app" | "pod" | "group";
  readonly id: string;
  /** To be submitted; of a group: what it says beside its members. */
  readonly definition: ForeignMember;
  /** Absolute paths of apps and groups. */
  readonly dependencies: readonly string[];
  /** Sentences about what was understood otherwise than it was written. */
  readonly remarks: readonly string[];
};

/** Deeper trees are nobody's. */
const depthMax = 32;

/** `root`: the answer of `GET /v2/groups`. Members that are no objects are passed over. */
export function readForeignGroups(root: unknown): readonly ForeignItem[] {
  const items: ForeignItem[] = [];
  readGroup(toRecord(root), 0, items);
  return items;
}

function readGroup(group: ForeignMember, depth: number, items: ForeignItem[]): void {
  const id = textOf(group.id) ?? "/";
  if (depth > depthMax) {
    const remarks = [`what is in it was not read: it is more than ${depthMax} groups deep`];
    return void items.push({ kind: "group", id, definition: { id }, dependencies: [], remarks });
  }
  const dependencies = texts(group.dependencies).map((path) => absolutePath(path, id));
  const enforceRole = group.enforceRole === true;
  if (id !== "/" && (dependencies.length > 0 || enforceRole || isEmpty(group))) {
    const definition = { id, ...(enforceRole ? { enforceRole } : {}) };
    items.push({ kind: "group", id, definition, dependencies, remarks: [] });
  }
  for (const app of recordsOf(group.apps)) items.push(readApp(app));
  for (const pod of recordsOf(group.pods)) items.push(readPod(pod));
  for (const child of recordsOf(group.groups)) readGroup(child, depth + 1, items);
}

/** All others are there by what is in them. */
const isEmpty = (group: ForeignMember): boolean =>
  [group.apps, group.pods, group.groups].every((members) => recordsOf(members).length === 0);

/** Of answers alone. */
const readOnlyMembers: ReadonlySet<string> = new Set([
  "version",
  "versionInfo",
  "tasks",
  "tasksStaged",
  "tasksRunning",
  "tasksHealthy",
  "tasksUnhealthy",
  "taskStats",
  "deployments",
  "lastTaskFailure",
  "readinessCheckResults",
]);

function readApp(app: ForeignMember): ForeignItem {
  const id = textOf(app.id) ?? "";
  const remarks: string[] = [];
  const members = Object.entries(app).filter(
    ([name, value]) => !readOnlyMembers.has(name) && !isNothing(value),
  );
  const definition = Object.fromEntries(members);
  dropDoubles(definition);
  if (definition.residency !== undefined) {
    delete definition.residency;
    remarks.push("residency: left out, it follows from the persistent volumes");
  }
  remarks.push(...notTaken(app, recordsOf(toRecord(app.container).volumes), "containerPath"));
  const dependencies = texts(app.dependencies).map((path) => absolutePath(path, parentOf(id)));
  return { kind: "app", id, definition, dependencies, remarks };
}

/** Releases up to 1.4 answer with the old field and the new one. */
function dropDoubles(app: Record<string, unknown>): void {
  if (Array.isArray(app.fetch)) delete app.uris;
  const container = toRecord(app.container);
  const docker = toRecord(container.docker);
  const hasMappings = Array.isArray(container.portMappings) || Array.isArray(docker.portMappings);
  if (Array.isArray(app.portDefinitions) || hasMappings) delete app.ports;
  if (hasMappings) delete app.portDefinitions;
  if (Array.isArray(app.networks)) delete app.ipAddress;
}

function readPod(pod: ForeignMember): ForeignItem {
  const { version: _, ...definition } = pod;
  const remarks = notTaken(pod, recordsOf(pod.volumes), "name");
  return { kind: "pod", id: textOf(pod.id) ?? "", definition, dependencies: [], remarks };
}

/** What belongs to it and no definition holds. */
function notTaken(
  { secrets, deployments }: ForeignMember,
  volumes: readonly ForeignMember[],
  called: string,
): readonly string[] {
  const persistent = volumes
    .filter((volume) => volume.persistent != null)
    .map((volume) => `${volume[called]}`);
  const names = Object.values(toRecord(secrets)).map((secret) => textOf(toRecord(secret).source) ?? "?");
  return [
    ...(persistent.length === 0
      ? []
      : [`volumes ${persistent.join(", ")}: begin empty, what is in them stays with the other cluster`]),
    ...(names.length === 0
      ? []
      : [`secrets ${names.join(", ")}: taken by name alone, put them here yourself`]),
    ...(recordsOf(deployments).length === 0
      ? []
      : ["deployments: it was being changed there when it was read, and is taken as it was to be"]),
  ];
}

/** Said, and yet nothing; an empty list is something, for one of ports means none. */
const isNothing = (value: unknown): boolean => value === null || value === "";

export function absolutePath(path: string, base: string): string {
  const parts = path.startsWith("/") ? [] : base.split("/");
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.filter((part) => part !== "").join("/")}`;
}

const parentOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf("/"))) || "/";

const toRecord = (value: unknown): ForeignMember =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

const recordsOf = (value: unknown): readonly ForeignMember[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
