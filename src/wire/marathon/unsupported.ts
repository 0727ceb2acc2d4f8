/**
 * Fields of Marathon's apps that this version knows and does not do: using one is refused by name, since an
 * app that silently runs without its volume or its constraint is worse than one that does not run.
 *
 * Empty values pass: clients send them with every app.
 */

import type { Faults } from "../json/problem.ts";
import type { AppJson, ContainerJson } from "./app-schema.ts";

const refusedWhenUsed = [
  "constraints",
  "dependencies",
  "storeUrls",
  "secrets",
  "readinessChecks",
  "check",
  "ipAddress",
  "executorResources",
  "tty",
] as const satisfies readonly (keyof AppJson)[];

const notYet = (what: string): string => `${what}: not supported by this version of Unum; leave it out`;

export function refuseUnsupported(app: AppJson, faults: Faults): void {
  for (const name of refusedWhenUsed) {
    if (isUsed(app[name])) faults.add(`/${name}`, notYet(name));
  }
  if (app.executor !== undefined && app.executor !== "" && app.executor !== "//cmd") {
    faults.add("/executor", notYet("a custom executor"));
  }
  if (app.role !== undefined && app.role !== "*") faults.add("/role", notYet("a role other than *"));
  (app.networks ?? []).forEach((network, index) => {
    if (network.mode !== "host") {
      const mode = network.mode ?? "container";
      faults.add(`/networks(${index})/mode`, `${notYet(`network mode ${mode}`)}, or say "host"`);
    }
  });
  for (const [name, value] of Object.entries(app.env ?? {})) {
    if (typeof value !== "string") faults.add(`/env/${name}`, notYet("a secret as an environment value"));
  }
  if (app.container !== undefined) refuseContainer(app.container, faults);
}

function refuseContainer(container: ContainerJson, faults: Faults): void {
  for (const name of ["portMappings", "linuxInfo"] as const) {
    if (isUsed(container[name])) faults.add(`/container/${name}`, notYet(`container.${name}`));
  }
  const { docker } = container;
  if (docker === undefined) return;
  for (const name of ["privileged", "parameters", "portMappings", "credential", "pullConfig"] as const) {
    if (isUsed(docker[name])) faults.add(`/container/docker/${name}`, notYet(`container.docker.${name}`));
  }
  if (docker.network !== undefined && docker.network.toUpperCase() !== "HOST") {
    faults.add("/container/docker/network", `${notYet(`network ${docker.network}`)}, or say "HOST"`);
  }
}

const isUsed = (value: unknown): boolean => {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" ? Object.keys(value).length > 0 : true;
};
