/**
 * Figures under Marathon's names: as its JSON, and in Prometheus's text format.
 *
 * Only what is measured here has a name here: `marathon.`, what it counts, the type, and the unit if it has one.
 */

import type { Json } from "./app-format.ts";

export type Figures = {
  /** How it is now. */
  readonly gauges: ReadonlyMap<string, number>;
  /** What happened since the service started. */
  readonly counters: ReadonlyMap<string, number>;
};

/** Of the library that Marathon's answers come from: readers look at it to know the shape. */
const shapeVersion = "4.0.0";

export const formatMetrics = ({ gauges, counters }: Figures): Json => ({
  version: shapeVersion,
  counters: Object.fromEntries([...counters].map(([name, count]) => [name, { count }])),
  gauges: Object.fromEntries([...gauges].map(([name, value]) => [name, { value }])),
  histograms: {},
  meters: {},
  timers: {},
});

export function formatPrometheusMetrics({ gauges, counters }: Figures): string {
  const lines = (figures: ReadonlyMap<string, number>, type: string): readonly string[] =>
    [...figures].map(([name, value]) => {
      const plain = name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
      return `# TYPE ${plain} ${type}\n${plain} ${value}\n`;
    });
  return [...lines(gauges, "gauge"), ...lines(counters, "counter")].join("\n");
}
