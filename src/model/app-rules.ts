/**
 * What must hold between the fields of an app, once a request has been merged into its definition.
 *
 * The shape of a request is `wire/`'s business; these rules need the whole. Each problem names the field the
 * way Marathon does, for example `/healthChecks(0)/portIndex`.
 */

import { limits } from "#base/limits.ts";
import { type AppDefinition, type HealthCheck, isOnHostNetwork, type NetworkCheck } from "#model/app.ts";
import { checkNetworks } from "#model/app-network-rules.ts";
import { secretProblems } from "#model/app-secrets.ts";
import { wishesFault } from "#model/container-wishes.ts";
import { checkResident } from "#model/resident-rules.ts";
import { fromMilli, type Milli, scalarNames } from "#model/resources.ts";
import type { ResourceLimit } from "#model/task.ts";

export type AppProblem = { readonly path: string; readonly errors: readonly string[] };

/** Empty when the definition can be deployed. */
export function appProblems(app: AppDefinition): readonly AppProblem[] {
  const problems = new Map<string, string[]>();
  const report: Report = (path, error) => problems.set(path, [...(problems.get(path) ?? []), error]);
  checkCommand(app, report);
  checkAmounts(app, report);
  checkPorts(app, report);
  checkNetworks(app, report);
  checkHealthChecks(app, report);
  checkReadiness(app, report);
  checkStrategies(app, report);
  checkResident(app, report);
  for (const { path, error } of secretProblems(app)) report(path, error);
  const wishFault = app.wishes === undefined ? undefined : wishesFault(app.wishes, app.limits.mem ?? app.mem);
  if (wishFault !== undefined) report("/container/docker/parameters", wishFault);
  checkSizes(app, report);
  return [...problems].map(([path, errors]) => ({ path, errors }));
}

type Report = (path: string, error: string) => void;

function checkCommand(app: AppDefinition, report: Report): void {
  const { command, root } = app;
  if (command === undefined) {
    if (root.kind !== "image") report("/", "an app needs one of 'cmd' or 'args'");
    return;
  }
  if (command.kind === "shell" && command.text.trim() === "") report("/cmd", "must not be empty");
  if (command.kind === "argv" && (command.argv[0] ?? "") === "" && root.kind !== "image")
    report("/args", "must name the program to run");
}

function checkAmounts(app: AppDefinition, report: Report): void {
  if (!Number.isInteger(app.instances) || app.instances < 0)
    report("/instances", "must be a whole number, 0 or more");
  else if (app.instances > limits.instancesPerAppMax)
    report("/instances", `must be at most ${limits.instancesPerAppMax}`);
  for (const name of scalarNames) {
    if (!(app[name] >= 0) || !Number.isSafeInteger(app[name])) report(`/${name}`, "must be 0 or more");
  }
  // A task that takes nothing of its agent is none that the master would accept.
  if (scalarNames.every((name) => app[name] === 0) && app.ports.length === 0)
    report("/", "an app needs some cpus, mem, disk, gpus or ports");
  checkLimit("/resourceLimits/cpus", app.limits.cpus, app.cpus, report);
  checkLimit("/resourceLimits/mem", app.limits.mem, app.mem, report);
  if (app.killGraceMs !== undefined && !isDuration(app.killGraceMs))
    report("/taskKillGracePeriodSeconds", "must be 0 or more");
}

function checkLimit(path: string, limit: ResourceLimit | undefined, request: Milli, report: Report): void {
  if (limit === undefined || limit === "unlimited" || limit >= request) return;
  report(path, `must be at least what is requested (${fromMilli(request)})`);
}

function checkPorts(app: AppDefinition, report: Report): void {
  const names = new Set<string>();
  const hostPorts = new Set<number>();
  const servicePorts = new Set<number>();
  app.ports.forEach((port, index) => {
    const isHost = isOnHostNetwork(app);
    const path = isHost ? `/portDefinitions(${index})` : `/container/portMappings(${index})`;
    const member = isHost ? "port" : "hostPort";
    for (const number of [port.hostPort, port.servicePort]) {
      if (!Number.isInteger(number) || number < 0 || number > 65_535)
        report(`${path}/${member}`, "must be between 0 and 65535");
    }
    if (hostPorts.has(port.hostPort) || servicePorts.has(port.servicePort))
      report(
        `${path}/${servicePorts.has(port.servicePort) && !isHost ? "servicePort" : member}`,
        "is given twice",
      );
    if (port.hostPort !== 0) hostPorts.add(port.hostPort);
    if (port.servicePort !== 0) servicePorts.add(port.servicePort);
    if (port.name === undefined) return;
    if (names.has(port.name)) report(`${path}/name`, `the name '${port.name}' is given twice`);
    names.add(port.name);
  });
}

function checkHealthChecks(app: AppDefinition, report: Report): void {
  const byAgent = app.healthChecks.filter(({ kind }) => kind !== "network");
  if (byAgent.length > 1)
    report(
      "/healthChecks",
      "at most one may be run by the agent (COMMAND, MESOS_HTTP, MESOS_HTTPS, MESOS_TCP)",
    );
  app.healthChecks.forEach((healthCheck, index) => {
    checkHealthCheck(app, healthCheck, `/healthChecks(${index})`, report);
  });
}

function checkHealthCheck(app: AppDefinition, healthCheck: HealthCheck, path: string, report: Report): void {
  const { check } = healthCheck;
  if (!isDuration(check.gracePeriodMs)) report(`${path}/gracePeriodSeconds`, "must be 0 or more");
  if (!(isDuration(check.intervalMs) && check.intervalMs >= 1_000))
    report(`${path}/intervalSeconds`, "must be 1 or more");
  if (!(isDuration(check.timeoutMs) && check.timeoutMs > 0))
    report(`${path}/timeoutSeconds`, "must be more than 0");
  if (!Number.isInteger(check.maxConsecutiveFailures) || check.maxConsecutiveFailures < 0)
    report(`${path}/maxConsecutiveFailures`, "must be a whole number, 0 or more");
  if (healthCheck.kind !== "network" && !isDuration(healthCheck.check.delayMs))
    report(`${path}/delaySeconds`, "must be 0 or more");
  if (healthCheck.kind !== "command") checkPort(app, healthCheck.check, path, report);
}

function checkPort(
  app: AppDefinition,
  { port, portIndex }: NetworkCheck,
  path: string,
  report: Report,
): void {
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    report(`${path}/port`, "must be between 1 and 65535");
  if (port === undefined && app.ports[portIndex] === undefined)
    report(`${path}/portIndex`, `is ${portIndex}, but the app has ${countOf(app.ports.length, "port")}`);
}

function checkReadiness({ readinessChecks = [], check, ports }: AppDefinition, report: Report): void {
  readinessChecks.forEach(({ portName, path, intervalMs, timeoutMs }, index) => {
    const at = `/readinessChecks(${index})`;
    if (!ports.some(({ name }) => name === portName))
      report(`${at}/portName`, `No port definition reference for portName ${portName}`);
    if (timeoutMs >= intervalMs)
      report(`${at}/timeoutSeconds`, `got ${timeoutMs / 1000}, expected less than ${intervalMs / 1000}`);
    if (!path.startsWith("/")) report(`${at}/path`, "must begin with /");
  });
  if (readinessChecks.length > limits.readinessChecksPerAppMax)
    report(
      "/readinessChecks",
      `got ${readinessChecks.length}, expected ${limits.readinessChecksPerAppMax} or less`,
    );
  if (check === undefined || check.kind === "command") return;
  if (check.port === undefined && ports[check.portIndex] === undefined)
    report(
      `/check/${check.kind}/portIndex`,
      `is ${check.portIndex}, but the app has ${countOf(ports.length, "port")}`,
    );
}

function checkStrategies(app: AppDefinition, report: Report): void {
  for (const name of ["minimumHealthCapacity", "maximumOverCapacity"] as const) {
    const value = app.upgradeStrategy[name];
    if (!(value >= 0 && value <= 1)) report(`/upgradeStrategy/${name}`, "must be between 0 and 1");
  }
  const { backoff, unreachableStrategy } = app;
  if (!isDuration(backoff.initialMs)) report("/backoffSeconds", "must be 0 or more");
  if (!(backoff.factor >= 1 && Number.isFinite(backoff.factor)))
    report("/backoffFactor", "must be 1 or more");
  if (!isDuration(backoff.maxMs)) report("/maxLaunchDelaySeconds", "must be 0 or more");
  if (unreachableStrategy !== "disabled") {
    const { inactiveAfterMs, expungeAfterMs } = unreachableStrategy;
    if (!isDuration(inactiveAfterMs))
      report("/unreachableStrategy/inactiveAfterSeconds", "must be 0 or more");
    if (!(isDuration(expungeAfterMs) && expungeAfterMs >= inactiveAfterMs))
      report("/unreachableStrategy/expungeAfterSeconds", "must be at least inactiveAfterSeconds");
  }
  if (app.labels.MARATHON_SINGLE_INSTANCE_APP === "true") checkSingleInstance(app, report);
  checkMigration(app, report);
}

/** DC/OS asks a service that it knows how to move where that is done. */
function checkMigration({ labels }: AppDefinition, report: Report): void {
  const { DCOS_MIGRATION_API_VERSION: version = "" } = labels;
  if (version === "") return;
  const isWhole = [labels.DCOS_PACKAGE_FRAMEWORK_NAME, labels.DCOS_MIGRATION_API_PATH].every(Boolean);
  if (version !== "v1" || !isWhole)
    report(
      "/labels",
      "DCOS_MIGRATION_API_VERSION is v1, beside DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH",
    );
}

function checkSingleInstance(app: AppDefinition, report: Report): void {
  if (app.instances > 1)
    report("/instances", "an app labelled MARATHON_SINGLE_INSTANCE_APP may have only one");
  const { minimumHealthCapacity, maximumOverCapacity } = app.upgradeStrategy;
  if (minimumHealthCapacity !== 0 || maximumOverCapacity !== 0) {
    report("/upgradeStrategy", "must be 0 and 0 for an app labelled MARATHON_SINGLE_INSTANCE_APP");
  }
}

function checkSizes(app: AppDefinition, report: Report): void {
  const sizes: readonly (readonly [path: string, size: number, max: number])[] = [
    ["/id", app.id.length, limits.appIdLengthMax],
    ["/portDefinitions", app.ports.length, limits.portsPerAppMax],
    ["/healthChecks", app.healthChecks.length, limits.healthChecksPerAppMax],
    ["/env", Object.keys(app.env).length, limits.envEntriesMax],
    ["/labels", Object.keys(app.labels).length, limits.labelsMax],
  ];
  for (const [path, size, max] of sizes) {
    if (size > max) report(path, `is too long: ${size}, and at most ${max} are possible`);
  }
  // Each request is bounded, but a definition is merged from many.
  const characters = JSON.stringify(app).length;
  const most = limits.appDefinitionCharactersMax;
  if (characters > most)
    report("/", `is too large: ${characters} characters, and at most ${most} are possible`);
}

const isDuration = (valueMs: number): boolean => Number.isFinite(valueMs) && valueMs >= 0;

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
