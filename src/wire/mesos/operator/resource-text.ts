/**
 * Resources as Mesos writes them in sentences: `cpus:4; disk(reservations: [(DYNAMIC,r)])[v1:d]:8`.
 */

import { formatPorts } from "#model/port-ranges.ts";
import type { Resource } from "#model/resource.ts";
import { formatValue } from "#model/resource-value.ts";
import { type Resources, toList } from "#model/resources.ts";

const order = ["cpus", "gpus", "mem", "disk", "ports"];

export const resourcesText = (resources: Resources): string =>
  toList(resources)
    .sort((left, right) => rank(left) - rank(right))
    .map(resourceText)
    .join("; ");

/** What is plain comes first. */
const rank = ({ name, reservations }: Resource): number =>
  (reservations.length > 0 ? order.length + 1 : 0) +
  (order.includes(name) ? order.indexOf(name) : order.length);

function resourceText({ name, value, reservations, disk, sharedCount, revocable }: Resource): string {
  const stack = reservations
    .map(({ type, role, principal }) =>
      [type.toUpperCase(), role, ...(principal === undefined ? [] : [principal])].join(","),
    )
    .map((entry) => `(${entry})`)
    .join(",");
  const volume = [disk?.persistence?.id, disk?.volume?.containerPath].filter((part) => part !== undefined);
  return [
    name,
    stack === "" ? "" : `(reservations: [${stack}])`,
    volume.length === 0 ? "" : `[${volume.join(":")}]`,
    revocable ? "{REV}" : "",
    sharedCount > 0 ? "<SHARED>" : "",
    `:${value.kind === "ranges" ? formatPorts(value.ranges) : formatValue(value)}`,
  ].join("");
}
