/**
 * The auditor's memory of what operators ordered: of each quota, weight and agent the values that may be true.
 *
 * An order that was answered is true from then on, also at every later leader; one that was not answered may be. What is
 * seen must be one of these.
 */

import type { MasterInput } from "#core/master/types.ts";
import type { MasterStates } from "./master-process.ts";

type Values = ReadonlyMap<string, string>;

export class Orders {
  readonly #candidates = new Map<string, readonly string[]>();

  /** Begins; returns what is to be called with the answer. */
  sent(input: MasterInput): (isTaken: boolean) => void {
    const before = new Map<string, readonly string[]>();
    const after = effectOf(input);
    for (const [key, value] of after) {
      const known = this.#candidates.get(key) ?? [initial(key)];
      before.set(key, known);
      this.#candidates.set(key, [...known, value]);
    }
    return (isTaken) => {
      for (const [key, value] of after)
        this.#candidates.set(key, isTaken ? [value] : (before.get(key) ?? []));
    };
  }

  /** What is there when another leader begins; returns what is wrong, if anything is. */
  seen({ master }: MasterStates): string | undefined {
    const { quota, weight, agent } = master.tables;
    const actual = new Map<string, string>();
    for (const { role, limits } of quota.values()) actual.set(`quota ${role}`, amount(limits.cpus));
    for (const { role, weight: value } of weight.values()) actual.set(`weight ${role}`, `${value}`);
    for (const { agentId, deactivated } of agent.values()) actual.set(`agent ${agentId}`, `${deactivated}`);
    for (const [key, candidates] of this.#candidates) {
      const value = actual.get(key) ?? initial(key);
      const isGone = key.startsWith("agent ") && !actual.has(key);
      if (!isGone && !candidates.includes(value))
        return `${key} is ${value}, and was answered to be ${candidates.join(" or ")}`;
      this.#candidates.set(key, [value]);
    }
    return undefined;
  }
}

const amount = (cpus: number | undefined): string => (cpus === undefined ? "unlimited" : `${cpus}`);

const initial = (key: string): string =>
  key.startsWith("quota ") ? "unlimited" : key.startsWith("weight ") ? "1" : "false";

function effectOf(input: MasterInput): Values {
  switch (input.type) {
    case "update-quotas":
      return new Map(input.quotas.map(({ role, limits }) => [`quota ${role}`, amount(limits.cpus)]));
    case "update-weights":
      return new Map(input.weights.map(({ role, weight }) => [`weight ${role}`, `${weight}`]));
    case "deactivate-agent":
    case "drain-agent":
      return new Map([[`agent ${input.agentId}`, "true"]]);
    case "reactivate-agent":
      return new Map([[`agent ${input.agentId}`, "false"]]);
    default:
      return new Map();
  }
}
