/**
 * Why a framework or a role is not offered more: whom a question is about, and the master's answer.
 */

import { explainDemand } from "#core/master/explain-demand.ts";
import type { MasterState } from "#core/master/state.ts";
import type { Framework } from "#model/framework.ts";
import { roleName } from "#model/ids.ts";
import type { Quantities } from "#model/quota.ts";
import { roleFault } from "#model/role.ts";
import { type DemandView, formatDemand } from "#wire/unum/demand-view.ts";

export type DemandAsk = {
  /** Its id, or its name where that is one framework's alone. */
  readonly framework: string | undefined;
  readonly role: string | undefined;
  readonly need: Quantities;
};

export type DemandAnswer =
  | { readonly ok: true; readonly view: DemandView }
  | { readonly ok: false; readonly status: 400 | 404 | 409; readonly message: string };

export function viewDemand(state: MasterState, ask: DemandAsk, nowMs: number): DemandAnswer {
  const { need } = ask;
  const fault = ask.role === undefined ? undefined : roleFault(ask.role);
  if (fault !== undefined) return refused(400, `That is no role: ${fault}.`);
  const role = ask.role === undefined ? undefined : roleName(ask.role);
  if (ask.framework === undefined) {
    if (role === undefined) return refused(400, "Ask about a framework or a role.");
    const explanation = explainDemand(state, { frameworkId: undefined, role, need }, nowMs);
    return { ok: true, view: formatDemand({ kind: "role", name: role }, need, explanation) };
  }
  const found = findFrameworks(state, ask.framework);
  const [framework] = found;
  if (framework === undefined) return refused(404, `There is no framework '${ask.framework}'.`);
  const { frameworkId, info } = framework;
  if (found.length > 1) {
    const ids = found.slice(0, 5).map((each) => each.frameworkId);
    return refused(
      409,
      `${found.length} frameworks have the name '${info.name}'; ask by id: ${ids.join(", ")}.`,
    );
  }
  if (role !== undefined && !info.roles.includes(role))
    return refused(400, `Framework ${info.name} is not in role ${role}.`);
  const explanation = explainDemand(state, { frameworkId, role, need }, nowMs);
  const subject = { kind: "framework", id: frameworkId, name: info.name } as const;
  return { ok: true, view: formatDemand(subject, need, explanation) };
}

/** Those that are over are found by id only. */
function findFrameworks({ tables }: MasterState, idOrName: string): Framework[] {
  const byId = tables.framework.get(idOrName);
  if (byId !== undefined) return [byId];
  return [...tables.framework.values()].filter(
    ({ state, info }) => state !== "completed" && info.name === idOrName,
  );
}

const refused = (status: 400 | 404 | 409, message: string): DemandAnswer => ({ ok: false, status, message });
