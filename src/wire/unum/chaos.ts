/**
 * What `unum chaos` asks of the `unum up` that runs the cluster, and what it is answered: a line of JSON each way.
 */

import { limits } from "#base/limits.ts";

/** This machine, where the cluster's clients are, and the way out into the world. */
export const clientName = "client";

/** As those at one end see it. */
export const cutDirections = ["both", "sent", "received"] as const;
export type CutDirection = (typeof cutDirections)[number];

export const faultKinds = ["kill", "pause", "cut", "slow", "fill-disk"] as const;
export type FaultKind = (typeof faultKinds)[number];

type Lasting = {
  /** By the names of processes: `master-1`, `etcd-2`, `agent-3`. */
  readonly who: readonly string[];
  /** Undefined: until it is healed. */
  readonly forMs: number | undefined;
};

export type FaultRequest = Lasting &
  (
    | { readonly verb: "kill" | "pause" | "fill-disk" }
    /** From all others where `from` names none. */
    | { readonly verb: "cut"; readonly from: readonly string[]; readonly direction: CutDirection }
    | { readonly verb: "slow"; readonly delayMs: number | undefined; readonly kilobits: number | undefined }
  );

export type ChaosRequest =
  | FaultRequest
  /** Those faults, or all of those processes; none named: everything. */
  | { readonly verb: "heal"; readonly which: readonly string[] }
  | { readonly verb: "resume"; readonly who: readonly string[] }
  | { readonly verb: "list" };

export type Fault = {
  readonly id: string;
  readonly kind: FaultKind;
  readonly who: readonly string[];
  /** From whom they are cut, how slow they are: for people. */
  readonly detail: string;
  readonly agoMs: number;
  /** Undefined: until it is healed. */
  readonly endsInMs: number | undefined;
};

export type ChaosAnswer =
  /** Those that were made or ended, or all that there are. */
  { readonly ok: true; readonly faults: readonly Fault[] } | { readonly ok: false; readonly message: string };

/** A sentence when it is none. */
export function parseChaosRequest(text: string): ChaosRequest | string {
  let value: Fields;
  try {
    value = JSON.parse(text) as Fields;
  } catch {
    return "The request is not JSON.";
  }
  if (typeof value !== "object" || value === null) return "The request is not an object.";
  const who = names(value.who);
  switch (value.verb) {
    case "list":
      return { verb: "list" };
    case "heal":
      return { verb: "heal", which: names(value.which) ?? [] };
    case "resume":
      return who === undefined ? missing : { verb: "resume", who };
    case "kill":
    case "pause":
    case "fill-disk":
    case "cut":
    case "slow": {
      const forMs = number(value.forMs, limits.chaosFaultMaxMs);
      if (who === undefined) return missing;
      if (forMs === "wrong") return `A fault lasts at most ${limits.chaosFaultMaxMs / 3_600_000} hours.`;
      return parseFault(value.verb, value, { who, forMs });
    }
    default:
      return "There is no such verb.";
  }
}

type Fields = { readonly [name: string]: unknown };

const missing = "It says not who.";

function parseFault(verb: FaultRequest["verb"], value: Fields, lasting: Lasting): FaultRequest | string {
  switch (verb) {
    case "cut": {
      const direction = cutDirections.find((each) => each === value.direction);
      return direction === undefined
        ? `A cut is ${cutDirections.join(", ")}.`
        : { verb, ...lasting, from: names(value.from) ?? [], direction };
    }
    case "slow": {
      const delayMs = number(value.delayMs, 60_000);
      const kilobits = number(value.kilobits, 100_000_000);
      if (delayMs === "wrong" || kilobits === "wrong")
        return "A delay is at most a minute, a rate at most 100 gigabits a second.";
      if (delayMs === undefined && kilobits === undefined)
        return "A delay or a rate is needed: --delay 200ms, --rate 100.";
      return { verb, ...lasting, delayMs, kilobits };
    }
    default:
      return { verb, ...lasting };
  }
}

function names(value: unknown): readonly string[] | undefined {
  const isList = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
  return isList ? (value as readonly string[]) : undefined;
}

function number(value: unknown, max: number): number | undefined | "wrong" {
  if (value === undefined || value === null) return undefined;
  return typeof value === "number" && value >= 1 && value <= max ? Math.round(value) : "wrong";
}

export function parseChaosAnswer(text: string): ChaosAnswer {
  try {
    const value = JSON.parse(text) as Fields;
    if (value.ok === true && Array.isArray(value.faults)) return value as unknown as ChaosAnswer;
    if (value.ok === false && typeof value.message === "string") return { ok: false, message: value.message };
  } catch {
    // Said below.
  }
  return { ok: false, message: "What runs the cluster gave an answer that cannot be read." };
}
