/**
 * `unum app plan`: what would change, what would restart, in which steps, and where instances would run now.
 */

import { absoluteId, appPath } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  textOption,
  usageError,
} from "../command.ts";
import { definitionOptions, withOptions } from "../definition-options.ts";
import { changeQuery, replaceOption } from "../deploy-options.ts";
import { textAt } from "../json.ts";
import { formatPlan } from "../plan.ts";
import { readDefinition } from "../read-definition.ts";

export const appPlan: Command = {
  name: "app plan",
  summary: "what running or changing an app would do, without doing it",
  positionals: "[FILE|-]",
  options: [replaceOption, jsonOption, ...definitionOptions],
  details:
    "Decided by the cluster with the same code that would carry it out, on its state as it is now.\n" +
    "FILE is as for `unum app add`.",
  examples: ["unum app plan web.json", "unum app plan --id /web --instances 6"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [file] = context.positionals;
  if (file === undefined && textOption(context.options, "id") === undefined)
    throw usageError("app plan: FILE is missing", "Give a file, or --id and what is to change.");
  const fromFile = file === undefined ? {} : await readDefinition(file, context.io);
  const definition = withOptions(fromFile, context);
  const id = textAt(definition, "id");
  if (id === undefined || id === "")
    throw new CliError(`${file} names no app: "id" is missing`, exitCodes.failure, 'Add "id": "/name".');
  const api = await context.connect();
  const answer = await api.send({
    method: "PUT",
    path: `${appPath(id)}${changeQuery(context, "definition")}&dryRun=true`,
    body: definition,
    what: `plan app ${absoluteId(id)}`,
  });
  const isJson = isSet(context.options, "json");
  context.print(isJson ? JSON.stringify(answer.body, null, 2) : formatPlan(answer.body, context.style));
  return exitCodes.ok;
}
