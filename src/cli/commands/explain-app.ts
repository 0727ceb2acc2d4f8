/**
 * `unum explain app`: which agents would not take an instance, and why.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatExplanation } from "../explanation.ts";

export const explainApp: Command = {
  name: "explain app",
  summary: "why an app has no more instances: who refused, and for what",
  positionals: "APP",
  options: [jsonOption],
  examples: ["unum explain app /web", "unum explain app /web --json | jq -r .refusals"],
  run: explain,
};

async function explain(context: CommandContext): Promise<ExitCode> {
  const [appId = ""] = context.positionals;
  const id = absoluteId(appId);
  const api = await context.connect();
  const path = `/unum/v1/explain/app${id.split("/").map(encodeURIComponent).join("/")}`;
  const { body } = await api.get(path, `explain app ${id}`);
  context.print(
    isSet(context.options, "json") ? JSON.stringify(body, null, 2) : formatExplanation(body, context.style),
  );
  return exitCodes.ok;
}
