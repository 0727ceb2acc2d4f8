/**
 * What a node has, what of it is promised and really used, and what it says of itself.
 */

import type { ConsoleResource } from "#console/common.ts";
import type { NodeView } from "#console/nodes.ts";
import { Facts, Meter, Panel, Since, Tag } from "../../parts/basics.tsx";
import { amountOf, mebibytes, percent } from "../../parts/format.ts";

const names: readonly (readonly [ConsoleResource, string])[] = [
  ["cpus", "Processors"],
  ["mem", "Memory"],
  ["disk", "Disk"],
  ["gpus", "GPUs"],
];

export const NodeResources = ({ view: { node } }: { readonly view: NodeView }) => (
  <div className="gauges">
    {names
      .filter(([kind]) => kind !== "gpus" || node.resources.gpus.capacity > 0)
      .map(([kind, name]) => {
        const { capacity, allocated, used, offered } = node.resources[kind];
        return (
          <div key={kind} className="gauge">
            <div className="row">
              <strong>{name}</strong>
              <span>
                {amountOf(kind, allocated)} of {amountOf(kind, capacity)}
              </span>
            </div>
            <Meter label={name} whole={capacity} part={allocated} used={used} />
            <div className="soft small-print">
              {used === null ? "use not measured" : `${percent(used, capacity)} really used`}
              {offered > 0 ? `, ${amountOf(kind, offered)} on offer` : ""}
            </div>
          </div>
        );
      })}
  </div>
);

export function WhatItIs({ view }: { readonly view: NodeView }) {
  const { node, address, isolation, attributes, host } = view;
  return (
    <Panel title="What it is" className="span-6">
      <Facts
        facts={[
          ["Agent id", <code key="id">{node.key}</code>],
          ["Host", `${node.hostname} (${address})`],
          ["Region, zone, rack", [node.region, node.zone, node.rack].map((one) => one ?? "–").join(", ")],
          ["Isolation", isolation],
          ["Version", node.version],
          ["Registered", <Since key="since" ms={node.registeredAtMs} />],
          [
            "Attributes",
            Object.entries(attributes).map(([name, value]) => (
              <Tag key={name}>
                {name}: {value}
              </Tag>
            )),
          ],
          ...(host === null
            ? []
            : ([
                [
                  "The machine",
                  `${percent(host.cpuShare, 1)} of its processors busy, load ${host.load1.toFixed(2)}`,
                ],
                ["Its memory", `${mebibytes(host.memUsed)} of ${mebibytes(host.memTotal)}`],
                ["Its disk", `${mebibytes(host.diskUsed)} of ${mebibytes(host.diskTotal)}`],
              ] as const)),
        ]}
      />
    </Panel>
  );
}
