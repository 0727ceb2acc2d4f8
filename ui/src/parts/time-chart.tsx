/**
 * Values over time, drawn by uPlot on a canvas: a few lines that share steps and a unit.
 *
 * Whoever cannot see it hears the newest values. A point that was not measured is a gap.
 */

import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ConsoleSeries } from "#console/common.ts";
import { useThemeTurn } from "./use-theme-turn.ts";

export type ChartLine = {
  readonly name: string;
  readonly series: ConsoleSeries;
  /** A variable of the style sheet. */
  readonly colour: string;
  readonly isFilled?: boolean;
  readonly isDashed?: boolean;
};

type Props = {
  readonly label: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly height?: number;
  /** Without axes, for beside a number. */
  readonly isSmall?: boolean;
};

export function TimeChart({ label, lines, format, height = 150, isSmall = false }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const turn = useThemeTurn();
  const data = useMemo(() => dataOf(lines), [lines]);
  const newest = useRef(data);
  newest.current = data;
  const shape = lines.map(({ name, colour }) => `${name} ${colour}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn changes by setData; only another shape or theme makes a new plot
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(element, lines, format, height, isSmall), newest.current, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, turn, height, isSmall]);
  useEffect(() => plot.current?.setData(data), [data]);
  return (
    <div
      ref={box}
      className="chart"
      role="img"
      aria-label={`${label}: ${lastWords(lines, format)}`}
      style={{ height }}
    />
  );
}

function dataOf(lines: readonly ChartLine[]): uPlot.AlignedData {
  // One that has measured nothing yet says nothing of time either.
  const [base] = lines
    .map(({ series }) => series)
    .filter(({ values }) => values.length > 0)
    .sort((left, right) => right.startMs - left.startMs || right.values.length - left.values.length);
  if (base === undefined) return [[]];
  const times = base.values.map((_, index) => base.startMs + index * base.stepMs);
  return [
    times.map((ms) => ms / 1000),
    ...lines.map(({ series: { startMs, stepMs, values } }) =>
      times.map((ms) => values[Math.round((ms - startMs) / stepMs)] ?? null),
    ),
  ];
}

const lastWords = (lines: readonly ChartLine[], format: Props["format"]): string =>
  lines
    .map(({ name, series }) => {
      const last = series.values.findLast((value) => value !== null);
      return `${name} ${last === undefined || last === null ? "not measured" : format(last)}`;
    })
    .join(", ");

function optionsOf(
  element: HTMLElement,
  lines: readonly ChartLine[],
  format: Props["format"],
  height: number,
  isSmall: boolean,
): uPlot.Options {
  const ink = colourOf(element, "--soft");
  const grid = { stroke: colourOf(element, "--line"), width: 1 };
  const axis = { stroke: ink, grid, ticks: { show: false }, font: "11px system-ui" };
  return {
    width: element.clientWidth,
    height,
    padding: isSmall ? [2, 0, 0, 0] : [8, 30, 0, 0],
    legend: { show: false },
    cursor: { show: !isSmall, points: { show: false } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.08, 0.001)] } },
    axes: isSmall
      ? [{ show: false }, { show: false }]
      : [
          { ...axis, space: 70, size: 24, values: (_plot, splits) => clocksOf(splits) },
          { ...axis, size: 62, space: 28, values: (_plot, splits) => splits.map((value) => format(value)) },
        ],
    series: [
      {},
      ...lines.map(({ name, colour, isFilled, isDashed }) => {
        const stroke = colourOf(element, colour);
        return {
          label: name,
          stroke,
          width: 1.5,
          points: { show: false },
          ...(isFilled === true ? { fill: `${stroke}33` } : {}),
          ...(isDashed === true ? { dash: [4, 4] } : {}),
        };
      }),
    ],
  };
}

/** With seconds where minutes would say the same twice. */
function clocksOf(splits: readonly number[]): string[] {
  const two = (value: number): string => String(value).padStart(2, "0");
  const isFine = (splits[1] ?? 60) - (splits[0] ?? 0) < 60;
  return splits.map((seconds) => {
    const time = new Date(seconds * 1000);
    const minutes = `${time.getHours()}:${two(time.getMinutes())}`;
    return isFine ? `${minutes}:${two(time.getSeconds())}` : minutes;
  });
}

/** As `#rrggbb`: the style sheet's pairs for light and dark are resolved by the browser. */
export function colourOf(element: HTMLElement, variable: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const found = /(\d+)\D+(\d+)\D+(\d+)/.exec(getComputedStyle(probe).color);
  probe.remove();
  if (found === null) return "#888888";
  return `#${found
    .slice(1, 4)
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("")}`;
}
