/**
 * Secrets of an app, both ways: what it calls them, the variables and files that hold them, and the one that opens the
 * registry of its image.
 *
 * What ties them together is the model's to check.
 */

import type { AppDefinition, AppPatch } from "#model/app.ts";
import type { AppSecrets, SecretMount } from "#model/app-secrets.ts";
import type { Faults } from "../json/problem.ts";
import type { Json } from "./app-format.ts";
import type { AppJson, ContainerJson } from "./app-schema.ts";
import { isPlainPath } from "./volumes-parse.ts";

export function parseSecrets(app: AppJson, base: AppDefinition, faults: Faults): AppPatch {
  const { secrets, env, container } = app;
  return {
    ...(secrets === undefined ? {} : member(base, "secrets", sourcesOf(secrets))),
    ...(env === undefined ? {} : member(base, "secretEnv", variablesOf(env))),
    ...(container === undefined ? {} : member(base, "secretMounts", mountsOf(container, faults))),
    ...(container === undefined
      ? {}
      : member(base, "pullSecret", container.docker?.pullConfig?.secret || undefined)),
  };
}

/** One that is not there any more is taken out. */
const member = <Name extends keyof AppSecrets>(
  base: AppDefinition,
  name: Name,
  value: AppSecrets[Name],
): AppPatch => (value === undefined && base[name] === undefined ? {} : { [name]: value });

const sourcesOf = (secrets: NonNullable<AppJson["secrets"]>): AppSecrets["secrets"] =>
  orNone(Object.fromEntries(Object.entries(secrets).map(([name, { source }]) => [name, source])));

const variablesOf = (env: NonNullable<AppJson["env"]>): AppSecrets["secretEnv"] =>
  orNone(
    Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) =>
        typeof value === "string" ? [] : [[name, value.secret]],
      ),
    ),
  );

const orNone = (record: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined =>
  Object.keys(record).length === 0 ? undefined : record;

function mountsOf({ volumes = [] }: ContainerJson, faults: Faults): readonly SecretMount[] | undefined {
  const mounts = volumes.flatMap(({ containerPath = "", secret, hostPath, mode }, index) => {
    if (secret === undefined) return [];
    const at = `/container/volumes(${index})`;
    if (hostPath !== undefined) faults.add(`${at}/hostPath`, "is not of a volume of a secret");
    if (mode === "RW") faults.add(`${at}/mode`, "must be RO: nobody changes a secret");
    if (!isPlainPath(containerPath))
      faults.add(`${at}/containerPath`, "must be a path without doubled slashes or the segments . or ..");
    return [{ containerPath, secret }];
  });
  return mounts.length === 0 ? undefined : mounts;
}

export const formatSecrets = ({ secrets }: AppSecrets): Json =>
  secrets === undefined
    ? {}
    : {
        secrets: Object.fromEntries(Object.entries(secrets).map(([name, source]) => [name, { source }])),
      };

export const formatSecretEnv = ({ secretEnv = {} }: AppSecrets): Json =>
  Object.fromEntries(Object.entries(secretEnv).map(([variable, secret]) => [variable, { secret }]));

export const formatSecretMounts = ({ secretMounts = [] }: AppSecrets): readonly Json[] =>
  secretMounts.map(({ containerPath, secret }) => ({ containerPath, secret }));
