/**
 * `unum pod list`: every pod, how many instances it has, and how it does.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge } from "../human.ts";
import { arrayAt, type Json, recordAt, textAt } from "../json.ts";
import { paintStatus, wantedInstances } from "../pods.ts";
import { withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

export const podList: Command = {
  name: "pod list",
  summary: "all pods, with how many instances are stable",
  positionals: "",
  options: [jsonOption],
  examples: ["unum pod list", "unum pod list --json | jq -r '.[].id'"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const { style, io } = context;
  const api = await context.connect();
  const { body } = await api.get("/v2/pods/::status", "list pods");
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const pods: readonly Json[] = Array.isArray(body) ? body : [];
  if (pods.length === 0) {
    context.note("There are no pods. Run one with `unum pod create FILE`.");
    return exitCodes.ok;
  }
  const sorted = pods.toSorted((a, b) => ((textAt(a, "id") ?? "") < (textAt(b, "id") ?? "") ? -1 : 1));
  context.print(
    formatTable(
      sorted,
      [
        { title: "pod", text: (pod) => withoutControls(textAt(pod, "id") ?? "") },
        { title: "stable", align: "right", text: stableText },
        { title: "containers", text: containersText },
        {
          title: "changed",
          align: "right",
          text: (pod) => formatAge(textAt(recordAt(pod, "spec"), "version"), io.nowMs()),
        },
        { title: "state", text: (pod) => paintStatus(textAt(pod, "status") ?? "", style) },
      ],
      style,
    ),
  );
  return exitCodes.ok;
}

function stableText(pod: Json): string {
  const stable = arrayAt(pod, "instances").filter((instance) => textAt(instance, "status") === "STABLE");
  return `${stable.length}/${wantedInstances(recordAt(pod, "spec"))}`;
}

const containersText = (pod: Json): string =>
  arrayAt(recordAt(pod, "spec"), "containers")
    .map((container) => withoutControls(textAt(container, "name") ?? ""))
    .join(", ");
