/**
 * `unum app add`: create an app from its definition, or change it to that with `--update`.
 */

import { absoluteId, appPath } from "../api.ts";
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
import { afterChange, changeQuery, deployOptions, replaceOption, waitTimeoutMs } from "../deploy-options.ts";
import { textAt } from "../json.ts";
import { readDefinition } from "../read-definition.ts";

export const appAdd: Command = {
  name: "app add",
  summary: "run an app from its definition (a JSON file)",
  positionals: "[FILE|-]",
  options: [
    { name: "update", summary: "change the app if it exists" },
    ...deployOptions,
    replaceOption,
    ...definitionOptions,
  ],
  details:
    `FILE is a definition as Marathon has them; - reads standard input. \${HERE} in it stands for the\n` +
    `directory of FILE, and a text that is \${FILE:name} for the content of a file there.\n` +
    "Options go over the members of the file, or stand in its place. Shows the deployment\n" +
    "until every instance runs and is healthy.\n" +
    "A change takes the app over from a deployment that is still under way, and replaces\n" +
    "instances only for what they run by: not for labels or constraints.",
  examples: [
    "unum app add examples/web-node/app.json",
    "unum app add --update --no-wait web.json --instances 6",
    "unum app add --id /sleeper --cmd 'sleep 1000' --cpus 0.1 --mem 32",
  ],
  run: addApp,
};

async function addApp(context: CommandContext): Promise<ExitCode> {
  const [file] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  if (file === undefined && textOption(context.options, "id") === undefined) {
    throw usageError("app add: FILE is missing", "Give a file, or --id and --cmd.");
  }
  const fromFile = file === undefined ? {} : await readDefinition(file, context.io);
  const definition = withOptions(fromFile, context);
  const id = textAt(definition, "id");
  if (id === undefined || id === "") {
    throw new CliError(`${file} names no app: "id" is missing`, exitCodes.failure, 'Add "id": "/name".');
  }
  const api = await context.connect();
  const update = isSet(context.options, "update");
  const answer = await api
    .send({
      method: update ? "PUT" : "POST",
      path: `${update ? appPath(id) : "/v2/apps"}${changeQuery(context, update ? "definition" : "new")}`,
      body: definition,
      what: `${update ? "update" : "add"} app ${absoluteId(id)}`,
    })
    .catch((error: unknown) => {
      const exists = error instanceof CliError && /already exists/.test(error.message);
      if (!exists) throw error;
      throw new CliError(error.message, error.exitCode, "Change it with --update.");
    });
  return afterChange(context, api, { appId: id, verb: update ? "update" : "deploy", answer, timeoutMs });
}
