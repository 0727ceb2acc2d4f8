/**
 * `unum node list`: the agents, what they have, and how much of it is used.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge, formatMib, formatNumber } from "../human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt } from "../json.ts";
import { paintState, withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

export const nodeList: Command = {
  name: "node list",
  summary: "the agents, and how much of them is used",
  positionals: "",
  options: [jsonOption],
  examples: ["unum node list", "unum node list --json | jq '.nodes[].used'"],
  run: listNodes,
};

async function listNodes(context: CommandContext): Promise<ExitCode> {
  const api = await context.connect();
  const { body } = await api.get("/unum/v1/nodes", "list nodes");
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const nodes = arrayAt(body, "nodes");
  if (nodes.length === 0) {
    context.note("No agent has registered yet.");
    return exitCodes.ok;
  }
  const { style, io } = context;
  const text = (name: string) => (node: Json) => withoutControls(textAt(node, name) ?? "");
  context.print(
    formatTable(
      nodes.toSorted((a, b) => ((textAt(a, "name") ?? "") < (textAt(b, "name") ?? "") ? -1 : 1)),
      [
        { title: "node", text: text("name") },
        { title: "state", text: (node) => paintState(style, textAt(node, "state") ?? "") },
        { title: "host", text: text("hostname") },
        { title: "tasks", align: "right", text: (node) => String(numberAt(node, "tasks") ?? 0) },
        { title: "cpus", align: "right", text: (node) => usedOf(node, "cpus", formatNumber) },
        { title: "memory", align: "right", text: (node) => usedOf(node, "mem", formatMib) },
        { title: "disk", align: "right", text: (node) => usedOf(node, "disk", formatMib) },
        { title: "isolation", text: text("isolation") },
        { title: "since", align: "right", text: (node) => sinceText(node, io.nowMs()) },
      ],
      style,
    ),
  );
  const losses = withoutControls(textAt(recordAt(body, "losses"), "summary") ?? "");
  if (losses !== "") context.note(losses);
  return exitCodes.ok;
}

function usedOf(node: Json, name: string, format: (amount: number) => string): string {
  const amount = (member: string): number => numberAt(recordAt(node, member), name) ?? 0;
  return `${format(amount("used"))} of ${format(amount("total"))}`;
}

const sinceText = (node: Json, nowMs: number): string =>
  formatAge(textAt(node, "unreachableSince") ?? textAt(node, "registeredAt"), nowMs);
