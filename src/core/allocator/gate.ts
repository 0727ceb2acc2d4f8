/**
 * Why a client is not offered an agent: the first gate of a fixed chain that says no, as a reason.
 *
 * For explanations only. It asks the cycle's own gates, over the state as it is now; the order of the chain
 * goes from what no waiting mends to what the next offers may change.
 */

import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import type { Quantities } from "#model/quota.ts";
import type { Refusal } from "#model/reason.ts";
import { isAllocatableTo, reservationRole } from "#model/reservation.ts";
import { fromMilli, type Milli, milli, type ScalarName, scalarNames } from "#model/resources.ts";
import { topLevel } from "#model/role.ts";
import { freeScalar, scalarCount } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import { type Client, clientKey } from "./clients.ts";
import {
  agentGate,
  closedGate,
  createView,
  fillGrant,
  isOnlyForOthers,
  isWorthAnOffer,
  lookAt,
  missingCapability,
  refusedBy,
  type View,
} from "./grant.ts";
import { anyProfile, noProfile } from "./profile.ts";
import { buildQuotaBook } from "./quota-book.ts";
import { buildShareTree, firstClient, type ShareNode, type ShareTree } from "./share-tree.ts";

/** Made once for all agents that are explained together. */
export type Trace = {
  readonly allocator: Allocator;
  readonly view: View;
  readonly tree: ShareTree;
  readonly leaves: ReadonlyMap<Client, ShareNode>;
};

/** `guest`: a client that is not among the allocator's own. */
export function createTrace(allocator: Allocator, nowMs: number, guest?: Client): Trace {
  const clients = [...allocator.clients.byKey.values(), ...(guest === undefined ? [] : [guest])];
  const tree = buildShareTree(clients, allocator.weights, allocator.clusterTotal);
  const view = createView(allocator, nowMs, buildQuotaBook(allocator));
  return { allocator, view, tree, leaves: leavesOf(tree.root, new Map()) };
}

/** The framework's client in that role; of one that has none now, what it would be, wanting nothing. */
export const clientOf = ({ clients }: Allocator, frameworkId: FrameworkId, role: RoleName): Client =>
  clients.byKey.get(clientKey(frameworkId, role)) ?? {
    ...createGuest(role),
    frameworkId,
    profile: clients.profiles.get(frameworkId) ?? noProfile,
    wantsOffers: false,
  };

/** A framework that is not there: it has nothing, can take everything, and wants it. */
export const createGuest = (role: RoleName): Client => ({
  frameworkId: "" as FrameworkId,
  role,
  topRole: topLevel(role),
  profile: anyProfile,
  allocated: new Float64Array(scalarCount),
  unreserved: new Float64Array(scalarCount),
  claims: 0,
  wantsOffers: true,
  filters: new Map(),
});

export type Verdict = {
  /** Undefined when the agent would be offered, or when the allocator does not know it. */
  readonly refusal: Refusal | undefined;
  /** What would be offered, in the order of the scalars; when only that is too little, or would do. */
  readonly room: readonly number[] | undefined;
};

export const firstClosedGate = (
  trace: Trace,
  frameworkId: FrameworkId,
  role: RoleName,
  agentId: AgentId,
): Refusal | undefined => judge(trace, clientOf(trace.allocator, frameworkId, role), agentId, {}).refusal;

/** `need`: what an offer must hold to be of use. */
export function judge(trace: Trace, client: Client, agentId: AgentId, need: Quantities): Verdict {
  const { allocator, view } = trace;
  const slot = allocator.agents.slotByAgent.get(agentId);
  const closed = (refusal: Refusal): Verdict => ({ refusal, room: undefined });
  if (slot === undefined) return { refusal: undefined, room: undefined };
  if (!lookAt(view, slot)) return closed(tooLittleFree(allocator, slot));
  view.pass = "shares";
  const gate = agentGate(client, view);
  if (gate !== undefined) return closed(agentRefusal(client, view, gate));
  view.held = undefined;
  fillGrant(client, view);
  const room = [...view.amount];
  const refusal = grantRefusal(client, view);
  const short = shortage(client, view, need);
  // Too little for any offer is too little for the need: which says more.
  if (refusal?.kind === "scalar" && short?.kind === "scalar") return { refusal: short, room };
  if (refusal !== undefined) return closed(refusal);
  if (short !== undefined && short.kind !== "scalar") return closed(short);
  const ahead = whoIsAhead(trace, client);
  return ahead === undefined ? { refusal: short, room } : closed(ahead);
}

function agentRefusal(client: Client, view: View, gate: "gpus" | "region" | "constraint"): Refusal {
  if (gate !== "constraint")
    return { kind: "capability", capability: gate === "gpus" ? "gpu-resources" : "region-aware" };
  const info = view.allocator.agents.infos[view.slot];
  const test = client.profile.constraints.get(client.role);
  return { kind: "constraint", text: (info && test?.(info)) ?? "of the framework" };
}

/** From what is reserved to what is too little, of the grant that stands in the view. */
function grantRefusal(client: Client, view: View): Refusal | undefined {
  const { held, nowMs, slot, allocator } = view;
  const isWorth = isWorthAnOffer(client, view);
  if (!isWorth && held === undefined && isOnlyForOthers(view)) return reserved(client, view);
  if (!client.wantsOffers) return { kind: "suppressed", role: client.role };
  // Whoever refused anything there refused nothing at all, too.
  const refused = isWorth || held !== undefined ? refusedBy(client, view) : undefined;
  if (refused !== undefined)
    return {
      kind: "declined",
      untilMs: Math.max(nowMs, refused.untilMs),
      ...(refused.by === undefined ? {} : { by: refused.by }),
    };
  if (isWorth) return undefined;
  if (held !== undefined) return withheld(client, held.by, scalarNames[held.scalar] ?? "cpus");
  return client.profile.minima.has(client.role) && !isFull(allocator, slot)
    ? { kind: "min-allocatable", role: client.role }
    : tooLittleFree(allocator, slot);
}

function reserved(client: Client, view: View): Refusal {
  const capability = missingCapability(client, view);
  if (capability !== undefined) return { kind: "capability", capability };
  const kept = view.others.filter((resource) => !isAllocatableTo(resource, client.role));
  return { kind: "reserved", roles: [...new Set(kept.map(reservationRole))].sort() };
}

const withheld = (client: Client, by: "quota-limit" | "headroom", resource: ScalarName): Refusal =>
  by === "headroom" ? { kind: "headroom", resource } : { kind: by, role: client.topRole, resource };

/** What the grant lacks of the need: for a quota's sake, or because it is not there. */
function shortage(
  client: Client,
  { amount, free, grant, held }: View,
  need: Quantities,
): Refusal | undefined {
  for (const [scalar, resource] of scalarNames.entries()) {
    const short = (need[resource] ?? 0) - (amount[scalar] as number);
    if (short <= 0) continue;
    const keptBack = (free[scalar] as number) - (grant[scalar] as number);
    if (held !== undefined && keptBack >= short) return withheld(client, held.by, resource);
    return { kind: "scalar", resource, short: fromMilli(short as Milli) };
  }
  return undefined;
}

/** Another client would be given the agent first; its role and share, and ours, where the two paths part. */
function whoIsAhead({ tree, leaves, view }: Trace, client: Client): Refusal | undefined {
  const first = firstClient(tree.root, (each, at: View) => closedGate(each, at) === undefined, view);
  if (first === undefined || first.client === undefined || first.client === client) return undefined;
  const mine = leaves.get(client);
  if (mine === undefined) return undefined;
  const [theirs, ours] = whereTheyPart(first, mine);
  const { role } = first.client;
  return { kind: "fair-share", role, share: theirs.share, ownShare: ours.share };
}

function leavesOf(node: ShareNode, leaves: Map<Client, ShareNode>): Map<Client, ShareNode> {
  if (node.client !== undefined) leaves.set(node.client, node);
  for (const child of node.children) leavesOf(child, leaves);
  return leaves;
}

function whereTheyPart(left: ShareNode, right: ShareNode): [ShareNode, ShareNode] {
  const [lefts, rights] = [pathTo(left), pathTo(right)];
  let at = 0;
  while (lefts[at + 1] !== undefined && lefts[at] === rights[at]) at += 1;
  return [lefts[at] ?? left, rights[at] ?? right];
}

function pathTo(leaf: ShareNode): ShareNode[] {
  const path: ShareNode[] = [];
  for (let node: ShareNode | undefined = leaf; node !== undefined; node = node.parent) path.unshift(node);
  return path;
}

const isFull = (allocator: Allocator, slot: number): boolean =>
  scalarNames.every((_name, scalar) => freeScalar(allocator.agents, slot, scalar) <= 0);

/** The scalar of the two that comes nearest to the least that is offered. */
function tooLittleFree(allocator: Allocator, slot: number): Refusal {
  const { minAllocatable } = allocator.config;
  const shortOf = (scalar: number, least: number): number =>
    fromMilli((milli(least) - freeScalar(allocator.agents, slot, scalar)) as Milli);
  const cpus = shortOf(0, minAllocatable.cpus);
  const mem = shortOf(1, minAllocatable.mem);
  return cpus > 0
    ? { kind: "scalar", resource: "cpus", short: cpus }
    : { kind: "scalar", resource: "mem", short: mem };
}
