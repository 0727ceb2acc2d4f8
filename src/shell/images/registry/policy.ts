/**
 * What an agent's operator said about registries, and where the registry behind a name is.
 */

import { isIP } from "node:net";
import { limits } from "#base/limits.ts";

export type RegistryPolicy = {
  /** For names without a host. */
  readonly defaultRegistry: string;
  /** `host` or `host:port` that may be spoken to without TLS. Loopback always may. */
  readonly insecureRegistries: readonly string[];
  /** Directories with one for each `host` or `host:port`, of `*.crt`, and `*.cert` with `*.key`. */
  readonly certificateDirectories: readonly string[];
  /** Docker's `config.json`, read anew for each pull. */
  readonly dockerConfigFile: string | undefined;
  readonly retryInitialMs: number;
};

export const DOCKER_HUB = "docker.io";
const hubNames = new Set([DOCKER_HUB, "index.docker.io", "registry-1.docker.io"]);

export const usualRegistryPolicy: RegistryPolicy = {
  defaultRegistry: DOCKER_HUB,
  insecureRegistries: [],
  // Where Docker and others look.
  certificateDirectories: ["/etc/docker/certs.d", "/etc/containers/certs.d"],
  dockerConfigFile: undefined,
  retryInitialMs: limits.registryRetryInitialMs,
};

export type RegistryPlace = {
  /** As people call it. */
  readonly name: string;
  /** `host` or `host:port` to connect to. */
  readonly host: string;
  readonly repository: string;
  readonly mayBePlain: boolean;
  /** Under which of these its credentials are kept. */
  readonly credentialNames: readonly string[];
};

export function placeOf(
  registry: string | undefined,
  repository: string,
  policy: RegistryPolicy,
): RegistryPlace {
  const name = registry ?? policy.defaultRegistry;
  const isHub = hubNames.has(name);
  return {
    name,
    host: isHub ? "registry-1.docker.io" : name,
    repository: isHub && !repository.includes("/") ? `library/${repository}` : repository,
    mayBePlain: isLoopback(name) || policy.insecureRegistries.includes(name),
    credentialNames: isHub ? [...hubNames] : [name],
  };
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}
