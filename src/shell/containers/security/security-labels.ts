/**
 * What SELinux or AppArmor hold a container to beside its walls, where the operator wants that and the host has it.
 *
 * SELinux: the types that container policies define, and for each executor a pair of categories, so that containers
 * cannot touch each other's files whatever their users. AppArmor: a profile that the operator loaded. Pure but for
 * `detectSecurity`; `root` is where the host's tree begins, which only tests change.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HeldContainer } from "../backend.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

export type SecurityWish = { readonly selinux: boolean; readonly appArmorProfile: string | undefined };

export type SecurityHost = {
  /** Whether its policy is loaded, and whether it refuses or only tells. */
  readonly selinux: "enforcing" | "permissive" | "absent";
  readonly appArmorProfiles: readonly string[];
};

export function detectSecurity(root: string): SecurityHost {
  const read = (path: string): string => {
    try {
      return readFileSync(join(root, path), "utf8").trim();
    } catch {
      return "";
    }
  };
  const enforce = read("sys/fs/selinux/enforce");
  const isAppArmor = read("sys/module/apparmor/parameters/enabled") === "Y";
  const profiles = isAppArmor ? read("sys/kernel/security/apparmor/profiles") : "";
  return {
    selinux: enforce === "" ? "absent" : enforce === "1" ? "enforcing" : "permissive",
    // `name (enforce)` a line; a name may have blanks.
    appArmorProfiles: profiles.split("\n").flatMap((line) => /^(.+) \(\w+\)$/.exec(line)?.[1] ?? []),
  };
}

/** In the words of a container's definition. */
export type SecurityLabels = {
  readonly process: object;
  readonly linux: object;
  /** Of the files that are its own; undefined: they stay as they are. */
  readonly files: string | undefined;
};

/** Throws `LaunchRefusal` for what was asked for and the host has not. */
export function securityLabels(
  { selinux, appArmorProfile }: SecurityWish,
  host: SecurityHost,
  container: Pick<HeldContainer, "frameworkId" | "executorId">,
): SecurityLabels {
  if (selinux && host.selinux === "absent")
    throw new LaunchRefusal(
      "this agent was told to label tasks for SELinux (--selinux), which its host has not enabled: enable it, or start the agent without",
    );
  if (appArmorProfile !== undefined && !host.appArmorProfiles.includes(appArmorProfile))
    throw new LaunchRefusal(
      `this agent was told to hold tasks to the AppArmor profile ${appArmorProfile}, which its host has not loaded: load it with apparmor_parser, or start the agent without`,
    );
  const level = levelOf(container);
  const files = selinux ? `system_u:object_r:container_file_t:${level}` : undefined;
  return {
    process: {
      ...(selinux ? { selinuxLabel: `system_u:system_r:container_t:${level}` } : {}),
      ...(appArmorProfile === undefined ? {} : { apparmorProfile: appArmorProfile }),
    },
    linux: files === undefined ? {} : { mountLabel: files },
    files,
  };
}

/** Of what any container may use: a volume that several share, one after the other or at a time. */
export const sharedFilesLabel = "system_u:object_r:container_file_t:s0";

const CATEGORIES = 1_024;

/** Two categories of the 1,024 that policies have: half a million pairs. Tasks of one executor share their files. */
function levelOf({ frameworkId, executorId }: Pick<HeldContainer, "frameworkId" | "executorId">): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([frameworkId, executorId]))
    .digest();
  const first = hash.readUInt32BE() % CATEGORIES;
  const other = hash.readUInt32BE(4) % (CATEGORIES - 1);
  const second = other < first ? other : other + 1;
  return `s0:c${Math.min(first, second)},c${Math.max(first, second)}`;
}
