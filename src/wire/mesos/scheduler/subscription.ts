/**
 * What a framework says of itself, with SUBSCRIBE and with UPDATE_FRAMEWORK.
 */

import type { FrameworkInfo } from "#model/framework.ts";
import { type FrameworkId, frameworkId, type RoleName, roleName } from "#model/ids.ts";
import type { MessageOf } from "../proto/tables.ts";
import { frameworkInfoFromMessage } from "../translate/framework-info.ts";
import { offerConstraintsFromMessage } from "../translate/offer-constraints.ts";
import { type Translated, translated, untranslated } from "../translate/translated.ts";

/** `Subscribe` and `UpdateFramework` have the same fields. */
type Message = MessageOf<"scheduler.Call.Subscribe">;

export type Subscription = {
  readonly info: FrameworkInfo;
  /** Absent, or empty in the message: a new one. */
  readonly frameworkId: FrameworkId | undefined;
  readonly suppressedRoles: readonly RoleName[];
};

/** `principal`: who has shown to be, for a framework that does not say it. */
export function infoFromMessage(message: Message, principal: string | undefined): Translated<FrameworkInfo> {
  const info = frameworkInfoFromMessage(message.framework_info);
  return info.ok ? translated({ ...info.value, principal: info.value.principal ?? principal }) : info;
}

/** `info` is what the message says of the framework as such; the rest is about its roles. */
export function subscriptionFromMessage(message: Message, info: FrameworkInfo): Translated<Subscription> {
  const roles: readonly string[] = info.roles;
  const suppressed = message.suppressed_roles ?? [];
  const strangers = suppressed.filter((role) => !roles.includes(role));
  if (strangers.length > 0)
    return untranslated(`Suppressed roles { ${strangers.join(", ")} } are not contained in the set of roles`);
  const constraints = offerConstraintsFromMessage(message.offer_constraints);
  if (!constraints.ok) return constraints;
  const offerConstraints = constraints.value;
  const stranger = Object.keys(offerConstraints ?? {}).find((role) => !roles.includes(role));
  if (stranger !== undefined)
    return untranslated(`Offer constraints are given for role '${stranger}', which the framework is not in`);
  const id = message.framework_info.id?.value ?? "";
  return translated({
    info: offerConstraints === undefined ? info : { ...info, offerConstraints },
    frameworkId: id === "" ? undefined : frameworkId(id),
    suppressedRoles: [...new Set(suppressed)].map(roleName),
  });
}

/** What of itself a framework cannot change, if it tries to. */
export function updateFault(before: FrameworkInfo, after: FrameworkInfo): string | undefined {
  if (before.principal !== after.principal) return "Changing framework's principal is not allowed.";
  const changed = (["user", "checkpoint"] as const).find((name) => before[name] !== after[name]);
  if (changed === undefined) return undefined;
  const change = `from '${before[changed]}' to '${after[changed]}'`;
  return `Updating 'FrameworkInfo.${changed}' is unsupported; attempted to update ${change}`;
}
