/**
 * Definitions of apps and pods as people write them: the example, empty ones, and what answers add taken away. Pure.
 */

export type Definition = Readonly<Record<string, unknown>>;
export type Kind = "app" | "pod";

/** Members that are told and never asked for. */
const toldOnly = new Set([
  "version",
  "versionInfo",
  "tasks",
  "tasksStaged",
  "tasksRunning",
  "tasksHealthy",
  "tasksUnhealthy",
  "deployments",
  "lastTaskFailure",
  "taskStats",
  "readinessCheckResults",
]);

/** Without what answers add, and without empty members, which say nothing. */
export function cleaned(definition: Definition): Definition {
  const isNothing = (value: unknown): boolean =>
    value === null ||
    value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(
    Object.entries(definition).filter(([name, value]) => !toldOnly.has(name) && !isNothing(value)),
  );
}

const inGroup = (group: string | undefined, name: string): string =>
  group === undefined || group === "/" ? `/${name}` : `${group}/${name}`;

/** Needs nothing but a shell, so that it runs wherever an agent does. */
export const exampleApp = (group: string | undefined): Definition => ({
  id: inGroup(group, "hello"),
  cmd: 'echo "Hello from $HOST"; while true; do echo "$(date +%T) $MESOS_TASK_ID is well"; sleep 2; done',
  instances: 2,
  cpus: 0.1,
  mem: 32,
  healthChecks: [
    {
      protocol: "COMMAND",
      command: { value: "true" },
      gracePeriodSeconds: 5,
      delaySeconds: 1,
      intervalSeconds: 5,
      timeoutSeconds: 5,
      maxConsecutiveFailures: 3,
    },
  ],
});

export const emptyApp = (group: string | undefined): Definition => ({
  id: inGroup(group, "my-app"),
  cmd: "",
  instances: 1,
  cpus: 0.1,
  mem: 64,
});

export const emptyPod = (group: string | undefined): Definition => ({
  id: inGroup(group, "my-pod"),
  scaling: { kind: "fixed", instances: 1 },
  containers: [
    { name: "main", resources: { cpus: 0.1, mem: 32 }, exec: { command: { shell: "sleep infinity" } } },
  ],
  networks: [{ mode: "host" }],
});

/** `patch` over `definition`, member by member; null takes one away (as in a merge patch). */
export function merged(definition: Definition, patch: Definition): Definition {
  const result: Record<string, unknown> = { ...definition };
  for (const [name, value] of Object.entries(patch)) {
    const before = result[name];
    if (value === null) delete result[name];
    else if (isRecord(value) && isRecord(before)) result[name] = merged(before, value);
    else result[name] = value;
  }
  return result;
}

export const isRecord = (value: unknown): value is Definition =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** What a text says, or why it says nothing. */
export function read(text: string): { readonly value?: Definition; readonly problem?: string } {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? { value } : { problem: "It must be an object: begin with {" };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

export const write = (definition: Definition): string => `${JSON.stringify(definition, null, 2)}\n`;
