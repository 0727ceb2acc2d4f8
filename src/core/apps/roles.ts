/**
 * In which role an app or a pod is offered resources: what its owner says, within what its group allows.
 *
 * Marathon's rules: the service's default role, the name of the top-level group, or the role that it has already;
 * a group that enforces its role allows no other. Beside these stands the role of public agents, as in DC/OS.
 */

import type { GroupSettings } from "#model/group.ts";
import { type GroupId, groupId, type RoleName, roleName } from "#model/ids.ts";
import { isResident } from "#model/persistent-volume.ts";
import type { RunSpec } from "#model/pod.ts";
import { defaultRole } from "#model/role.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { roleOf } from "./need.ts";
import type { AppsState } from "./state.ts";

/** What DC/OS reserves its public agents for, and its own default role. Nothing can be reserved for `*`. */
export const publicRole = "slave_public";

/** `previous`: the definition that this one takes the place of; `groups`: those that change with it. */
export function assignRole<Definition extends RunSpec>(
  draft: Draft,
  definition: Definition,
  previous: RunSpec | undefined,
  groups: ReadonlyMap<GroupId, GroupSettings | undefined> = new Map(),
): Definition | Rejection {
  const own = draft.state.config.role ?? defaultRole;
  const top = topLevelGroup(definition.id);
  const settings = top === undefined ? undefined : (groups.get(top) ?? draft.group(top));
  const isEnforced = settings?.enforceRole === true;
  const group = top?.slice(1);
  const valid = new Set(
    [...(isEnforced ? [] : [own, publicRole]), group, previous && roleOf(previous)].filter(
      (role) => role !== undefined,
    ),
  );
  const role = definition.role ?? impliedRole(definition, previous, isEnforced && group ? group : own, valid);
  const problem = roleProblem(definition, role, valid, previous);
  if (problem !== undefined) return reject("invalid", "Object is not valid", [problem]);
  if (role === roleOf(definition)) return definition;
  return { ...definition, role };
}

/** Of a definition that says none. */
function impliedRole(
  definition: RunSpec,
  previous: RunSpec | undefined,
  usual: string,
  valid: ReadonlySet<string>,
): string {
  // Whoever accepts what is reserved for a role, and names no other, means that role.
  const [accepted, ...others] = definition.acceptedResourceRoles.filter((role) => role !== defaultRole);
  const isMeant = accepted !== undefined && others.length === 0 && valid.has(accepted);
  const implied = isMeant ? accepted : undefined;
  const role = implied ?? (previous === undefined ? usual : roleOf(previous));
  return role === defaultRole && isResident(definition) ? publicRole : role;
}

function roleProblem(
  definition: RunSpec,
  role: string,
  valid: ReadonlySet<string>,
  previous: RunSpec | undefined,
): { readonly path: string; readonly errors: readonly string[] } | undefined {
  if (!valid.has(role))
    return { path: "/role", errors: [`got ${role}, expected one of: ${[...valid].join(", ")}`] };
  const accepted = definition.acceptedResourceRoles;
  if (accepted.some((each) => each !== defaultRole && each !== role))
    return {
      path: "/acceptedResourceRoles",
      errors: [`can only contain ${[...new Set([defaultRole, role])].join(" and ")}`],
    };
  if (!isResident(definition)) return undefined;
  if (accepted.some((each) => each !== defaultRole))
    return { path: "/acceptedResourceRoles", errors: ['must be ["*"] of what has persistent volumes'] };
  if (previous !== undefined && isResident(previous) && roleOf(previous) !== role)
    return {
      path: "/role",
      errors: [
        `what is reserved for role ${roleOf(previous)} cannot be had in role ${role}; make a new app of it`,
      ],
    };
  return undefined;
}

/** Undefined right below the root. */
function topLevelGroup(id: string): GroupId | undefined {
  const end = id.indexOf("/", 1);
  return end < 0 ? undefined : groupId(id.slice(0, end));
}

/** All in which anything is or may be wanted, the service's own first. */
export const subscribedRoles = ({ config, roles }: AppsState): readonly RoleName[] => [
  ...new Set([roleName(config.role ?? defaultRole), ...roles.keys()]),
];
