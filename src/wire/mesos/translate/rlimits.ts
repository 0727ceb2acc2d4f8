/**
 * Bounds on the processes of a container, between Mesos's message and our own terms.
 *
 * As Mesos has it, one with neither amount is without bounds, and one with a single amount is a mistake.
 */

import { type Rlimit, rlimitTypes } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"RLimitInfo">;
type Limit = MessageOf<"RLimitInfo.RLimit">;

const PREFIX = "RLMT_";
/** The kernel's word for no bound. */
const INFINITY = 2n ** 64n - 1n;

/** Undefined: nothing is said. */
export function rlimitsFromMessage(message: Message | undefined): Translated<readonly Rlimit[] | undefined> {
  if (message === undefined) return translated(undefined);
  const limits: Rlimit[] = [];
  for (const limit of message.rlimits ?? []) {
    const type = rlimitTypes.find((name) => limit.type === `${PREFIX}${name.toUpperCase()}`);
    if (type === undefined) return untranslated(`The limit '${limit.type ?? "UNKNOWN"}' is unknown`);
    const fault = faultOf(limit, limits, type);
    if (fault !== undefined) return untranslated(fault);
    limits.push({ type, soft: amountOf(limit.soft), hard: amountOf(limit.hard) });
  }
  return translated(limits);
}

function faultOf(
  { soft, hard }: Limit,
  earlier: readonly Rlimit[],
  type: Rlimit["type"],
): string | undefined {
  if ((soft === undefined) !== (hard === undefined))
    return `The limit '${type}' must have both a soft and a hard amount, or neither`;
  if (soft !== undefined && hard !== undefined && soft > hard)
    return `The soft amount of the limit '${type}' must not be more than its hard amount`;
  return earlier.some((limit) => limit.type === type) ? `The limit '${type}' is set twice` : undefined;
}

/** What no number can hold exactly is more than any machine has. */
const amountOf = (amount: bigint | undefined): number | "unlimited" =>
  amount === undefined || amount > BigInt(Number.MAX_SAFE_INTEGER) ? "unlimited" : Number(amount);

export const rlimitsMessage = (limits: readonly Rlimit[]): Message => ({
  rlimits: limits.map(({ type, soft, hard }): Limit => {
    const name = `${PREFIX}${type.toUpperCase()}` as NonNullable<Limit["type"]>;
    if (soft === "unlimited" && hard === "unlimited") return { type: name };
    return { type: name, soft: bigOf(soft), hard: bigOf(hard) };
  }),
});

const bigOf = (amount: number | "unlimited"): bigint => (amount === "unlimited" ? INFINITY : BigInt(amount));
