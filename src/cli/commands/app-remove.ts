/**
 * `unum app remove`: stop all instances of an app and forget it.
 */

import { absoluteId, appPath } from "../api.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import { afterChange, changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";

export const appRemove: Command = {
  name: "app remove",
  summary: "stop an app and forget it",
  positionals: "APP",
  options: deployOptions,
  examples: ["unum app remove /web"],
  run: removeApp,
};

async function removeApp(context: CommandContext): Promise<ExitCode> {
  const [appId = ""] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const answer = await api.send({
    method: "DELETE",
    // Said either way: on this endpoint the API's default is to force.
    path: `${appPath(appId)}?${removalQuery(context)}`,
    what: `remove app ${absoluteId(appId)}`,
  });
  return afterChange(context, api, { appId, verb: "remove", answer, timeoutMs });
}

function removalQuery(context: CommandContext): string {
  const query = new URLSearchParams(changeQuery(context));
  if (!query.has("force")) query.set("force", "false");
  return query.toString();
}
