/**
 * The rules that tie the fields of an app together, looked at on the whole definition after a change.
 *
 * Paths are those of Marathon's fields, whichever the request used.
 */

import type { AppDefinition } from "#model/app.ts";
import type { ResourceLimit } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";

const environmentName = /^[^=]+$/;

export function checkDefinition(app: AppDefinition, faults: Faults): void {
  if (app.command === undefined) faults.add("/cmd", "an app needs cmd or args: what it runs");
  for (const name of Object.keys(app.env)) {
    if (!environmentName.test(name)) faults.add("/env", `${JSON.stringify(name)} cannot be the name of a variable`);
  }
  checkHealth(app, faults);
  checkLimit(app.limits.cpus, app.cpus, "cpus", faults);
  checkLimit(app.limits.mem, app.mem, "mem", faults);
  const { unreachableStrategy: strategy } = app;
  if (strategy !== "disabled" && strategy.inactiveAfterMs > strategy.expungeAfterMs) {
    faults.add("/unreachableStrategy", "inactiveAfterSeconds must not be more than expungeAfterSeconds");
  }
}

function checkHealth(app: AppDefinition, faults: Faults): void {
  app.healthChecks.forEach((check, index) => {
    if (check.kind !== "network" || check.check.port !== undefined) return;
    const { portIndex } = check.check;
    if (portIndex < app.ports.length) return;
    const has = app.ports.length === 1 ? "1 port" : `${app.ports.length} ports`;
    faults.add(`/healthChecks(${index})/portIndex`, `is ${portIndex} (counted from 0), but the app has ${has}`);
  });
}

function checkLimit(limit: ResourceLimit | undefined, request: number, name: string, faults: Faults): void {
  if (limit === undefined || limit === "unlimited" || limit >= request) return;
  faults.add(`/resourceLimits/${name}`, `must not be less than ${name}, which is ${request / 1000}`);
}
