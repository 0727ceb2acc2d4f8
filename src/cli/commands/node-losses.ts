/**
 * `unum node losses`: the agents that are missing, and, when too many are for the master to give them up by itself, the
 * operator's word that it may.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { arrayAt, textAt } from "../json.ts";
import { withoutControls } from "../style.ts";

export const nodeLosses: Command = {
  name: "node losses",
  summary: "agents that are missing; with --mark they are given up",
  positionals: "",
  options: [
    {
      name: "mark",
      summary: "those that are missing now are lost: mark them unreachable, at the usual rate",
    },
    jsonOption,
  ],
  details:
    "While too large a share of the agents is missing, the master marks none of them unreachable: more likely a switch is broken than all of them. They are marked when fewer are missing, or when an operator says so. An agent that comes back takes its tasks up again, marked or not.",
  examples: ["unum node losses", "unum node losses --mark"],
  run: showLosses,
};

async function showLosses(context: CommandContext): Promise<ExitCode> {
  const api = await context.connect();
  const { body } = isSet(context.options, "mark")
    ? await api.send({ method: "POST", path: "/unum/v1/nodes/losses/mark", what: "give agents up" })
    : await api.get("/unum/v1/nodes/losses", "show missing agents");
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const summary = withoutControls(textAt(body, "summary") ?? "");
  context.print(summary === "" ? "No agent is missing." : summary);
  const names = arrayAt(body, "missingNodes").filter((name) => typeof name === "string");
  if (names.length > 0) context.print(`Missing: ${withoutControls(names.join(", "))}`);
  return exitCodes.ok;
}
