/**
 * `unum group plan`: the steps of a change of a group, what it replaces, and where instances would run.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { changeQuery, replaceOption } from "../deploy-options.ts";
import { groupPath } from "../groups.ts";
import { formatPlan } from "../plan.ts";
import { groupChange } from "./group-update.ts";

export const groupPlan: Command = {
  name: "group plan",
  summary: "what a change of a group would do, without doing it",
  positionals: "GROUP [FILE|-]",
  options: [
    { name: "scale-by", value: "FACTOR", summary: "multiply the instances of every app in it" },
    { name: "version", value: "VERSION", summary: "take all that is in it back to that version" },
    replaceOption,
    jsonOption,
  ],
  examples: ["unum group plan /shop shop.json", "unum group plan /shop --scale-by 2"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = "/"] = context.positionals;
  const body = await groupChange(context);
  const api = await context.connect();
  const answer = await api.send({
    method: "PUT",
    path: `${groupPath(id)}${changeQuery(context, "definition")}&dryRun=true&embed=plan`,
    body,
    what: `plan group ${absoluteId(id)}`,
  });
  const isJson = isSet(context.options, "json");
  context.print(isJson ? JSON.stringify(answer.body, null, 2) : formatPlan(answer.body, context.style));
  return exitCodes.ok;
}
