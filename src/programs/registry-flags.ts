/**
 * The flags about registries, the same for an agent and for `unum up`, which hands them on.
 */

import { resolve } from "node:path";
import type { RegistryPolicy } from "#shell/images/registry/policy.ts";
import { usualRegistryPolicy } from "#shell/images/registry/policy.ts";
import { isHost } from "#wire/oci/reference.ts";
import { type FlagKind, type Flags, UsageError } from "./flags.ts";

/** What the operator said; the rest is as usual. */
export type RegistrySettings = Partial<RegistryPolicy>;

export const registryFlags = {
  "docker-config": "text",
  "docker-registry": "text",
  "insecure-registry": "list",
  "registry-certificates": "list",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const registryHelp = `  --docker-config FILE  Docker's config.json, with who to be at which registry; read anew for each pull
  --docker-registry HOST
                        for images whose names have no host (docker.io)
  --insecure-registry HOST[:PORT]
                        may be spoken to without TLS, as those on this machine may; several times
  --registry-certificates DIR
                        with DIR/HOST[:PORT]/*.crt, beside /etc/docker/certs.d; several times
`;

export function parseRegistryFlags(flags: Flags, workingDirectory: string): RegistrySettings {
  const file = flags.text("docker-config");
  const registry = flags.text("docker-registry")?.toLowerCase();
  const insecure = flags.list("insecure-registry").map((host) => host.toLowerCase());
  const directories = flags.list("registry-certificates").map((each) => resolve(workingDirectory, each));
  if (registry !== undefined) checkHost("docker-registry", registry);
  for (const host of insecure) checkHost("insecure-registry", host);
  return {
    ...(file === undefined ? {} : { dockerConfigFile: resolve(workingDirectory, file) }),
    ...(registry === undefined ? {} : { defaultRegistry: registry }),
    ...(insecure.length === 0 ? {} : { insecureRegistries: insecure }),
    ...(directories.length === 0
      ? {}
      : { certificateDirectories: [...directories, ...usualRegistryPolicy.certificateDirectories] }),
  };
}

function checkHost(flag: string, text: string): void {
  if (!isHost(text)) throw new UsageError(`--${flag} ${text} is not HOST or HOST:PORT.`);
}

/** The flags again, for a process that is started with them. */
export function registryArgv(settings: RegistrySettings): readonly string[] {
  const {
    dockerConfigFile,
    defaultRegistry,
    insecureRegistries = [],
    certificateDirectories = [],
  } = settings;
  const usual = usualRegistryPolicy.certificateDirectories;
  return [
    ...(dockerConfigFile === undefined ? [] : ["--docker-config", dockerConfigFile]),
    ...(defaultRegistry === undefined ? [] : ["--docker-registry", defaultRegistry]),
    ...insecureRegistries.flatMap((host) => ["--insecure-registry", host]),
    ...certificateDirectories
      .filter((directory) => !usual.includes(directory))
      .flatMap((directory) => ["--registry-certificates", directory]),
  ];
}
