/**
 * `unum deployment show`: one deployment: its steps, and what it waits for, since when.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge } from "../human.ts";
import { arrayAt, numberAt, textAt } from "../json.ts";
import { formatSteps } from "../plan.ts";
import { withoutControls } from "../style.ts";
import { formatFields } from "../table.ts";

export const deploymentShow: Command = {
  name: "deployment show",
  summary: "one deployment: its steps, and what it waits for",
  positionals: "DEPLOYMENT",
  options: [jsonOption],
  examples: ["unum deployment show 2d1e…", "unum deployment show 2d1e… --json | jq .waits"],
  run: showDeployment,
};

async function showDeployment(context: CommandContext): Promise<ExitCode> {
  const [id = ""] = context.positionals;
  const { style, io, print } = context;
  const api = await context.connect();
  const path = `/v2/deployments/${encodeURIComponent(id)}?embed=waits`;
  const { body } = await api.get(path, `show deployment ${id}`);
  if (isSet(context.options, "json")) {
    print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const waits = arrayAt(body, "waits").map((wait) => withoutControls(textAt(wait, "text") ?? "?"));
  const current = (numberAt(body, "currentStep") ?? 1) - 1;
  const steps = formatSteps(arrayAt(body, "steps")).map((step, index) =>
    index < current ? style.dim(`${step}  done`) : index === current ? style.bold(step) : step,
  );
  print(style.bold(withoutControls(textAt(body, "id") ?? id)));
  print(
    formatFields(
      [
        ["started", formatAge(textAt(body, "version"), io.nowMs())],
        ["taken back at", textAt(body, "deadline")],
        ["steps", steps.join("\n")],
        ["waits for", waits.join("\n")],
      ],
      style,
    ),
  );
  return exitCodes.ok;
}
