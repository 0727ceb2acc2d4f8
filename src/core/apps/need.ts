/**
 * What one instance of an app or a pod needs of an agent: amounts, ports, and whose resources it may use.
 */

import type { AppPort } from "#model/app.ts";
import { isPod, needsOf, portsOf, type RunSpec } from "#model/pod.ts";
import type { Milli, ScalarName } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";

export type Amounts = { readonly [Name in ScalarName]: Milli };

export type Need = {
  readonly amounts: Amounts;
  /** In order; each gets a host port. */
  readonly ports: readonly AppPort[];
  /** All ports that are named are fixed. */
  readonly requirePorts: boolean;
  /** In which it is offered anything at all. */
  readonly role: string;
  /** Of resources: `*` means those that are not reserved. */
  readonly acceptedRoles: readonly string[];
};

/** The role in which it is offered anything. */
export const roleOf = (spec: RunSpec): string => spec.role ?? defaultRole;

/** Asked for each agent that offers, and a definition never changes. */
const needs = new WeakMap<RunSpec, Need>();

export function needOf(spec: RunSpec): Need {
  let known = needs.get(spec);
  if (known === undefined) {
    known = readNeed(spec);
    needs.set(spec, known);
  }
  return known;
}

function readNeed(spec: RunSpec): Need {
  const role = roleOf(spec);
  const { acceptedResourceRoles: accepted } = spec;
  return {
    amounts: needsOf(spec),
    ports: portsOf(spec),
    requirePorts: isPod(spec) || spec.requirePorts,
    role,
    acceptedRoles: accepted.length > 0 ? accepted : [...new Set([defaultRole, role])],
  };
}

/** A fixed host port is the owner's own; any other is drawn from what is free. */
export const isFixedPort = ({ requirePorts }: Pick<Need, "requirePorts">, port: AppPort): boolean =>
  port.hostPort !== 0 && (port.fixed || requirePorts);
