/**
 * Apps on their way in: a body of `POST`, `PUT` or `PATCH` to a definition or a patch in the model's terms.
 *
 * The only validation of shape there is: what passes is right by type, and the model's rules hold for the whole
 * that the patch makes of its base. What depends on other apps or on running deployments, the app service
 * decides. All faults of a body are told at once, each with its path.
 */

import type { AppDefinition, AppPatch } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appProblems } from "#model/app-rules.ts";
import type { AppId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";
import type { OwnCommand, ResourceLimit } from "#model/task.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { Faults, failed, invalid, type Parsed, parsed } from "../json/problem.ts";
import { parseAppId } from "./app-id.ts";
import { type AppJson, appMembers, appSchema } from "./app-schema.ts";
import { parseArtifacts } from "./artifacts-parse.ts";
import { parseContainer } from "./container-parse.ts";
import { parseHealthChecks } from "./health-parse.ts";
import { parsePorts } from "./ports-parse.ts";
import { refuseUnsupported } from "./unsupported.ts";
import { parseVolumes } from "./volumes-parse.ts";

const checkApp = shapeCheck(appSchema);

/** A whole app: defaults fill what the body leaves out. */
export function parseApp(body: unknown): Parsed<AppDefinition> {
  const shape = checkApp(body);
  if (!shape.ok) return shape;
  const id = idOf(shape.value);
  if (!id.ok) return id;
  const patch = parsePatch(shape.value, defaultAppDefinition(id.value));
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

function idOf(app: AppJson): Parsed<AppId> {
  if (app.id === undefined) {
    return failed({
      status: 400,
      message: "Invalid JSON",
      details: [{ path: "/id", errors: ["is missing"] }],
    });
  }
  const id = parseAppId(app.id);
  return id.ok ? parsed(id.id) : invalid("/id", id.error);
}

function parsePatch(app: AppJson, base: AppDefinition): Parsed<AppPatch> {
  const faults = new Faults();
  const warnings: string[] = unknownMembers(app);
  refuseUnsupported(app, faults);
  const ports = parsePorts(app, base, faults);
  const command = parseCommand(app, faults);
  const patch: AppPatch = {
    ...parsePlainFields(app),
    ...parseTimes(app, base),
    ...(command === undefined ? {} : { command }),
    ...(app.container === undefined ? {} : { root: parseContainer(app.container, faults) }),
    ...(app.container === undefined ? {} : parseVolumes(app.container, base, faults)),
    ...(ports ?? {}),
    ...parseArtifacts(app, base, faults),
    ...(app.healthChecks === undefined
      ? {}
      : { healthChecks: parseHealthChecks(app.healthChecks, faults, warnings) }),
  };
  checkEnvironment(patch, faults);
  for (const { path, errors } of appProblems({ ...base, ...patch })) faults.add(path, ...errors);
  return faults.any
    ? failed({ status: 422, message: "Object is not valid", details: faults.places })
    : parsed(patch, warnings);
}

function checkEnvironment({ env }: AppPatch, faults: Faults): void {
  for (const name of Object.keys(env ?? {})) {
    if (name === "" || name.includes("=")) {
      faults.add("/env", `${JSON.stringify(name)} cannot be the name of a variable`);
    }
  }
}

function unknownMembers(app: AppJson): string[] {
  const names = Object.keys(app).filter((name) => !appMembers.has(name));
  return names.length === 0 ? [] : [`unknown fields were ignored: ${names.slice(0, 20).join(", ")}`];
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
          acceptedResourceRoles: app.acceptedResourceRoles.length === 0 ? ["*"] : app.acceptedResourceRoles,
        }),
  };
}

const parseLimit = (limit: number | "unlimited"): ResourceLimit =>
  limit === "unlimited" ? limit : milli(limit);

/** Secrets among the values are refused elsewhere. */
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
