/**
 * Frameworks: what each has and is offered; and of one, why it is not offered more.
 */

import { limits } from "#base/limits.ts";
import { explainDemand } from "#core/master/explain-demand.ts";
import type { Framework } from "#model/framework.ts";
import { frameworkId, roleName } from "#model/ids.ts";
import { formatResources } from "#model/resources.ts";
import type { ConsoleAmounts } from "#wire/unum/console/common.ts";
import type {
  FrameworkParams,
  FrameworkRow,
  FrameworksParams,
  FrameworksView,
  FrameworkView,
} from "#wire/unum/console/frameworks.ts";
import { formatDemand } from "#wire/unum/demand-view.ts";
import { sumGauges } from "../desk/node-index.ts";
import { byNumber, byText, type Compare, ordered, pageOf, readSort } from "../desk/paging.ts";
import { amountsIn, amountsOf } from "../desk/task-facts.ts";
import type { World } from "../desk/world.ts";

export function viewFrameworks(world: World, params: FrameworksParams): FrameworksView {
  const { offset = 0, limit = limits.consolePageUsual } = params;
  const text = params.text?.toLowerCase() ?? "";
  const states = params.state === undefined ? undefined : new Set(params.state);
  const capacity = capacityOf(world);
  const found = [...world.master.tables.framework.values()]
    .filter(
      ({ info, state, frameworkId: id }) =>
        (states?.has(state) ?? state !== "completed") &&
        (text === "" || info.name.toLowerCase().includes(text) || id.toLowerCase().includes(text)),
    )
    .map((framework) => frameworkRow(world, framework, capacity));
  const total = found.length;
  return { rows: pageOf(found, compareFrameworks(params.sort), offset, limit), offset, total };
}

export function capacityOf({ nodes }: World): ConsoleAmounts {
  const { cpus, mem, disk, gpus } = sumGauges(nodes);
  return { cpus: cpus.capacity, mem: mem.capacity, disk: disk.capacity, gpus: gpus.capacity };
}

/** Of the resource of which it has most, as a part of the whole. */
export const dominantShare = (amounts: ConsoleAmounts, capacity: ConsoleAmounts): number =>
  Math.round(
    Math.max(
      0,
      ...(["cpus", "mem", "disk", "gpus"] as const).map((name) =>
        capacity[name] === 0 ? 0 : amounts[name] / capacity[name],
      ),
    ) * 10_000,
  ) / 10_000;

export const noAmounts = (): { -readonly [Name in keyof ConsoleAmounts]: number } => ({
  cpus: 0,
  mem: 0,
  disk: 0,
  gpus: 0,
});

export function addAmounts(
  sum: ReturnType<typeof noAmounts>,
  amounts: ConsoleAmounts,
  sign: 1 | -1 = 1,
): void {
  for (const name of ["cpus", "mem", "disk", "gpus"] as const)
    sum[name] = Math.round((sum[name] + sign * amounts[name]) * 1000) / 1000;
}

function frameworkRow({ master }: World, framework: Framework, capacity: ConsoleAmounts): FrameworkRow {
  const { tables, indexes } = master;
  const { frameworkId: id, info } = framework;
  const offered = noAmounts();
  const offers = indexes.offersByFramework.get(id) ?? new Set();
  for (const offerId of offers) {
    const offer = tables.offer.get(offerId);
    if (offer !== undefined) addAmounts(offered, amountsOf(offer.resources));
  }
  // The allocator adds up for every framework and role what is used and offered.
  const allocated = noAmounts();
  for (const client of master.allocator.clients.byFramework.get(id)?.values() ?? [])
    addAmounts(allocated, amountsIn(client.allocated));
  addAmounts(allocated, offered, -1);
  return {
    key: id,
    name: info.name,
    state: framework.state,
    inside: framework.inside === true,
    roles: info.roles,
    user: info.user,
    hostname: info.hostname ?? null,
    webuiUrl: info.webuiUrl ?? null,
    tasks: indexes.tasksByFramework.get(id)?.size ?? 0,
    allocated,
    offersOut: offers.size,
    offered,
    share: dominantShare(allocated, capacity),
    registeredAtMs: framework.registeredAtMs,
    disconnectedAtMs: framework.disconnectedAtMs ?? null,
  };
}

const byName: Compare<FrameworkRow> = (left, right) =>
  byText(left.name, right.name) || byText(left.key, right.key);

const sizes: Readonly<Record<string, (row: FrameworkRow) => number>> = {
  tasks: ({ tasks }) => tasks,
  share: ({ share }) => share,
  registeredAtMs: ({ registeredAtMs }) => registeredAtMs,
};

function compareFrameworks(sort: string | undefined): Compare<FrameworkRow> {
  const { column, reverse } = readSort(sort);
  const size = sizes[column];
  if (size !== undefined) return ordered((left, right) => byNumber(size(left), size(right)), byName, reverse);
  if (column === "state") return ordered((left, right) => byText(left.state, right.state), byName, reverse);
  return ordered(byName, byName, reverse);
}

export function viewFramework(world: World, { id }: FrameworkParams): FrameworkView | null {
  const { master, nowMs } = world;
  const { tables, indexes } = master;
  const framework = tables.framework.get(id);
  if (framework === undefined) return null;
  const { info } = framework;
  const demand = formatDemand(
    { kind: "framework", id, name: info.name },
    {},
    explainDemand(master, { frameworkId: frameworkId(id), role: undefined, need: {} }, nowMs),
  );
  const offers = [...(indexes.offersByFramework.get(frameworkId(id)) ?? [])]
    .flatMap((offerId) => tables.offer.get(offerId) ?? [])
    .sort((left, right) => right.madeAtMs - left.madeAtMs)
    .slice(0, limits.consolePageUsual);
  return {
    framework: frameworkRow(world, framework, capacityOf(world)),
    principal: info.principal ?? null,
    capabilities: info.capabilities,
    failoverTimeoutMs: info.failoverTimeoutMs,
    suppressed: (tables.suppression.get(id)?.roles ?? []).map(roleName),
    filters: indexes.filtersByFramework.get(frameworkId(id))?.size ?? 0,
    offers: offers.map((offer) => ({
      id: offer.offerId,
      nodeId: offer.agentId,
      nodeName: offer.agent.name,
      role: offer.role,
      resources: formatResources(offer.resources),
      sinceMs: offer.madeAtMs,
    })),
    explanation: {
      summary: demand.summary,
      agents: demand.agents,
      open: demand.open.agents,
      gates: demand.gates.map(({ text, agents, examples }) => ({ text, agents, examples })),
    },
  };
}
