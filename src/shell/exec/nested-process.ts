/**
 * A command in a container that is to differ from the task there: as another user, with bounds of its own, with
 * places of other sandboxes in its own.
 *
 * It never has more rights than its task but as the agent's policy for users allows: another user has what such a
 * task has by default, and no new privileges. What lies in a sandbox is made without following a link of the task's.
 */

import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { SessionSpec } from "#model/session.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { readStarted } from "../containers/held-containers.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { usualCapabilities } from "../containers/oci/capabilities.ts";
import { rlimitEntries } from "../containers/oci/config.ts";
import { resolveUser, type UserPolicy } from "../containers/oci/user.ts";
import { isAlive } from "../containers/process-identity.ts";
import { type HardLimits, rlimitsOf } from "../containers/rlimits.ts";
import type { Owner } from "../sandbox/prepare.ts";
import { openBelow, readBelow } from "../volumes/open-below.ts";
import { hasOwnSandbox, type TaskProcess } from "./definition.ts";

export type NestedPolicy = { readonly users: UserPolicy; readonly hardLimits: HardLimits };

/** Throws `LaunchRefusal`. */
export async function nestedProcess(
  container: HeldContainer,
  task: TaskProcess,
  spec: SessionSpec,
  policy: NestedPolicy,
): Promise<TaskProcess> {
  const asUser = await withUser(container, task, spec.user, policy.users);
  const isOther = asUser.user.uid !== task.user.uid || asUser.user.gid !== task.user.gid;
  // To get to its own directory in there, and to nothing whose name it does not know.
  if (isOther) chmodSync(container.sandbox, 0o751);
  if (hasOwnSandbox(spec)) makePlaces(container, spec, { task: task.user, own: asUser.user });
  return withBounds(asUser, spec, policy.hardLimits);
}

async function withUser(
  container: HeldContainer,
  task: TaskProcess,
  wanted: string | undefined,
  policy: UserPolicy,
): Promise<TaskProcess> {
  if (wanted === undefined) return task;
  const { uid, gid, additionalGids } = await resolveUser(await tablesOf(container), wanted, policy);
  if (uid === task.user.uid && gid === task.user.gid) return task;
  return {
    ...task,
    user: { ...task.user, uid, gid, additionalGids },
    capabilities: usualCapabilities(uid === 0),
    noNewPrivileges: true,
  };
}

const TABLE_BYTES_MAX = 16 * 1024 * 1024;

/** The files of its own users, as the task sees them, who may have put anything there. */
async function tablesOf(container: HeldContainer): Promise<{ readText(path: string): Promise<string> }> {
  const started = await readStarted(container);
  const root = started === undefined ? undefined : `/proc/${started.pid}/root`;
  return {
    readText: async (path) => {
      if (root === undefined || started === undefined) return "";
      try {
        const text = readBelow(root, path, TABLE_BYTES_MAX);
        return isAlive(started) ? text : "";
      } catch {
        // None, or a link: then only numbers are users.
        return "";
      }
    },
  };
}

/** Those that are there stay whose they are. */
function makePlaces(
  { sandbox }: HeldContainer,
  { name, volumes = [] }: SessionSpec,
  owners: { readonly task: Owner; readonly own: Owner },
): void {
  const make = (base: string, path: string, owner: Owner): void => {
    try {
      openBelow(base, path, { as: "directory", owner });
    } catch (error) {
      throw new LaunchRefusal(
        `${path} in the sandbox of its parent cannot be made or used: ${(error as Error).message}`,
      );
    }
  };
  make(sandbox, "containers", owners.task);
  make(sandbox, join("containers", name), owners.own);
  for (const { of, path } of volumes) {
    if (of === "parent") make(sandbox, path, owners.task);
    else make(sandbox, join("containers", name, path), owners.own);
  }
}

/** Its own go before those of the task. */
function withBounds(task: TaskProcess, { rlimits }: SessionSpec, hardLimits: HardLimits): TaskProcess {
  if (rlimits === undefined) return task;
  const own = rlimitEntries(rlimitsOf(rlimits, hardLimits));
  const names = new Set(own.map(({ type }) => type));
  return { ...task, rlimits: [...(task.rlimits ?? []).filter(({ type }) => !names.has(type)), ...own] };
}
