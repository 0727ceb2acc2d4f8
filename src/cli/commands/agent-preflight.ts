/**
 * `unum agent preflight`: what this machine offers to an agent, and what to install.
 */

import { resolve } from "node:path";
import { judgeHost, type Verdict } from "#shell/preflight/findings.ts";
import { readHostFacts } from "#shell/preflight/host-facts.ts";
import {
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  type OptionSpec,
  textOption,
} from "../command.ts";
import type { Style } from "../style.ts";
import { formatTable } from "../table.ts";

const json: OptionSpec = { name: "json", summary: "the findings as JSON" };

export const agentPreflight: Command = {
  name: "agent preflight",
  summary: "what this machine offers to an agent, and what to install",
  positionals: "",
  options: [
    { name: "data", value: "DIR", summary: "where the agent is to keep its data (default: here)" },
    json,
  ],
  details:
    "Tries what an agent needs on this machine, as root if tasks are to be isolated, and leaves nothing\n" +
    "behind. Ends with 1 when something is missing without which tasks are not isolated.",
  examples: ["unum agent preflight", "unum agent preflight --data /var/lib/unum --json | jq -r .install"],
  run: preflight,
};

async function preflight(context: CommandContext): Promise<ExitCode> {
  const { options, io, style, print } = context;
  const directory = resolve(io.cwd, textOption(options, "data") ?? ".");
  const result = judgeHost(await readHostFacts(directory));
  if (isSet(options, "json")) print(JSON.stringify(result, null, 2));
  else {
    print(`${result.distribution}\n`);
    print(
      formatTable(
        result.findings,
        [
          { title: "what", text: ({ name }) => name },
          { title: "verdict", text: ({ verdict }) => paintVerdict(style, verdict) },
          {
            title: "found",
            text: ({ found, means }) => (means === undefined ? found : `${found}: ${means}`),
          },
        ],
        style,
      ),
    );
    if (result.install !== undefined) print(`\nTo install: ${result.install}`);
  }
  return result.verdict === "missing" ? exitCodes.failure : exitCodes.ok;
}

function paintVerdict(style: Style, verdict: Verdict): string {
  switch (verdict) {
    case "ok":
      return style.good(verdict);
    case "degraded":
      return style.warn(verdict);
    case "missing":
      return style.bad(verdict);
    default:
      return verdict satisfies never;
  }
}
