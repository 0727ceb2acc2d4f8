/**
 * Pods as commands see them: their paths, their containers as a table, and the change of one followed to its end.
 */

import { type Api, type ApiAnswer, absoluteId } from "./api.ts";
import { CliError, type CommandContext, type ExitCode, exitCodes } from "./command.ts";
import { formatAge } from "./human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt } from "./json.ts";
import { afterChangeOfMany } from "./live-group.ts";
import { paintState, type Style, withoutControls } from "./style.ts";
import { formatTable } from "./table.ts";

export const podPath = (id: string): string =>
  `/v2/pods${absoluteId(id).split("/").map(encodeURIComponent).join("/")}`;

export const wantedInstances = (pod: Json): number => numberAt(recordAt(pod, "scaling"), "instances") ?? 1;

/** The id that a definition names; without one it is of no use. */
export function podIdOf(definition: Json, file: string): string {
  const id = textAt(definition, "id");
  if (id !== undefined && id !== "") return id;
  throw new CliError(`${file} names no pod: "id" is missing`, exitCodes.failure, 'Add "id": "/name".');
}

export async function afterPodChange(
  context: CommandContext,
  api: Api,
  change: {
    readonly id: string;
    readonly verb: string;
    readonly answer: ApiAnswer;
    readonly timeoutMs: number;
  },
): Promise<ExitCode> {
  const { id, verb, timeoutMs, answer } = change;
  const title = `${verb} pod ${absoluteId(id)}`;
  const check = async (): Promise<string | undefined> => {
    const found = await api.find(`${podPath(id)}::status`, title);
    if (verb === "delete") return found === undefined ? undefined : "it is still there";
    const status = textAt(found?.body, "status");
    return status === "STABLE" ? undefined : `it is ${status ?? "not there"}`;
  };
  return afterChangeOfMany(context, api, { title, answer, timeoutMs, check });
}

type ContainerRow = {
  readonly instance: Json;
  readonly container: Json;
};

/** Of the statuses of one pod or of several. */
export function formatContainers(statuses: readonly Json[], style: Style, nowMs: number): string {
  const rows = statuses.flatMap((status) =>
    arrayAt(status, "instances").flatMap((instance) =>
      arrayAt(instance, "containers").map((container): ContainerRow => ({ instance, container })),
    ),
  );
  return formatTable(
    rows,
    [
      { title: "task", text: ({ container }) => withoutControls(textAt(container, "containerId") ?? "") },
      { title: "instance", text: ({ instance }) => paintStatus(textAt(instance, "status") ?? "", style) },
      { title: "state", text: ({ container }) => stateText(container, style) },
      { title: "host", text: ({ instance }) => withoutControls(textAt(instance, "agentHostname") ?? "") },
      { title: "endpoints", text: ({ container }) => endpointsText(container) },
      {
        title: "since",
        align: "right",
        text: ({ container }) => formatAge(textAt(container, "statusSince"), nowMs),
      },
    ],
    style,
  );
}

function stateText(container: Json, style: Style): string {
  const painted = paintState(style, textAt(container, "status") ?? "");
  const condition = arrayAt(container, "conditions").find((one) => textAt(one, "name") === "healthy");
  if (condition === undefined) return painted;
  return `${painted}, ${textAt(condition, "value") === "true" ? style.good("healthy") : style.bad("unhealthy")}`;
}

const endpointsText = (container: Json): string =>
  arrayAt(container, "endpoints")
    .map((endpoint) => {
      const port = numberAt(endpoint, "allocatedHostPort");
      const name = withoutControls(textAt(endpoint, "name") ?? "");
      return port === undefined ? name : `${name}:${port}`;
    })
    .join(" ");

export function paintStatus(status: string, style: Style): string {
  const text = status.toLowerCase();
  if (status === "STABLE") return style.good(text);
  return status === "DEGRADED" ? style.bad(text) : style.warn(text);
}
