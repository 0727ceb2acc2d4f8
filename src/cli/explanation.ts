/**
 * Why an app has no more instances than it has: the cluster's explanation, for people.
 */

import { formatMib, formatNumber } from "./human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt, toRecord } from "./json.ts";
import { type Style, withoutControls } from "./style.ts";
import { formatTable } from "./table.ts";

export function formatExplanation(explanation: Json, style: Style): string {
  const summary = withoutControls(textAt(explanation, "summary") ?? "");
  const failure = withoutControls(textAt(explanation, "lastFailure") ?? "");
  const lines = [style.bold(summary)];
  if (failure !== "" && !summary.includes(failure)) lines.push(`Last failure: ${style.bad(failure)}`);
  const agents = arrayAt(explanation, "agents");
  return agents.length === 0 ? lines.join("\n") : [...lines, "", formatAgents(agents, style)].join("\n");
}

const formatAgents = (agents: readonly Json[], style: Style): string =>
  formatTable(
    agents,
    [
      { title: "node", text: (agent) => withoutControls(textAt(agent, "agentName") ?? "") },
      {
        title: "free cpus",
        align: "right",
        text: (agent) => formatNumber(numberAt(recordAt(agent, "free"), "cpus") ?? 0),
      },
      {
        title: "free memory",
        align: "right",
        text: (agent) => formatMib(numberAt(recordAt(agent, "free"), "mem") ?? 0),
      },
      { title: "would take one", text: (agent) => verdictText(agent, style) },
    ],
    style,
  );

function verdictText(agent: Json, style: Style): string {
  if (toRecord(agent).fits === true) return style.good("yes");
  const reasons = arrayAt(agent, "refusals").map((refusal) => withoutControls(textAt(refusal, "text") ?? ""));
  return `${style.bad("no")}: ${reasons.join(" and ")}`;
}
