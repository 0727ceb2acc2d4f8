/**
 * `unum app restart`: replace every instance, as the app's upgrade strategy says.
 */

import { absoluteId, appPath } from "../api.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import { afterChange, changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";

export const appRestart: Command = {
  name: "app restart",
  summary: "replace all instances of an app, a few at a time",
  positionals: "APP",
  options: deployOptions,
  examples: ["unum app restart /web"],
  run: restartApp,
};

async function restartApp(context: CommandContext): Promise<ExitCode> {
  const [appId = ""] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const answer = await api.send({
    method: "POST",
    path: `${appPath(appId)}/restart${changeQuery(context)}`,
    what: `restart app ${absoluteId(appId)}`,
  });
  return afterChange(context, api, { appId, verb: "restart", answer, timeoutMs });
}
