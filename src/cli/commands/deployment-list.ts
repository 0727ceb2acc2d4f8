/**
 * `unum deployment list`: what is being changed, how far it is, and what it waits for.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge } from "../human.ts";
import { arrayAt, type Json, numberAt, textAt } from "../json.ts";
import { withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

export const deploymentList: Command = {
  name: "deployment list",
  summary: "the changes that are under way",
  positionals: "",
  options: [jsonOption],
  examples: ["unum deployment list"],
  run: listDeployments,
};

async function listDeployments(context: CommandContext): Promise<ExitCode> {
  const api = await context.connect();
  const { body } = await api.get("/v2/deployments?embed=waitingFor", "list deployments");
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const deployments: readonly Json[] = Array.isArray(body) ? body : [];
  if (deployments.length === 0) {
    context.note("Nothing is being deployed.");
    return exitCodes.ok;
  }
  context.print(
    formatTable(
      deployments,
      [
        { title: "deployment", text: (deployment) => textAt(deployment, "id") ?? "" },
        { title: "apps", text: (deployment) => arrayAt(deployment, "affectedApps").join(", ") },
        { title: "step", align: "right", text: stepText },
        { title: "does", text: actionsText },
        {
          title: "started",
          align: "right",
          text: (item) => formatAge(textAt(item, "version"), context.io.nowMs()),
        },
        { title: "waits for", text: (item) => withoutControls(arrayAt(item, "waitingFor").join("; ")) },
      ],
      context.style,
    ),
  );
  return exitCodes.ok;
}

const stepText = (deployment: Json): string =>
  `${numberAt(deployment, "currentStep") ?? 1}/${numberAt(deployment, "totalSteps") ?? 1}`;

/** `scale /web` from `ScaleApplication` and its app. */
const actionsText = (deployment: Json): string =>
  arrayAt(deployment, "currentActions")
    .map((item) => (textAt(item, "action") ?? "").replace("Application", "").toLowerCase())
    .filter((action, index, all) => all.indexOf(action) === index)
    .join(", ");
