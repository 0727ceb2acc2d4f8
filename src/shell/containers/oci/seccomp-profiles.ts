/**
 * The filters of system calls that the agent's operator keeps in a directory, for tasks to ask for by name.
 *
 * Read anew for each container, so that an operator may change them. That one is there is the operator's word: asking
 * for it needs no other.
 */

import { readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { parseSeccompProfile, seccompOf } from "#wire/docker/seccomp-profile.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

/** As a container with these capabilities at most has it; throws `LaunchRefusal`. */
export function namedSeccompProfile(
  directory: string | undefined,
  name: string,
  capabilities: readonly string[],
): object {
  const what = `the seccomp profile ${JSON.stringify(name)}`;
  if (directory === undefined)
    throw new LaunchRefusal(`${what} cannot be had: this agent keeps none (--seccomp-config-dir)`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(directory, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LaunchRefusal(
      code === "ENOENT"
        ? `${what} is not among those that this agent's operator keeps`
        : `${what} cannot be read: ${code}`,
    );
  }
  const profile = parseSeccompProfile(bytes);
  if (!profile.ok) throw new LaunchRefusal(`${what} ${profile.fault}`);
  return seccompOf(profile.value, { architecture: process.arch, capabilities, kernel: release() });
}
