/**
 * The fleet as one computer: of each resource what there is, what is promised to tasks, and what they really use.
 */

import type { ConsoleGauges, ConsoleResource } from "#console/common.ts";
import type { CapacityHistory, ClusterHistory } from "#console/overview.ts";
import { Meter } from "../../parts/basics.tsx";
import { amountOf, percent } from "../../parts/format.ts";
import { type ChartLine, TimeChart } from "../../parts/time-chart.tsx";

const names: Readonly<Record<ConsoleResource, string>> = {
  cpus: "Processors",
  mem: "Memory",
  disk: "Disk",
  gpus: "GPUs",
};

const linesOf = ({ capacity, allocated, used }: CapacityHistory): readonly ChartLine[] => [
  { name: "used", series: used, colour: "--accent", isFilled: true },
  { name: "allocated", series: allocated, colour: "--soft" },
  { name: "capacity", series: capacity, colour: "--line-strong", isDashed: true },
];

type Props = { readonly resources: ConsoleGauges; readonly history: ClusterHistory };

export function ResourceCards({ resources, history }: Props) {
  const kinds: readonly ConsoleResource[] =
    resources.gpus.capacity > 0 ? ["cpus", "mem", "disk", "gpus"] : ["cpus", "mem", "disk"];
  return (
    <div className="grid">
      {kinds.map((kind) => {
        const { capacity, allocated, used } = resources[kind];
        const format = (value: number) => amountOf(kind, value);
        return (
          <section key={kind} className={`panel ${kinds.length === 3 ? "span-4" : "span-3"}`}>
            <h2>{names[kind]}</h2>
            <p className="amounts">
              <strong>{format(allocated)}</strong> of {format(capacity)} allocated{" "}
              <span className="soft">{percent(allocated, capacity)}</span>
            </p>
            <Meter label={names[kind]} whole={capacity} part={allocated} used={used} />
            <p className="soft small-print">
              {used === null
                ? "use is not measured yet"
                : `${format(used)} really used, ${percent(used, capacity)}`}
            </p>
            {history[kind].capacity.values.length < 2 ? (
              <p className="soft small-print">Its history begins now.</p>
            ) : (
              <TimeChart
                label={`${names[kind]} over time`}
                lines={linesOf(history[kind])}
                format={format}
                height={110}
              />
            )}
          </section>
        );
      })}
    </div>
  );
}
