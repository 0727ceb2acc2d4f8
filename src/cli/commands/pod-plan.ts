/**
 * `unum pod plan`: what would change, what would restart, in which steps, and where instances would run now.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import {
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  usageError,
} from "../command.ts";
import { changeQuery, replaceOption } from "../deploy-options.ts";
import { formatPlan } from "../plan.ts";
import { podIdOf, podPath } from "../pods.ts";
import { readDefinition } from "../read-definition.ts";

export const podPlan: Command = {
  name: "pod plan",
  summary: "what running or changing a pod would do, without doing it",
  positionals: "FILE|-",
  options: [replaceOption, jsonOption],
  details: "Decided by the cluster with the same code that would carry it out, on its state as it is now.",
  examples: ["unum pod plan web.json"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [file] = context.positionals;
  if (file === undefined) throw usageError("pod plan: FILE is missing", "Give a file, or - for input.");
  const definition = await readDefinition(file, context.io);
  const id = podIdOf(definition, file);
  const api = await context.connect();
  const answer = await api.send({
    method: "PUT",
    path: `${podPath(id)}${changeQuery(context, "definition")}&dryRun=true`,
    body: definition,
    what: `plan pod ${absoluteId(id)}`,
  });
  const isJson = isSet(context.options, "json");
  context.print(isJson ? JSON.stringify(answer.body, null, 2) : formatPlan(answer.body, context.style));
  return exitCodes.ok;
}
