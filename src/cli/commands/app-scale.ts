/**
 * `unum app scale`: more or fewer instances of an app.
 */

import { absoluteId, appPath } from "../api.ts";
import { type Command, type CommandContext, type ExitCode, parseCount } from "../command.ts";
import { afterChange, changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";

export const appScale: Command = {
  name: "app scale",
  summary: "run N instances of an app",
  positionals: "APP N",
  options: deployOptions,
  examples: ["unum app scale /web 6", "unum app scale /web 0"],
  run: scaleApp,
};

async function scaleApp(context: CommandContext): Promise<ExitCode> {
  const [appId = "", count = ""] = context.positionals;
  const instances = parseCount(count, "N");
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const answer = await api.send({
    // PATCH and not PUT: a mistyped id must not create an app.
    method: "PATCH",
    path: `${appPath(appId)}${changeQuery(context)}`,
    body: { instances },
    what: `scale app ${absoluteId(appId)}`,
  });
  return afterChange(context, api, { appId, verb: "scale", answer, timeoutMs });
}
