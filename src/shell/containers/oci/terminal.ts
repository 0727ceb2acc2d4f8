/**
 * A task's own terminal: what the definition, the lane and the agent are told of it.
 *
 * The supervisor holds it, so that it outlives the agent; a small program (`keep.pl`) writes what comes on it to the
 * task's `stdout`, and another (`../../exec/type.pl`) types into it. Both need Perl, for the supervisor's kind of socket.
 */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerSpec } from "#ports/containers.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { findProgram } from "../programs.ts";

/** As wide as people's are, until somebody attaches who has another. */
const usualSize = { height: 24, width: 80 } as const;

const marker = "terminal";

/** The definition with it, if the task asked for one. Throws `LaunchRefusal` where there can be none. */
export async function withTerminal(
  definition: object,
  { settings }: Pick<ContainerSpec, "settings">,
  directory: string,
): Promise<object> {
  if (settings?.tty !== true) return definition;
  if ((await findProgram("perl")) === undefined)
    throw new LaunchRefusal("it asks for a terminal, for which this agent needs Perl, and has none");
  writeFileSync(join(directory, marker), "");
  const { process } = definition as { readonly process: { readonly env?: readonly string[] } };
  const env = process.env ?? [];
  const hasKind = env.some((entry) => entry.startsWith("TERM="));
  return {
    ...definition,
    process: {
      ...process,
      env: hasKind ? env : [...env, "TERM=xterm"],
      terminal: true,
      consoleSize: usualSize,
    },
  };
}

export const hasTerminal = (directory: string): boolean => existsSync(join(directory, marker));
