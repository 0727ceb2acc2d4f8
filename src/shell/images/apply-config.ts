/**
 * What an image's author wanted, put under what the task's wants: command, environment, directory, signal.
 */

import { constants } from "node:os";
import type { CommandSpec } from "#model/task.ts";
import type { ImageConfig } from "#wire/oci/image-config.ts";
import { ImageFault } from "./image-fault.ts";

/**
 * The image's own way to start, with the arguments given, or with the image's where none are. Of an image that
 * has only a command, Mesos takes the program, and Docker nothing once there are arguments.
 */
export function commandOfImage(
  config: ImageConfig | undefined,
  given: readonly string[],
  container: "mesos" | "docker",
): CommandSpec {
  const { entrypoint = [], cmd = [] } = config ?? {};
  const program = entrypoint.length === 0 && container === "mesos" ? cmd.slice(0, 1) : entrypoint;
  const argv = given.length === 0 ? [...entrypoint, ...cmd] : [...program, ...given];
  if (argv.length === 0)
    throw new ImageFault("the image says no command to run, and the task names none: give it one");
  return { kind: "argv", argv };
}

/** The task's own entries win. */
export const environmentOfImage = (
  config: ImageConfig | undefined,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({ ...Object.fromEntries(config?.env ?? []), ...own });

/** Such as `SIGQUIT`, `QUIT` or `3`; undefined when it is none. */
export function signalOfImage(
  config: Pick<ImageConfig, "stopSignal"> | undefined,
): NodeJS.Signals | undefined {
  const text = config?.stopSignal?.toUpperCase();
  if (text === undefined) return undefined;
  const name = text.startsWith("SIG") ? text : `SIG${text}`;
  const signals = Object.entries(constants.signals);
  const found = signals.find(([known, number]) => known === name || String(number) === text);
  return found?.[0] as NodeJS.Signals | undefined;
}
