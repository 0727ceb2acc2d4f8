/**
 * Which session a nested container's name stands for: in which of the agent's containers, and under which name.
 *
 * The innermost of its ancestors that is a container of the agent's own holds it; what is between them and what
 * follows is its name there.
 */

import { type ContainerId, containerId } from "#model/ids.ts";
import type { SessionKey } from "#ports/sessions.ts";
import type { AgentSnapshot } from "#wire/mesos/agent/held.ts";
import { type ContainerIdMessage, containerPath } from "#wire/mesos/agent/sessions.ts";

export type Found =
  | { readonly kind: "session"; readonly key: SessionKey }
  /** It is one of the agent's own. */
  | { readonly kind: "container"; readonly container: ContainerId }
  | { readonly kind: "unknown" };

export function findSession({ containers, executors }: AgentSnapshot, id: ContainerIdMessage): Found {
  const known = new Set([...containers, ...executors].map((held) => held.containerId));
  const path = containerPath(id);
  const last = path.at(-1) ?? "";
  if (known.has(last)) return { kind: "container", container: containerId(last) };
  const at = path.findLastIndex((value) => known.has(value));
  const container = path[at];
  if (container === undefined) return { kind: "unknown" };
  return {
    kind: "session",
    key: { container: containerId(container), name: path.slice(at + 1).join(".") },
  };
}
