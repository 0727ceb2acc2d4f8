/**
 * `unum group create`: run all apps of a group that is not there yet, in the order of their dependencies.
 */

import { absoluteId } from "../api.ts";
import { CliError, type Command, type CommandContext, type ExitCode, exitCodes } from "../command.ts";
import { changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";
import { afterGroupChange } from "../groups.ts";
import { textAt } from "../json.ts";
import { readDefinition } from "../read-definition.ts";

export const groupCreate: Command = {
  name: "group create",
  summary: "run all apps of a group from its definition",
  positionals: "FILE|-",
  options: deployOptions,
  details:
    "FILE is a group as Marathon has them: id, apps, groups, dependencies. Apps start in the order\n" +
    "of what they depend on.",
  examples: ["unum group create shop.json"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [file = "-"] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const definition = await readDefinition(file, context.io);
  const id = textAt(definition, "id");
  if (id === undefined || id === "")
    throw new CliError(`${file} names no group: "id" is missing`, exitCodes.failure, 'Add "id": "/name".');
  const api = await context.connect();
  const answer = await api.send({
    method: "POST",
    path: `/v2/groups${changeQuery(context, "new")}`,
    body: definition,
    what: `create group ${absoluteId(id)}`,
  });
  return afterGroupChange(context, api, { id, verb: "create", answer, timeoutMs });
}
