/**
 * Why a client is not offered an agent: the first gate of the cycle that says no, as a reason.
 *
 * For explanations only. It asks the cycle's own gates, over the state as it is now.
 */

import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import type { Refusal } from "#model/reason.ts";
import { isAllocatableTo, reservationRole } from "#model/reservation.ts";
import { fromMilli, type Milli, milli, scalarNames } from "#model/resources.ts";
import { freeScalar } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import { type Client, clientKey } from "./clients.ts";
import { closedGate, createView, lookAt, missingCapability, refusedBy, type View } from "./grant.ts";
import { buildQuotaBook } from "./quota-book.ts";
import { buildShareTree, firstClient, type ShareNode, type ShareTree } from "./share-tree.ts";

/** Made once for all agents that are explained together. */
export type Trace = { readonly allocator: Allocator; readonly view: View; readonly tree: ShareTree };

export const createTrace = (allocator: Allocator, nowMs: number): Trace => ({
  allocator,
  view: createView(allocator, nowMs, buildQuotaBook(allocator)),
  tree: buildShareTree(allocator.clients.byKey.values(), allocator.weights, allocator.clusterTotal),
});

/** Undefined when the agent would be offered, or when the allocator does not know it. */
export function firstClosedGate(
  trace: Trace,
  frameworkId: FrameworkId,
  role: RoleName,
  agentId: AgentId,
): Refusal | undefined {
  const { allocator, view } = trace;
  const slot = allocator.agents.slotByAgent.get(agentId);
  if (slot === undefined) return undefined;
  const client = allocator.clients.byKey.get(clientKey(frameworkId, role));
  if (client === undefined || !client.wantsOffers) return { kind: "suppressed", role };
  if (!lookAt(view, slot)) return tooLittleFree(allocator, slot);
  view.pass = "shares";
  const gate = closedGate(client, view);
  if (gate === undefined) return whoIsAhead(trace, client);
  switch (gate) {
    case "gpus":
      return { kind: "capability", capability: "gpu-resources" };
    case "region":
      return { kind: "capability", capability: "region-aware" };
    case "constraint": {
      const info = allocator.agents.infos[slot];
      const test = client.profile.constraints.get(role);
      return { kind: "constraint", text: (info && test?.(info)) ?? "of the framework" };
    }
    case "reserved":
      return reserved(client, view);
    case "quota":
      return quota(client, view);
    case "declined":
      return { kind: "declined", untilMs: refusedBy(client, view)?.untilMs ?? view.nowMs };
    case "minimum":
    case "served":
    case "not-owed":
      return client.profile.minima.has(role) && !isFull(allocator, slot)
        ? { kind: "min-allocatable", role }
        : tooLittleFree(allocator, slot);
    default:
      return gate satisfies never;
  }
}

function reserved(client: Client, view: View): Refusal {
  const capability = missingCapability(client, view);
  if (capability !== undefined) return { kind: "capability", capability };
  const kept = view.others.filter((resource) => !isAllocatableTo(resource, client.role));
  return { kind: "reserved", roles: [...new Set(kept.map(reservationRole))].sort() };
}

function quota(client: Client, { held }: View): Refusal {
  const resource = scalarNames[held?.scalar ?? 0] ?? "cpus";
  return held?.by === "headroom"
    ? { kind: "headroom", resource }
    : { kind: "quota-limit", role: client.topRole, resource };
}

/** Another client would be given the agent first; its role and share, and ours, where the two paths part. */
function whoIsAhead({ tree, view }: Trace, client: Client): Refusal | undefined {
  const first = firstClient(tree.root, (each, at: View) => closedGate(each, at) === undefined, view);
  if (first === undefined || first.client === undefined || first.client === client) return undefined;
  const mine = leafOf(tree.root, client);
  if (mine === undefined) return undefined;
  const [theirs, ours] = whereTheyPart(first, mine);
  const { role } = first.client;
  return { kind: "fair-share", role, share: theirs.share, ownShare: ours.share };
}

function leafOf(node: ShareNode, client: Client): ShareNode | undefined {
  if (node.client === client) return node;
  for (const child of node.children) {
    const found = leafOf(child, client);
    if (found !== undefined) return found;
  }
  return undefined;
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
