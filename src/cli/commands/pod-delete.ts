/**
 * `unum pod delete`: stop all instances of a pod and forget it.
 */

import { absoluteId } from "../api.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import { changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";
import { afterPodChange, podPath } from "../pods.ts";

export const podDelete: Command = {
  name: "pod delete",
  summary: "stop a pod and forget it",
  positionals: "POD",
  options: deployOptions,
  examples: ["unum pod delete /shop/web"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = ""] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const answer = await api.send({
    method: "DELETE",
    path: `${podPath(id)}${changeQuery(context)}`,
    what: `delete pod ${absoluteId(id)}`,
  });
  return afterPodChange(context, api, { id, verb: "delete", answer, timeoutMs });
}
