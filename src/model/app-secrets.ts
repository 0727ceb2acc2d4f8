/**
 * Secrets of apps: names that an app gives to what is kept elsewhere, and where it uses them.
 *
 * Owns who may read which: one that is kept under a path is for apps at that path and below it, one without a path
 * for all (DC/OS's rule).
 */

import { limits } from "#base/limits.ts";
import type { AppId } from "#model/ids.ts";
import { type SecretReference, secretNameFault } from "#model/secret.ts";

export type SecretMount = { readonly containerPath: string; readonly secret: string };

/** All by the names of `secrets`; undefined: none. */
export type AppSecrets = {
  /** Where each is kept. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Of variables, which are not among those of `env`. */
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
  readonly secretMounts?: readonly SecretMount[] | undefined;
  /** Of its image. */
  readonly pullSecret?: string | undefined;
};

export type SecretProblem = { readonly path: string; readonly error: string };

export function secretProblems(app: AppSecrets & { readonly id: AppId }): readonly SecretProblem[] {
  const { id, secrets = {}, secretEnv = {}, secretMounts = [], pullSecret } = app;
  const problems: SecretProblem[] = [];
  const names = Object.keys(secrets);
  if (names.length > limits.secretsPerAppMax)
    problems.push({
      path: "/secrets",
      error: `is too long: ${names.length}, and at most ${limits.secretsPerAppMax} are possible`,
    });
  for (const [name, source] of Object.entries(secrets)) {
    const error = sourceFault(id, source);
    if (error !== undefined) problems.push({ path: `/secrets/${name}/source`, error });
  }
  const uses: readonly (readonly [path: string, name: string])[] = [
    ...Object.entries(secretEnv).map(([variable, name]) => [`/env/${variable}/secret`, name] as const),
    ...secretMounts.map(({ secret }) => ["/container/volumes/secret", secret] as const),
    ...(pullSecret === undefined ? [] : [["/container/docker/pullConfig/secret", pullSecret] as const]),
  ];
  for (const [path, name] of uses) {
    if (!Object.hasOwn(secrets, name))
      problems.push({ path, error: `references an undefined secret named '${name}'` });
  }
  return problems;
}

/** A slash at the beginning says nothing. */
const pathOf = (source: string): string => source.replace(/^\//, "");

/** What is wrong with where a secret is kept, for an app or a pod of this id. */
export function sourceFault(id: AppId, written: string): string | undefined {
  const source = pathOf(written);
  const fault = secretNameFault(source);
  if (fault !== undefined) return fault;
  const at = source.lastIndexOf("/");
  if (at < 0) return undefined;
  const place = `/${source.slice(0, at)}`;
  return id === place || id.startsWith(`${place}/`)
    ? undefined
    : `is for apps at ${place} and below it, and this one is ${id}`;
}

/** Undefined: the app has none of that name, which its rules do not let happen. */
export function referenceOf({ secrets = {} }: AppSecrets, name: string): SecretReference | undefined {
  const source = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  return source === undefined ? undefined : { kind: "reference", name: pathOf(source) };
}
