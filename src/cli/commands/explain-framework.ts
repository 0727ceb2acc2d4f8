/**
 * `unum explain framework`: at which gate each agent stops on its way to the framework.
 */

import { type Command, type CommandContext, type ExitCode, textOption } from "../command.ts";
import { demandOptions, explainDemand } from "../demand-explanation.ts";

export const explainFramework: Command = {
  name: "explain framework",
  summary: "why a framework is not offered more, and where a task of it would fit",
  positionals: "ID|NAME",
  options: [{ name: "role", value: "ROLE", summary: "in this one of its roles only" }, ...demandOptions],
  examples: ["unum explain framework spark", "unum explain framework spark --cpus 4 --mem 8192"],
  run: explain,
};

function explain(context: CommandContext): Promise<ExitCode> {
  const [idOrName = ""] = context.positionals;
  const role = textOption(context.options, "role");
  return explainDemand(
    context,
    `/unum/v1/explain/framework/${encodeURIComponent(idOrName)}`,
    `explain framework ${idOrName}`,
    role === undefined ? [] : [["role", role]],
  );
}
