/**
 * Sets of ports as sorted, disjoint, coalesced inclusive ranges.
 *
 * Invariant: every value that a function here returns is normal (sorted, no overlap, no two adjacent
 * ranges); `portRanges` makes any list normal, and the others assume that their arguments are.
 */

export type PortRange = readonly [first: number, last: number];
export type PortRanges = readonly PortRange[];

export const noPorts: PortRanges = [];

/** The normal form: sorted, overlapping and adjacent ranges merged, empty ones dropped. */
export function portRanges(ranges: Iterable<PortRange>): PortRanges {
  const sorted = [...ranges].filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

export const portSet = (ports: Iterable<number>): PortRanges =>
  portRanges([...ports].map((port): PortRange => [port, port]));

export const addPorts = (left: PortRanges, right: PortRanges): PortRanges =>
  left.length === 0 ? right : right.length === 0 ? left : portRanges([...left, ...right]);

export function subtractPorts(left: PortRanges, right: PortRanges): PortRanges {
  if (left.length === 0 || right.length === 0) return left;
  const rest: PortRange[] = [];
  let cut = 0;
  for (const [first, last] of left) {
    let from = first;
    while (cut < right.length && (right[cut] as PortRange)[1] < from) cut += 1;
    for (let index = cut; index < right.length; index += 1) {
      const [holeFirst, holeLast] = right[index] as PortRange;
      if (holeFirst > last) break;
      if (holeFirst > from) rest.push([from, holeFirst - 1]);
      from = Math.max(from, holeLast + 1);
    }
    if (from <= last) rest.push([from, last]);
  }
  return rest;
}

export const hasPort = (ranges: PortRanges, port: number): boolean =>
  ranges.some(([first, last]) => first <= port && port <= last);

/** Whether every port of `right` is in `left`. */
export const coversPorts = (left: PortRanges, right: PortRanges): boolean =>
  right.every(([first, last]) => left.some((range) => range[0] <= first && last <= range[1]));

export const overlapPorts = (left: PortRanges, right: PortRanges): boolean =>
  left.some((a) => right.some((b) => a[0] <= b[1] && b[0] <= a[1]));

export const countPorts = (ranges: PortRanges): number =>
  ranges.reduce((sum, [first, last]) => sum + (last - first + 1), 0);

export function* eachPort(ranges: PortRanges): Generator<number> {
  for (const [first, last] of ranges) for (let port = first; port <= last; port += 1) yield port;
}

/** `[31000-31999, 33000-33000]`, as people and Mesos write it. */
export const formatPorts = (ranges: PortRanges): string =>
  `[${ranges.map(([first, last]) => `${first}-${last}`).join(", ")}]`;
