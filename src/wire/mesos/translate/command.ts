/**
 * Commands of tasks and of their checks: what is run, with which variables, as whom.
 *
 * What agents cannot do is refused by its name in Mesos's message, never passed over.
 */

import { limits } from "#base/limits.ts";
import type { Artifact } from "#model/artifact.ts";
import type { Secret, SecretEnvironment } from "#model/secret.ts";
import type { CommandSpec, OwnCommand } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { artifactsFromMessages } from "./artifacts.ts";
import { secretVariableFromMessage } from "./secret.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"CommandInfo">;

export type Command<Spec extends CommandSpec = OwnCommand> = {
  readonly command: Spec;
  readonly env: Readonly<Record<string, string>>;
  /** Undefined: none. */
  readonly secretEnv: SecretEnvironment | undefined;
  readonly user: string | undefined;
  /** Undefined: none. */
  readonly artifacts: readonly Artifact[] | undefined;
};

export const commandFromMessage = (message: Message): Translated<Command> =>
  withCommand(message, commandSpec(message));

/** Of what runs beside a task, which has the task's secrets and none of its own. */
export function commandWithoutSecrets(message: Message): Translated<Command> {
  const command = commandFromMessage(message);
  if (!command.ok || command.value.secretEnv === undefined) return command;
  const [name = ""] = Object.keys(command.value.secretEnv);
  return untranslated(
    `Secrets of its own (environment variable '${name}') are not supported for a command beside a task`,
  );
}

/** In an image, one without a program runs the image's own, with the arguments given. */
export function commandInImage(message: Message): Translated<Command<CommandSpec>> {
  const { shell = true, value = "", arguments: given = [] } = message;
  if (shell || value !== "") return commandFromMessage(message);
  const fault = argumentsFault(given);
  return withCommand(
    message,
    fault === undefined ? translated({ kind: "entrypoint", arguments: given }) : untranslated(fault),
  );
}

function withCommand<Spec extends CommandSpec>(
  message: Message,
  command: Translated<Spec>,
): Translated<Command<Spec>> {
  if (!command.ok) return command;
  const artifacts = artifactsFromMessages(message.uris ?? []);
  if (!artifacts.ok) return artifacts;
  const env = environmentFromMessage(message.environment);
  if (!env.ok) return env;
  const { user } = message;
  if (user?.includes("\0") === true) return untranslated("The user (command.user) contains a null byte");
  return translated({
    command: command.value,
    ...env.value,
    user: user === "" ? undefined : user,
    artifacts: artifacts.value,
  });
}

/**
 * With a shell, a line for it. Without one, `value` is the program and the first of `arguments` only the name
 * under which it is called, which is not kept.
 */
function commandSpec({ shell = true, value, arguments: given = [] }: Message): Translated<OwnCommand> {
  const argv = [value ?? "", ...given.slice(1)];
  if (value === undefined || value === "")
    return untranslated("A command needs 'command.value', unless it is without a shell and in an image");
  const fault = argumentsFault(argv);
  if (fault !== undefined) return untranslated(fault);
  return translated(shell ? { kind: "shell", text: value } : { kind: "argv", argv });
}

function argumentsFault(argv: readonly string[]): string | undefined {
  if (argv.length > limits.argumentsMax)
    return `A command may have ${limits.argumentsMax} arguments; this one has ${argv.length}`;
  return argv.some((argument) => argument.includes("\0") || argument.length > limits.stringLengthMax)
    ? "A command contains a null byte, or more characters than a command may have"
    : undefined;
}

/** Of variables with one name the last one stands. */
function environmentFromMessage(
  environment: MessageOf<"Environment"> | undefined,
): Translated<Pick<Command, "env" | "secretEnv">> {
  const entries = new Map<string, string>();
  const secrets = new Map<string, Secret>();
  for (const variable of environment?.variables ?? []) {
    const { name, type = "VALUE", value, secret } = variable;
    entries.delete(name);
    secrets.delete(name);
    if (type === "UNKNOWN") return untranslated("Environment variable of type 'UNKNOWN' is not allowed");
    if (type === "SECRET") {
      const own = secretVariableFromMessage(variable);
      if (!own.ok) return own;
      if (name === "" || /[=\0]/.test(name))
        return untranslated(`Environment variable '${name}' cannot be set: its name is invalid`);
      secrets.set(name, own.value);
      continue;
    }
    if (value === undefined)
      return untranslated(`Environment variable '${name}' of type 'VALUE' must have a value set`);
    if (secret !== undefined)
      return untranslated(`Environment variable '${name}' of type 'VALUE' must not have a secret set`);
    if (name === "" || /[=\0]/.test(name) || value.includes("\0"))
      return untranslated(`Environment variable '${name}' cannot be set: its name or value is invalid`);
    if (value.length > limits.stringLengthMax)
      return untranslated(
        `Environment variable '${name}' is longer than ${limits.stringLengthMax} characters`,
      );
    entries.set(name, value);
  }
  const count = entries.size + secrets.size;
  return count > limits.envEntriesMax
    ? untranslated(`A task may have ${limits.envEntriesMax} environment variables; this one has ${count}`)
    : translated({
        env: Object.fromEntries(entries),
        secretEnv: secrets.size === 0 ? undefined : Object.fromEntries(secrets),
      });
}

export function commandMessage(command: CommandSpec): Message {
  switch (command.kind) {
    case "shell":
      return { shell: true, value: command.text };
    case "argv":
      return { shell: false, value: command.argv[0], arguments: command.argv };
    case "entrypoint":
      return { shell: false, arguments: command.arguments };
    default:
      return command satisfies never;
  }
}
