/**
 * What something really used of late: processor and memory beside each other, with what it was promised.
 */

import type { ConsoleSeries, ConsoleUsageHistory } from "#console/common.ts";
import { cpus, mebibytes } from "./format.ts";
import { type ChartLine, TimeChart } from "./time-chart.tsx";

type Props = {
  readonly usage: ConsoleUsageHistory;
  readonly promised: { readonly cpus: number; readonly mem: number };
};

const linesOf = (series: ConsoleSeries, promised: number, colour: string): readonly ChartLine[] => [
  { name: "used", series, colour, isFilled: true },
  {
    name: "allocated",
    series: { ...series, values: series.values.map(() => promised) },
    colour: "--line-strong",
    isDashed: true,
  },
];

export function UsageCharts({ usage, promised }: Props) {
  const isEmpty = usage.mem.values.every((value) => value === null);
  if (isEmpty) return <p className="soft">Nothing has been measured yet: agents tell every ten seconds.</p>;
  return (
    <div className="pair">
      <figure>
        <figcaption className="soft">Processors</figcaption>
        <TimeChart label="Processors" lines={linesOf(usage.cpus, promised.cpus, "--accent")} format={cpus} />
      </figure>
      <figure>
        <figcaption className="soft">Memory</figcaption>
        <TimeChart label="Memory" lines={linesOf(usage.mem, promised.mem, "--accent")} format={mebibytes} />
      </figure>
    </div>
  );
}
