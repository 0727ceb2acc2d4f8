/**
 * `unum group delete`: stop all apps and pods of a group, and of the groups in it.
 */

import { absoluteId } from "../api.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import { changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";
import { afterGroupChange, groupPath } from "../groups.ts";

export const groupDelete: Command = {
  name: "group delete",
  summary: "stop everything in a group and forget it",
  positionals: "GROUP",
  options: deployOptions,
  examples: ["unum group delete /shop"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = "/"] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const answer = await api.send({
    method: "DELETE",
    path: `${groupPath(id)}${changeQuery(context)}`,
    what: `delete group ${absoluteId(id)}`,
  });
  return afterGroupChange(context, api, { id, verb: "delete", answer, timeoutMs });
}
