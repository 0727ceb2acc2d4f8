/**
 * Weights as operators send them. The sentences are Mesos's.
 */

import { type RoleName, roleName } from "#model/ids.ts";
import { roleFault } from "#model/role.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translateAll, translated, untranslated } from "../translate/translated.ts";

export type RoleWeight = { readonly role: RoleName; readonly weight: number };

export const weightsFromMessages = (
  messages: readonly MessageOf<"WeightInfo">[],
): Translated<readonly RoleWeight[]> => translateAll(messages, weightFromMessage);

function weightFromMessage({ role = "", weight }: MessageOf<"WeightInfo">): Translated<RoleWeight> {
  const name = role.trim();
  const fault = roleFault(name);
  if (fault !== undefined)
    return untranslated(`Failed to validate update weights request JSON: Invalid role '${name}': ${fault}`);
  if (!(weight > 0) || !Number.isFinite(weight))
    return untranslated(
      `Failed to validate update weights request JSON for role '${name}': Invalid weight '${weight}': ` +
        "Weights must be positive",
    );
  return translated({ role: roleName(name), weight });
}
