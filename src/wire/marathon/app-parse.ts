/**
 * Apps on their way in: a body of `POST`, `PUT` or `PATCH` to a definition or a patch in the model's terms.
 *
 * The only validation of shape there is: what passes is right by type, and the model's rules hold for the whole
 * that the patch makes of its base. What depends on other apps or on running deployments, the app service
 * decides. All faults of a body are told at once, each with its path.
 */

import { type AppDefinition, type AppPatch, isOnHostNetwork } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appProblems } from "#model/app-rules.ts";
import { type AppId, appId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";
import { defaultRole, roleFault } from "#model/role.ts";
import type { OwnCommand, ResourceLimit } from "#model/task.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { Faults, failed, invalid, type Parsed, parsed } from "../json/problem.ts";
import { unknownMembers } from "../json/unknown-members.ts";
import { parseAppId, parsePath } from "./app-id.ts";
import { type AppJson, appSchema, readOnlyMembers } from "./app-schema.ts";
import { parseArtifacts } from "./artifacts-parse.ts";
import { parseConstraints } from "./constraints.ts";
import { parseContainer } from "./container-parse.ts";
import { parseWishes } from "./container-wishes.ts";
import { parseHealthChecks } from "./health-parse.ts";
import { parseNetworking } from "./networks-parse.ts";
import { parsePersistent } from "./persistent-volumes.ts";
import { parseAppChecks } from "./readiness-parse.ts";
import { parseSecrets } from "./secrets-parse.ts";
import { refuseUnsupported } from "./unsupported.ts";
import { parseVolumes } from "./volumes-parse.ts";

const checkApp = shapeCheck(appSchema);

/** A whole app: defaults fill what the body leaves out. `group`: where relative ids begin. */
export function parseApp(body: unknown, group = "/"): Parsed<AppDefinition> {
  const shape = checkApp(body);
  if (!shape.ok) return shape;
  const id = idOf(shape.value, group);
  if (!id.ok) return id;
  const patch = parsePatch(shape.value, defaultAppDefinition(id.value), group);
  return patch.ok ? parsed({ ...defaultAppDefinition(id.value), ...patch.value }, patch.warnings) : patch;
}

/**
 * A change of one app. `base` is what it goes over: the definition as it is now, or the defaults.
 * An id in the body must be that of `base`, as a whole or within its group.
 */
export function parseAppPatch(body: unknown, base: AppDefinition): Parsed<AppPatch> {
  const shape = checkApp(body);
  if (!shape.ok) return shape;
  if (shape.value.id !== undefined) {
    const id = parseAppId(shape.value.id);
    const inGroup = parseAppId(shape.value.id, base.id.slice(0, base.id.lastIndexOf("/")));
    const isMeant = [id, inGroup].some((one) => one.ok && one.id === base.id);
    if (!isMeant) return invalid("/id", id.ok ? `is ${id.id}, but the request is for ${base.id}` : id.error);
  }
  return parsePatch(shape.value, base);
}

/** The id that a body of `PUT /v2/apps` or `PATCH /v2/apps` gives for one of its apps. */
export function parseBodyId(body: unknown): Parsed<AppId> {
  const shape = checkApp(body);
  return shape.ok ? idOf(shape.value) : shape;
}

/** The version to go back to, when a body of `PUT` asks for that and nothing else. */
export function parseRollback(body: unknown): Parsed<string | undefined> {
  const shape = checkApp(body);
  if (!shape.ok) return shape;
  const { version } = shape.value;
  if (version === undefined) return parsed(undefined);
  const others = Object.keys(shape.value).filter((name) => name !== "version" && name !== "id");
  if (others.length === 0) return parsed(version);
  return invalid(
    "/version",
    "goes back to that version, and may only be combined with id; leave it out to change the app",
  );
}

function idOf(app: AppJson, group = "/"): Parsed<AppId> {
  if (app.id === undefined) {
    return failed({
      status: 422,
      message: "Invalid JSON",
      details: [{ path: "/id", errors: ["is missing"] }],
    });
  }
  const id = parseAppId(app.id, group);
  return id.ok ? parsed(id.id) : invalid("/id", id.error);
}

function parsePatch(app: AppJson, base: AppDefinition, group = "/"): Parsed<AppPatch> {
  const faults = new Faults();
  const warnings: string[] = ignoredMembers(app);
  refuseUnsupported(app, faults, warnings);
  const networking = parseNetworking(app, base, faults, warnings);
  const command = parseCommand(app, faults);
  const persistent = app.container === undefined ? {} : parsePersistent(app.container, base, faults);
  const patch: AppPatch = {
    ...parsePlainFields(app),
    ...persistent,
    ...parseTimes(app, { ...base, ...persistent }),
    ...(command === undefined ? {} : { command }),
    ...(app.container === undefined ? {} : { root: parseContainer(app.container, faults) }),
    ...(app.container === undefined ? {} : parseVolumes(app.container, base, faults)),
    ...(app.container === undefined ? {} : parseWishes(app.container, base, faults)),
    ...parseSecrets(app, base, faults),
    ...(app.tty === undefined || app.tty === (base.tty ?? false) ? {} : { tty: app.tty || undefined }),
    ...networking,
    ...parseArtifacts(app, base, faults),
    ...parsePlacement(app, base, faults),
    ...parseAppChecks(app, base, faults),
    ...parseDependencies(app, base, group, faults),
    ...(app.healthChecks === undefined
      ? {}
      : { healthChecks: parseHealthChecks(app.healthChecks, faults, warnings) }),
  };
  checkEnvironment(patch, faults);
  const changed = { ...base, ...patch };
  for (const { path, errors } of appProblems(changed)) faults.add(path, ...errors);
  return faults.any
    ? failed({ status: 422, message: "Object is not valid", details: faults.places })
    : parsed({ ...patch, ...parseBareContainer(app, base, changed) }, warnings);
}

/** Kept only where nothing else would show that there is a container. */
function parseBareContainer(app: AppJson, base: AppDefinition, changed: AppDefinition): AppPatch {
  const { root, volumes, persistentVolumes, secretMounts, wishes } = changed;
  const saysNothing =
    root.kind === "host" &&
    [volumes, persistentVolumes, secretMounts, wishes].every((each) => each === undefined) &&
    isOnHostNetwork(changed);
  const isBare = saysNothing && (app.container !== undefined || base.bareContainer === true);
  if (isBare) return { bareContainer: true };
  return base.bareContainer === undefined ? {} : { bareContainer: undefined };
}

/** What says no more than is so anyway is left out. */
function parsePlacement(app: AppJson, base: AppDefinition, faults: Faults): AppPatch {
  const role = app.role === defaultRole ? undefined : app.role;
  for (const [index, name] of (app.acceptedResourceRoles ?? []).entries()) {
    const fault = roleFault(name);
    if (fault !== undefined) faults.add(`/acceptedResourceRoles(${index})`, fault);
  }
  const roleProblem = role === undefined ? undefined : roleFault(role);
  if (roleProblem !== undefined) faults.add("/role", roleProblem);
  const constraints =
    app.constraints === undefined ? undefined : parseConstraints(app.constraints, "/constraints", faults);
  return {
    ...(app.role === undefined || (role === undefined && base.role === undefined) ? {} : { role }),
    ...(app.constraints === undefined || (constraints === undefined && base.constraints === undefined)
      ? {}
      : { constraints }),
  };
}

/** None is left out, unless there were some. */
function parseDependencies(
  { dependencies }: AppJson,
  base: AppDefinition,
  group: string,
  faults: Faults,
): AppPatch {
  if (dependencies === undefined) return {};
  const paths = parsePaths(dependencies, group, "/dependencies", faults);
  if (paths.length === 0 && base.dependencies === undefined) return {};
  return { dependencies: paths.length === 0 ? undefined : paths };
}

/** What something depends on: each once, as absolute paths. */
export function parsePaths(
  texts: readonly string[],
  base: string,
  where: string,
  faults: Faults,
): readonly AppId[] {
  const paths = new Set<AppId>();
  for (const [index, text] of texts.entries()) {
    const path = parsePath(text, base);
    if (path.ok) paths.add(appId(path.path));
    else faults.add(`${where}(${index})`, path.error);
  }
  return [...paths];
}

function checkEnvironment({ env = {}, secretEnv = {} }: AppPatch, faults: Faults): void {
  for (const name of [...Object.keys(env), ...Object.keys(secretEnv)]) {
    if (name === "" || name.includes("=")) {
      faults.add("/env", `${JSON.stringify(name)} cannot be the name of a variable`);
    }
  }
}

const warnedMembersMax = 20;

function ignoredMembers(app: AppJson): string[] {
  const own = Object.fromEntries(Object.entries(app).filter(([name]) => !readOnlyMembers.has(name)));
  const names = unknownMembers(appSchema, own, warnedMembersMax);
  return names.length === 0 ? [] : [`unknown fields were ignored: ${names.join(", ")}`];
}

function parseCommand(app: AppJson, faults: Faults): OwnCommand | undefined {
  if (app.cmd !== undefined && app.args !== undefined && app.args.length > 0) {
    faults.add("/args", "cmd and args exclude each other");
  }
  if (app.cmd !== undefined) return { kind: "shell", text: app.cmd };
  if (app.args === undefined || app.args.length === 0) return undefined;
  return { kind: "argv", argv: app.args };
}

function parsePlainFields(app: AppJson): AppPatch {
  const { cpus, mem, disk, gpus, resourceLimits: limits } = app;
  return {
    ...(app.user === undefined ? {} : { user: app.user }),
    ...(app.env === undefined ? {} : { env: plainTexts(app.env) }),
    ...(app.labels === undefined ? {} : { labels: app.labels }),
    ...(app.instances === undefined ? {} : { instances: app.instances }),
    ...(cpus === undefined ? {} : { cpus: milli(cpus) }),
    ...(mem === undefined ? {} : { mem: milli(mem) }),
    ...(disk === undefined ? {} : { disk: milli(disk) }),
    ...(gpus === undefined ? {} : { gpus: milli(gpus) }),
    ...(limits === undefined
      ? {}
      : {
          limits: {
            ...(limits.cpus === undefined ? {} : { cpus: parseLimit(limits.cpus) }),
            ...(limits.mem === undefined ? {} : { mem: parseLimit(limits.mem) }),
          },
        }),
    ...(app.killSelection === undefined
      ? {}
      : { killSelection: app.killSelection === "YOUNGEST_FIRST" ? "youngest-first" : "oldest-first" }),
    ...(app.acceptedResourceRoles === undefined
      ? {}
      : {
          acceptedResourceRoles: [...new Set(app.acceptedResourceRoles)],
        }),
  };
}

const parseLimit = (limit: number | "unlimited"): ResourceLimit =>
  limit === "unlimited" ? limit : milli(limit);

/** Secrets among the values are read elsewhere. */
const plainTexts = (env: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

/** Members inside an object that is given but leaves them out keep what they are. */
function parseTimes(app: AppJson, base: AppDefinition): AppPatch {
  const { backoffSeconds, backoffFactor, maxLaunchDelaySeconds, upgradeStrategy, unreachableStrategy } = app;
  const { backoff } = base;
  return {
    ...(backoffSeconds === undefined && backoffFactor === undefined && maxLaunchDelaySeconds === undefined
      ? {}
      : {
          backoff: {
            initialMs: backoffSeconds === undefined ? backoff.initialMs : milliseconds(backoffSeconds),
            factor: backoffFactor ?? backoff.factor,
            maxMs: maxLaunchDelaySeconds === undefined ? backoff.maxMs : milliseconds(maxLaunchDelaySeconds),
          },
        }),
    ...(upgradeStrategy === undefined
      ? singleInstanceStrategy(app)
      : { upgradeStrategy: { ...base.upgradeStrategy, ...upgradeStrategy } }),
    ...(unreachableStrategy === undefined
      ? {}
      : { unreachableStrategy: parseUnreachable(unreachableStrategy) }),
    ...(app.taskKillGracePeriodSeconds === undefined
      ? {}
      : { killGraceMs: milliseconds(app.taskKillGracePeriodSeconds) }),
  };
}

/** An app that must never run twice is replaced by stopping it first, unless its owner says how. */
const singleInstanceStrategy = ({ labels }: AppJson): AppPatch =>
  labels?.MARATHON_SINGLE_INSTANCE_APP === "true"
    ? { upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } }
    : {};

const parseUnreachable = (
  strategy: Exclude<AppJson["unreachableStrategy"], undefined>,
): NonNullable<AppPatch["unreachableStrategy"]> =>
  strategy === "disabled"
    ? "disabled"
    : {
        inactiveAfterMs: milliseconds(strategy.inactiveAfterSeconds ?? 0),
        expungeAfterMs: milliseconds(strategy.expungeAfterSeconds ?? strategy.inactiveAfterSeconds ?? 0),
      };
