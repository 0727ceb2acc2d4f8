/**
 * Links to the things of the cluster, by kind and id: the one place that knows their addresses.
 */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ConsoleLink } from "#console/common.ts";
import { shortTask } from "./format.ts";

type Props = { readonly children?: ReactNode };

const splat = (id: string): string => id.replace(/^\//, "");

export const ServiceLink = ({ id, children }: Props & { readonly id: string }) => (
  <Link to="/services/$" params={{ _splat: splat(id) }}>
    {children ?? id}
  </Link>
);

export const GroupLink = ({ id, children }: Props & { readonly id: string }) => (
  <Link to="/services" search={{ group: id }}>
    {children ?? id}
  </Link>
);

/** `key`: framework's id and task's, with a slash between. */
export function TaskLink({ taskKey, children }: Props & { readonly taskKey: string }) {
  const slash = taskKey.indexOf("/");
  const framework = slash < 0 ? "any" : taskKey.slice(0, slash);
  const task = taskKey.slice(slash + 1);
  return (
    <Link to="/tasks/$framework/$task" params={{ framework, task }}>
      {children ?? task}
    </Link>
  );
}

export const NodeLink = ({ id, children }: Props & { readonly id: string }) => (
  <Link to="/nodes/$node" params={{ node: id }}>
    {children ?? id}
  </Link>
);

export const FrameworkLink = ({ id, children }: Props & { readonly id: string }) => (
  <Link to="/frameworks/$framework" params={{ framework: id }}>
    {children ?? id}
  </Link>
);

export const RoleLink = ({ name }: { readonly name: string }) => (
  <Link to="/roles" search={{ role: name }}>
    {name}
  </Link>
);

export function ThingLink({ link }: { readonly link: ConsoleLink }) {
  const { kind, id, name } = link;
  switch (kind) {
    case "service":
      return <ServiceLink id={id}>{name}</ServiceLink>;
    case "group":
      return <GroupLink id={id}>{name}</GroupLink>;
    case "task":
      return <TaskLink taskKey={id}>{shortTask(name)}</TaskLink>;
    case "node":
      return <NodeLink id={id}>{name}</NodeLink>;
    case "framework":
      return <FrameworkLink id={id}>{name}</FrameworkLink>;
    case "role":
      return <RoleLink name={id} />;
    case "deployment":
      return <Link to="/services">{name}</Link>;
    case "cluster":
      return <Link to="/about">{name}</Link>;
    default:
      return kind satisfies never;
  }
}

/** The address of what a link leads to, for code that goes there itself. */
export function addressOf({ kind, id }: ConsoleLink): string {
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
