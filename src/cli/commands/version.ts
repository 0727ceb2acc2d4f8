/**
 * `unum version`: of this client, and of the Node.js that runs it.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { textAt } from "../json.ts";

export const version: Command = {
  name: "version",
  summary: "the version of this client",
  positionals: "",
  options: [jsonOption],
  examples: ["unum version"],
  run: printVersion,
};

async function printVersion(context: CommandContext): Promise<ExitCode> {
  const file = join(import.meta.dirname, "../../../package.json");
  const own = textAt(JSON.parse(readFileSync(file, "utf8")), "version") ?? "unknown";
  const node = process.versions.node;
  context.print(
    isSet(context.options, "json") ? JSON.stringify({ version: own, node }) : `unum ${own} (Node.js ${node})`,
  );
  return exitCodes.ok;
}
