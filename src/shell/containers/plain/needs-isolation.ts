/**
 * What a plain process cannot be given: secrets and settings that only a container's walls could hold.
 *
 * A task that asks for them is refused; one that silently ran without them would be worse.
 */

import type { ContainerSpec } from "#ports/containers.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

/** In the task's description already, or said of nothing that runs. */
const harmless: ReadonlySet<string> = new Set(["parameters", "env", "user", "workingDirectory"]);

/** Throws `LaunchRefusal`. */
export function refuseWhatNeedsIsolation({ secretEnv = {}, settings = {} }: ContainerSpec): void {
  const setting = Object.entries(settings).find(
    ([name, value]) => !harmless.has(name) && value !== undefined && value !== false,
  );
  const what = Object.keys(secretEnv).length > 0 ? "secrets" : setting?.[0];
  if (what !== undefined)
    throw new LaunchRefusal(
      `it asks for ${what} of its container, which needs container isolation, and this agent has none`,
    );
}
