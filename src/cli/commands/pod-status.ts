/**
 * `unum pod status`: the containers of one pod's instances, or of all pods'.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { arrayAt, type Json } from "../json.ts";
import { formatContainers, podPath } from "../pods.ts";

export const podStatus: Command = {
  name: "pod status",
  summary: "the containers that run, where, and how healthy they are",
  positionals: "[POD]",
  options: [jsonOption],
  examples: ["unum pod status", "unum pod status /shop/web"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [podId] = context.positionals;
  const api = await context.connect();
  const path = podId === undefined ? "/v2/pods/::status" : `${podPath(podId)}::status`;
  const what = podId === undefined ? "pod status" : `status of pod ${absoluteId(podId)}`;
  const { body } = await api.get(path, what);
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const statuses: readonly Json[] = Array.isArray(body) ? body : [body];
  if (statuses.every((status) => arrayAt(status, "instances").length === 0)) {
    context.note("No instance runs.");
    return exitCodes.ok;
  }
  context.print(formatContainers(statuses, context.style, context.io.nowMs()));
  return exitCodes.ok;
}
