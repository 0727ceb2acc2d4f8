/**
 * Fields of Marathon's apps that this version knows and does not do: using one is refused by name, since an
 * app that silently runs without its volume or its constraint is worse than one that does not run.
 *
 * Empty values pass: clients send them with every app.
 */

import type { Faults } from "../json/problem.ts";
import type { AppJson, ContainerJson } from "./app-schema.ts";

const refusedWhenUsed = ["storeUrls"] as const satisfies readonly (keyof AppJson)[];

export const notYet = (what: string): string =>
  `${what}: not supported by this version of Unum; leave it out`;

export function refuseUnsupported(app: AppJson, faults: Faults): void {
  for (const name of refusedWhenUsed) {
    if (isUsed(app[name])) faults.add(`/${name}`, notYet(name));
  }
  if (app.executor !== undefined && app.executor !== "" && app.executor !== "//cmd") {
    faults.add("/executor", notYet("a custom executor"));
  }
  if (app.container !== undefined) refuseContainer(app.container, faults);
}

function refuseContainer(container: ContainerJson, faults: Faults): void {
  const { docker } = container;
  if (docker === undefined) return;
  for (const name of ["credential"] as const) {
    if (isUsed(docker[name])) faults.add(`/container/docker/${name}`, notYet(`container.docker.${name}`));
  }
}

export const isUsed = (value: unknown): boolean => {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" ? Object.keys(value).length > 0 : true;
};
