/**
 * `unum explain role`: at which gate each agent stops on its way to the frameworks of a role.
 */

import type { Command, CommandContext, ExitCode } from "../command.ts";
import { demandOptions, explainDemand } from "../demand-explanation.ts";

export const explainRole: Command = {
  name: "explain role",
  summary: "why a role is not offered more, whoever is in it",
  positionals: "ROLE",
  options: demandOptions,
  examples: ["unum explain role prod/web", "unum explain role prod/web --cpus 2 --mem 4096 --json"],
  run: explain,
};

function explain(context: CommandContext): Promise<ExitCode> {
  const [role = ""] = context.positionals;
  const path = role.split("/").map(encodeURIComponent).join("/");
  return explainDemand(context, `/unum/v1/explain/role/${path}`, `explain role ${role}`);
}
