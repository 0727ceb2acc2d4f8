/**
 * `unum pod create` and `unum pod update`: run a pod from its definition, or change it to that.
 */

import { absoluteId } from "../api.ts";
import { CliError, type Command, type CommandContext, type ExitCode, usageError } from "../command.ts";
import { changeQuery, deployOptions, replaceOption, waitTimeoutMs } from "../deploy-options.ts";
import { afterPodChange, podIdOf, podPath } from "../pods.ts";
import { readDefinition } from "../read-definition.ts";

const details =
  `FILE is a definition as Marathon has them; - reads standard input. \${HERE} in it stands for the\n` +
  `directory of FILE, and a text that is \${FILE:name} for the content of a file there.\n` +
  "Shows the deployment until every instance is stable.";

export const podCreate: Command = {
  name: "pod create",
  summary: "run a pod from its definition (a JSON file)",
  positionals: "FILE|-",
  options: deployOptions,
  details,
  examples: ["unum pod create examples/pod.json", "unum pod create --no-wait web.json"],
  run: (context) => change(context, "create"),
};

export const podUpdate: Command = {
  name: "pod update",
  summary: "change a pod to what a definition says",
  positionals: "FILE|-",
  options: [...deployOptions, replaceOption],
  details,
  examples: ["unum pod update web.json"],
  run: (context) => change(context, "update"),
};

async function change(context: CommandContext, verb: "create" | "update"): Promise<ExitCode> {
  const [file] = context.positionals;
  if (file === undefined) throw usageError(`pod ${verb}: FILE is missing`, "Give a file, or - for input.");
  const timeoutMs = waitTimeoutMs(context);
  const definition = await readDefinition(file, context.io);
  const id = podIdOf(definition, file);
  const api = await context.connect();
  const isNew = verb === "create";
  const answer = await api
    .send({
      method: isNew ? "POST" : "PUT",
      path: `${isNew ? "/v2/pods" : podPath(id)}${changeQuery(context, isNew ? "new" : "definition")}`,
      body: definition,
      what: `${verb} pod ${absoluteId(id)}`,
    })
    .catch((error: unknown) => {
      const exists = error instanceof CliError && /already exists/.test(error.message);
      if (!exists) throw error;
      throw new CliError(error.message, error.exitCode, "Change it with `unum pod update`.");
    });
  return afterPodChange(context, api, { id, verb, answer, timeoutMs });
}
