/**
 * `unum group update`: change everything in a group at once.
 */

import { absoluteId } from "../api.ts";
import { type Command, type CommandContext, type ExitCode, textOption, usageError } from "../command.ts";
import { changeQuery, deployOptions, replaceOption, waitTimeoutMs } from "../deploy-options.ts";
import { afterGroupChange, groupPath } from "../groups.ts";
import type { JsonRecord } from "../json.ts";
import { readDefinition } from "../read-definition.ts";

export const groupUpdate: Command = {
  name: "group update",
  summary: "change a group to its definition, scale it, or take it back",
  positionals: "GROUP [FILE|-]",
  options: [
    { name: "scale-by", value: "FACTOR", summary: "multiply the instances of every app in it" },
    { name: "version", value: "VERSION", summary: "take all that is in it back to that version" },
    ...deployOptions,
    replaceOption,
  ],
  details:
    "What FILE does not mention of a group stays as it is: a list of apps or groups that is there\n" +
    "stands for all there are to be, so that [] stops them.",
  examples: [
    "unum group update /shop shop.json",
    "unum group update /shop --scale-by 2",
    "unum group update /shop --version 2030-01-01T11:00:00.000Z",
  ],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = "/"] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const body = await groupChange(context);
  const api = await context.connect();
  const answer = await api.send({
    method: "PUT",
    path: `${groupPath(id)}${changeQuery(context, "definition")}`,
    body,
    what: `update group ${absoluteId(id)}`,
  });
  return afterGroupChange(context, api, { id, verb: "update", answer, timeoutMs });
}

/** What is to be sent: exactly one of a file, a factor and a version. */
export async function groupChange({ positionals, options, io }: CommandContext): Promise<JsonRecord> {
  const [, file] = positionals;
  const factor = textOption(options, "scale-by");
  const version = textOption(options, "version");
  if ([file, factor, version].filter((given) => given !== undefined).length !== 1)
    throw usageError(
      "give one of FILE, --scale-by and --version",
      "The group comes first, as in `unum group update /shop shop.json`.",
    );
  if (version !== undefined) return { version };
  if (factor === undefined) return readDefinition(file ?? "-", io);
  if (!/^\d{1,6}(?:\.\d{1,6})?$/.test(factor))
    throw usageError(`--scale-by must be a number such as 1.5, not "${factor}"`);
  return { scaleBy: Number(factor) };
}
