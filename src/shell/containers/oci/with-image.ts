/**
 * What a container runs once its image, its settings and its secrets are known: each puts in what the one before left
 * open.
 */

import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { ImageConfig } from "#wire/oci/image-config.ts";
import { commandOfImage, environmentOfImage, signalOfImage } from "../../images/apply-config.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

export type SecretVariables = {
  readonly variables: Readonly<Record<string, string>>;
  readonly place: string;
};

export const withVariables = (spec: ContainerSpec, secret: SecretVariables | undefined): ContainerSpec =>
  secret === undefined ? spec : { ...spec, env: { ...spec.env, ...secret.variables } };

/** What the image says for what the task does not. */
export const withImage = (spec: ContainerSpec, config: ImageConfig | undefined): ContainerSpec => ({
  ...spec,
  command:
    spec.command.kind === "entrypoint" ? commandOf(spec, spec.command.arguments, config) : spec.command,
  env: environmentOfImage(config, spec.env),
  workingDirectory: spec.workingDirectory ?? config?.workingDirectory,
});

/** With an entry point of its own the image's arguments mean nothing. */
function commandOf(
  { root, settings }: ContainerSpec,
  given: readonly string[],
  config: ImageConfig | undefined,
): CommandSpec {
  const { entryPoint } = settings ?? {};
  if (entryPoint === undefined)
    return commandOfImage(config, given, root.kind === "image" ? root.container : "mesos");
  const argv = [...(entryPoint === "" ? [] : [entryPoint]), ...given];
  if (argv.length === 0) throw new LaunchRefusal("without an entry point it needs a command or arguments");
  return { kind: "argv", argv };
}

/** Undefined: the usual one. */
export const stopSignalOf = (
  { settings }: ContainerSpec,
  config: ImageConfig | undefined,
): NodeJS.Signals | undefined => signalOfImage({ stopSignal: settings?.stopSignal ?? config?.stopSignal });
