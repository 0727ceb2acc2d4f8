/**
 * `unum pod show`: one pod: what it consists of, how its instances are, and its last failure.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge, formatMib, formatNumber } from "../human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt } from "../json.ts";
import { formatContainers, paintStatus, podPath, wantedInstances } from "../pods.ts";
import { type Style, withoutControls } from "../style.ts";
import { formatFields } from "../table.ts";

export const podShow: Command = {
  name: "pod show",
  summary: "one pod: its containers, its instances, its last failure",
  positionals: "POD",
  options: [jsonOption],
  examples: ["unum pod show /shop/web", "unum pod show /shop/web --json | jq .status"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [podId = ""] = context.positionals;
  const id = absoluteId(podId);
  const { style, io, print } = context;
  const api = await context.connect();
  const { body } = await api.get(`${podPath(id)}::status`, `show pod ${id}`);
  if (isSet(context.options, "json")) {
    print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  print(style.bold(id));
  print(formatFields(fieldsOf(recordAt({ body }, "body"), style, io.nowMs()), style));
  if (arrayAt(body, "instances").length > 0)
    print(`\n${formatContainers([recordAt({ body }, "body")], style, io.nowMs())}`);
  return exitCodes.ok;
}

function fieldsOf(
  status: Json,
  style: Style,
  nowMs: number,
): readonly (readonly [string, string | undefined])[] {
  const spec = recordAt(status, "spec");
  const [failure] = arrayAt(status, "terminationHistory");
  const failureAge = formatAge(textAt(failure, "terminatedAt"), nowMs);
  return [
    ["state", paintStatus(textAt(status, "status") ?? "", style)],
    ["instances", `${arrayAt(status, "instances").length} of ${wantedInstances(spec)}`],
    ["containers", arrayAt(spec, "containers").map(containerText).join("\n")],
    [
      "volumes",
      arrayAt(spec, "volumes")
        .map((volume) => withoutControls(textAt(volume, "name") ?? ""))
        .join(", ") || undefined,
    ],
    ["changed", formatAge(textAt(spec, "version"), nowMs)],
    [
      "last failure",
      failureAge === "" ? undefined : `${withoutControls(textAt(failure, "message") ?? "")}, ${failureAge}`,
    ],
  ];
}

function containerText(container: Json): string {
  const resources = recordAt(container, "resources");
  const command = recordAt(recordAt(container, "exec"), "command");
  const image = textAt(recordAt(container, "image"), "id");
  const text = textAt(command, "shell") ?? arrayAt(command, "argv").join(" ");
  const line = withoutControls(text);
  const amounts = `${formatNumber(numberAt(resources, "cpus") ?? 0)} cpus, ${formatMib(numberAt(resources, "mem") ?? 0)}`;
  const parts = [image, line.length > 80 ? `${line.slice(0, 79)}…` : line].filter((part) => part);
  return `${withoutControls(textAt(container, "name") ?? "")}: ${amounts}; ${parts.join(": ")}`;
}
