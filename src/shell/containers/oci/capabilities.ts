/**
 * Which capabilities a container has: root's usual ones, or what was asked for as far as the agent allows and has it.
 */

import { readFileSync } from "node:fs";
import { capabilityNames } from "#model/capabilities.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

/** What root keeps where policy allows root: enough to own files, drop to a user and bind a low port. */
export const rootCapabilities: readonly string[] = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "NET_BIND_SERVICE",
  "SETGID",
  "SETPCAP",
  "SETUID",
];

export type CapabilitySets = Readonly<
  Record<"bounding" | "effective" | "permitted" | "inheritable" | "ambient", readonly string[]>
>;

export const usualCapabilities = (isRoot: boolean): CapabilitySets => {
  const usual = isRoot ? rootCapabilities : [];
  return setsOf(usual, usual, isRoot);
};

/** Throws `LaunchRefusal`. */
export function capabilitiesFor(
  { privileged, capabilities = {} }: ContainerSettings,
  isRoot: boolean,
  allowAny: boolean,
): CapabilitySets {
  const own = ownCapabilities();
  if (privileged === true) return setsOf(own, isRoot ? own : [], isRoot);
  const usual = isRoot ? rootCapabilities : [];
  const { add = [], drop = [] } = capabilities;
  const dropped = new Set(drop.includes("ALL") ? usual : drop);
  const added = add.includes("ALL") ? own : add;
  const changed = [...new Set([...usual.filter((name) => !dropped.has(name)), ...added])];
  const bounding = capabilities.bounding ?? capabilities.effective ?? changed;
  const effective =
    capabilities.effective ??
    (capabilities.bounding === undefined ? changed : changed.filter((name) => bounding.includes(name)));
  const beyond = effective.find((name) => !bounding.includes(name));
  if (beyond !== undefined)
    throw new LaunchRefusal(`it is to begin with the capability ${beyond}, which is not in its bounding set`);
  for (const name of [...bounding, ...effective]) {
    if (!own.includes(name)) throw new LaunchRefusal(`this agent itself has not the capability ${name}`);
    if (usual.includes(name) || allowAny) continue;
    throw new LaunchRefusal(
      `it asks for the capability ${name}, which this agent does not allow ` +
        `${isRoot ? "" : "for users other than root "}(--allow-privileged)`,
      "task-unauthorized",
    );
  }
  return setsOf(bounding, effective, isRoot);
}

/** Another user's would go with its first program, were they not ambient. */
function setsOf(bounding: readonly string[], effective: readonly string[], isRoot: boolean): CapabilitySets {
  const named = (names: readonly string[]): readonly string[] => names.map((name) => `CAP_${name}`);
  const kept = isRoot ? [] : named(effective);
  return {
    bounding: named(bounding),
    effective: named(effective),
    permitted: named(effective),
    inheritable: kept,
    ambient: kept,
  };
}

/** What nobody could be given more than. */
function ownCapabilities(): readonly string[] {
  const [, bits = "0"] = /^CapBnd:\s*([\da-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const set = BigInt(`0x${bits}`);
  return capabilityNames.filter((_, number) => (set & (1n << BigInt(number))) !== 0n);
}
