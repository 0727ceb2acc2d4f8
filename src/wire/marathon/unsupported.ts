/**
 * Fields of Marathon's apps that this version knows and does not do: using one is refused by name, since an
 * app that silently runs without its volume or its constraint is worse than one that does not run.
 *
 * Empty values pass: clients send them with every app.
 */

import type { Faults } from "../json/problem.ts";
import type { AppJson } from "./app-schema.ts";

export const notYet = (what: string): string =>
  `${what}: not supported by this version of Unum; leave it out`;

export function refuseUnsupported(app: AppJson, faults: Faults, warnings: string[]): void {
  if (app.executor !== undefined && app.executor !== "" && app.executor !== "//cmd") {
    faults.add("/executor", notYet("a custom executor"));
  }
  // What Marathon itself takes and passes over since 1.5.
  if (isUsed(app.storeUrls)) warnings.push("storeUrls has no effect: say fetch");
  if (isUsed(app.container?.docker?.credential))
    warnings.push("container.docker.credential has no effect: say container.docker.pullConfig");
}

export const isUsed = (value: unknown): boolean => {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" ? Object.keys(value).length > 0 : true;
};
