/**
 * `unum app remove`: stop all instances of an app and forget it.
 */

import { absoluteId, appPath } from "../api.ts";
import { type Command, type CommandContext, type ExitCode, isSet } from "../command.ts";
import { afterChange, deployOptions, waitTimeoutMs } from "../deploy-options.ts";

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
    path: `${appPath(appId)}?force=${isSet(context.options, "force")}`,
    what: `remove app ${absoluteId(appId)}`,
  });
  return afterChange(context, api, { appId, verb: "remove", answer, timeoutMs });
}
