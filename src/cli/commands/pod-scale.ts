/**
 * `unum pod scale`: more or fewer instances of a pod.
 */

import { absoluteId } from "../api.ts";
import { type Command, type CommandContext, type ExitCode, parseCount } from "../command.ts";
import { changeQuery, deployOptions, waitTimeoutMs } from "../deploy-options.ts";
import { recordAt } from "../json.ts";
import { afterPodChange, podPath } from "../pods.ts";

export const podScale: Command = {
  name: "pod scale",
  summary: "run N instances of a pod",
  positionals: "POD N",
  options: deployOptions,
  examples: ["unum pod scale /shop/web 3", "unum pod scale /shop/web 0"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = "", count = ""] = context.positionals;
  const instances = parseCount(count, "N");
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const what = `scale pod ${absoluteId(id)}`;
  // The API takes whole definitions only.
  const { body } = await api.get(podPath(id), what);
  const { version: _, ...definition } = recordAt({ body }, "body");
  const answer = await api.send({
    method: "PUT",
    path: `${podPath(id)}${changeQuery(context)}`,
    body: { ...definition, scaling: { kind: "fixed", instances } },
    what,
  });
  return afterPodChange(context, api, { id, verb: "scale", answer, timeoutMs });
}
