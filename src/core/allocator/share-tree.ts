/**
 * Who is next: hierarchical dominant-resource fairness as a tree of roles, with frameworks as its leaves.
 *
 * A tree lives for one cycle. Siblings stand in order of share: the largest fraction of the cluster that a
 * node holds of any scalar, divided by its weight; then the one with fewer claims, then by name. What a node
 * holds is what everything under it holds. Frameworks of an inner role stand under a child `.` of it, and
 * so compete with its sub-roles as one of them.
 */

import { scalarCount } from "./agent-columns.ts";
import type { Client } from "./clients.ts";

export type ShareNode = {
  readonly name: string;
  readonly weight: number;
  readonly parent: ShareNode | undefined;
  /** Of a leaf; roles have none. */
  readonly client: Client | undefined;
  readonly allocated: Float64Array;
  claims: number;
  share: number;
  children: ShareNode[];
};

export type ShareTree = { readonly root: ShareNode; readonly clusterTotal: Float64Array };

const virtualLeaf = ".";

export function buildShareTree(
  clients: Iterable<Client>,
  weights: ReadonlyMap<string, number>,
  clusterTotal: Float64Array,
): ShareTree {
  const tree: ShareTree = { root: createNode("", 1, undefined, undefined), clusterTotal };
  const nodes = new Map<string, ShareNode>();
  for (const client of clients) {
    const parent = roleNode(tree.root, nodes, weights, client.role);
    const leaf = createNode(client.frameworkId, 1, parent, client);
    parent.children.push(leaf);
    addAllocation(leaf, client.allocated, client.claims);
  }
  arrange(tree, tree.root);
  return tree;
}

/** The first client in order of fairness that passes; undefined when none does. */
export function firstClient<Argument>(
  node: ShareNode,
  passes: (client: Client, argument: Argument) => boolean,
  argument: Argument,
): ShareNode | undefined {
  if (node.client !== undefined) return passes(node.client, argument) ? node : undefined;
  const children = node.children;
  for (let index = 0; index < children.length; index += 1) {
    const found = firstClient(children[index] as ShareNode, passes, argument);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Counts an allocation to the leaf and to all above it, and puts each back in its place. */
export function allocateTo(tree: ShareTree, leaf: ShareNode, amount: Float64Array): void {
  addAllocation(leaf, amount, 1);
  for (let node: ShareNode | undefined = leaf; node?.parent !== undefined; node = node.parent) {
    node.share = shareOf(tree, node);
    moveBack(node.parent.children, node);
  }
}

function roleNode(
  root: ShareNode,
  nodes: Map<string, ShareNode>,
  weights: ReadonlyMap<string, number>,
  role: string,
): ShareNode {
  let node = root;
  let path = "";
  for (const name of [...role.split("/"), virtualLeaf]) {
    path = path === "" ? name : `${path}/${name}`;
    let child = nodes.get(path);
    if (child === undefined) {
      child = createNode(name, weights.get(path) ?? 1, node, undefined);
      node.children.push(child);
      nodes.set(path, child);
    }
    node = child;
  }
  return node;
}

const createNode = (
  name: string,
  weight: number,
  parent: ShareNode | undefined,
  client: Client | undefined,
): ShareNode => ({
  name,
  weight,
  parent,
  client,
  allocated: new Float64Array(scalarCount),
  claims: 0,
  share: 0,
  children: [],
});

function addAllocation(leaf: ShareNode, amount: Float64Array, claims: number): void {
  for (let node: ShareNode | undefined = leaf; node !== undefined; node = node.parent) {
    for (let scalar = 0; scalar < scalarCount; scalar += 1)
      node.allocated[scalar] = (node.allocated[scalar] as number) + (amount[scalar] as number);
    node.claims += claims;
  }
}

/** Shares and order, from the leaves up; those that want nothing were counted and now go. */
function arrange(tree: ShareTree, node: ShareNode): boolean {
  node.share = shareOf(tree, node);
  if (node.client !== undefined) return node.client.wantsOffers;
  node.children = node.children.filter((child) => arrange(tree, child)).sort(compare);
  return node.children.length > 0;
}

function shareOf(tree: ShareTree, node: ShareNode): number {
  let share = 0;
  for (let scalar = 0; scalar < scalarCount; scalar += 1) {
    const total = tree.clusterTotal[scalar] as number;
    if (total > 0) share = Math.max(share, (node.allocated[scalar] as number) / total);
  }
  return share / node.weight;
}

const compare = (left: ShareNode, right: ShareNode): number =>
  left.share - right.share || left.claims - right.claims || (left.name < right.name ? -1 : 1);

/** A node's share only grows within a cycle, so it only moves toward the end. */
function moveBack(siblings: ShareNode[], node: ShareNode): void {
  let index = siblings.indexOf(node);
  for (; index + 1 < siblings.length; index += 1) {
    const next = siblings[index + 1] as ShareNode;
    if (compare(node, next) < 0) break;
    siblings[index] = next;
  }
  siblings[index] = node;
}
