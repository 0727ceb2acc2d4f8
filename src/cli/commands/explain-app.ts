/**
 * `unum explain app` and `unum explain pod`: which agents would not take an instance, and why.
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
  run: (context) => explain(context, "app"),
};

export const explainPod: Command = {
  name: "explain pod",
  summary: "the same of a pod",
  positionals: "POD",
  options: [jsonOption],
  examples: ["unum explain pod /shop/web"],
  run: (context) => explain(context, "pod"),
};

async function explain(context: CommandContext, kind: "app" | "pod"): Promise<ExitCode> {
  const [given = ""] = context.positionals;
  const id = absoluteId(given);
  const api = await context.connect();
  const path = `/unum/v1/explain/${kind}${id.split("/").map(encodeURIComponent).join("/")}`;
  const { body } = await api.get(path, `explain ${kind} ${id}`);
  context.print(
    isSet(context.options, "json") ? JSON.stringify(body, null, 2) : formatExplanation(body, context.style),
  );
  return exitCodes.ok;
}
