/**
 * Plugins at the door: who they are, what they make of what clients send, and their own paths.
 */

import type { DoorMethod, DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import type { PluginKind } from "#ports/plugins.ts";
import { invalid, type Parsed, parsed } from "#wire/json/problem.ts";
import { jsonAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";

function showPlugins(_request: DoorRequest, { plugins }: ClusterContext, respond: Respond): void {
  const list = (plugins?.list ?? []).map(({ id, info, file }) => ({
    id,
    plugin: "definitions",
    implementation: file,
    info,
  }));
  respond(jsonAnswer(200, { plugins: list }));
}

function callPlugin(request: DoorRequest, { plugins }: ClusterContext, respond: Respond): void {
  const { id = "", "*": rest = "" } = request.params;
  // Whose token it is is not the plugin's business.
  const { authorization: _token, cookie: _cookie, ...headers } = request.headers;
  const { method, queryText: query, body } = request;
  const asked = { method, path: `/${rest}`, query, headers, body };
  const isTaken = plugins?.handle(id, asked, (answer) => respond({ kind: "body", ...answer })) ?? false;
  if (!isTaken) respond(notFound(`Plugin '${id}' does not exist, or answers nothing.`));
}

const methods: readonly DoorMethod[] = ["GET", "PUT", "POST", "DELETE"];

export const pluginEndpoints: readonly Endpoint<ClusterContext>[] = [
  {
    method: "GET",
    path: "/v2/plugins",
    permission: "read",
    summary: "The operator's modules that look at definitions",
    handle: showPlugins,
  },
  ...methods.map(
    (method): Endpoint<ClusterContext> => ({
      method,
      path: "/v2/plugins/:id/*",
      permission: method === "GET" ? "read" : "write",
      summary: "What a plugin answers",
      handle: callPlugin,
    }),
  ),
];

/** `value`: an app or a pod as a client sent it, whole or in part. */
export function changedByPlugins(
  { plugins }: Pick<ClusterContext, "plugins">,
  kind: PluginKind,
  value: unknown,
): Parsed<unknown> {
  if (plugins === undefined || !isRecord(value)) return parsed(value);
  const changed = plugins.change(kind, value);
  return changed.ok ? parsed(changed.value) : invalid("/", changed.fault);
}

/** A tree is parsed no deeper than JSON may be. */
export function groupChangedByPlugins(
  context: Pick<ClusterContext, "plugins">,
  value: unknown,
): Parsed<unknown> {
  if (context.plugins === undefined || !isRecord(value)) return parsed(value);
  const group: Record<string, unknown> = { ...value };
  for (const name of ["apps", "pods", "groups"] as const) {
    const members = value[name];
    if (!Array.isArray(members)) continue;
    const changed: unknown[] = [];
    for (const member of members) {
      const one =
        name === "groups"
          ? groupChangedByPlugins(context, member)
          : changedByPlugins(context, name === "apps" ? "app" : "pod", member);
      if (!one.ok) return one;
      changed.push(one.value);
    }
    group[name] = changed;
  }
  return parsed(group);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
