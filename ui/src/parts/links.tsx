/**
 * Links to the things of the cluster, by kind and id: the one place that knows their addresses.
 */

import type { ReactNode } from "react";
import type { ConsoleLink } from "#console/common.ts";
import { shortTask } from "./format.ts";

type Props = { readonly children?: ReactNode };

const splat = (id: string): string => id.replace(/^\//, "");

/** Plain, for a table has a hundred of them: `frame/link-clicks.ts` follows those that are marked, without loading. */
const Here = ({ kind, id, children }: Props & Pick<ConsoleLink, "kind" | "id">) => (
  <a href={addressOf({ kind, id })} data-here="">
    {children}
  </a>
);

export const ServiceLink = ({ id, children }: Props & { readonly id: string }) => (
  <Here kind="service" id={id}>
    {children ?? id}
  </Here>
);

export const GroupLink = ({ id, children }: Props & { readonly id: string }) => (
  <Here kind="group" id={id}>
    {children ?? id}
  </Here>
);

/** `key`: framework's id and task's, with a slash between. */
export const TaskLink = ({ taskKey, children }: Props & { readonly taskKey: string }) => (
  <Here kind="task" id={taskKey}>
    {children ?? taskKey.slice(taskKey.indexOf("/") + 1)}
  </Here>
);

export const NodeLink = ({ id, children }: Props & { readonly id: string }) => (
  <Here kind="node" id={id}>
    {children ?? id}
  </Here>
);

export const FrameworkLink = ({ id, children }: Props & { readonly id: string }) => (
  <Here kind="framework" id={id}>
    {children ?? id}
  </Here>
);

export const RoleLink = ({ name }: { readonly name: string }) => (
  <Here kind="role" id={name}>
    {name}
  </Here>
);

export const ThingLink = ({ link: { kind, id, name } }: { readonly link: ConsoleLink }) => (
  <Here kind={kind} id={id}>
    {kind === "task" ? shortTask(name) : kind === "role" ? id : name}
  </Here>
);

/** The address of what a link leads to, for code that goes there itself. */
export function addressOf({ kind, id }: Pick<ConsoleLink, "kind" | "id">): string {
  switch (kind) {
    case "service":
      return `/services/${splat(id)}`;
    case "group":
      return `/services?group=${encodeURIComponent(id)}`;
    case "task": {
      const slash = id.indexOf("/");
      const framework = slash < 0 ? "any" : id.slice(0, slash);
      return `/tasks/${encodeURIComponent(framework)}/${encodeURIComponent(id.slice(slash + 1))}`;
    }
    case "node":
      return `/nodes/${encodeURIComponent(id)}`;
    case "framework":
      return `/frameworks/${encodeURIComponent(id)}`;
    case "role":
      return `/roles?role=${encodeURIComponent(id)}`;
    case "deployment":
      return "/services";
    case "cluster":
      return "/about";
    default:
      return kind satisfies never;
  }
}
