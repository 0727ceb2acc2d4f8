/**
 * `unum deployment cancel`: take a deployment back, or, with `--force`, just stop it where it is.
 */

import { deploymentIdOf } from "../api.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";

export const deploymentCancel: Command = {
  name: "deployment cancel",
  summary: "take a deployment back",
  positionals: "DEPLOYMENT",
  options: [{ name: "force", summary: "stop it where it is, instead of bringing back what was" }],
  examples: ["unum deployment cancel 2d1e…", "unum deployment cancel --force 2d1e…"],
  run: cancelDeployment,
};

async function cancelDeployment(context: CommandContext): Promise<ExitCode> {
  const [id = ""] = context.positionals;
  const force = isSet(context.options, "force");
  const api = await context.connect();
  const answer = await api.send({
    method: "DELETE",
    path: `/v2/deployments/${encodeURIComponent(id)}?force=${force}`,
    what: `cancel deployment ${id}`,
  });
  const back = deploymentIdOf(answer);
  context.print(back === undefined ? `deployment ${id} stopped` : `deployment ${back} takes ${id} back`);
  return exitCodes.ok;
}
