/**
 * Paints the map of nodes, and says in words what is under the pointer.
 */

import type { NodeMapRow, NodeMapView, NodeStatus } from "#console/nodes.ts";
import { counted } from "../../parts/format.ts";
import { colourOf } from "../../parts/time-chart.tsx";
import { type Layout, placeOf } from "./map-layout.ts";

export type Heat = { readonly key: string; readonly name: string; readonly of: (row: NodeMapRow) => number };

/** What a cell's heat can mean; the first is shown first. */
export const heats: readonly [Heat, ...Heat[]] = [
  { key: "cpus", name: "processors allocated", of: (row) => row[4] },
  { key: "mem", name: "memory allocated", of: (row) => row[5] },
  { key: "disk", name: "disk allocated", of: (row) => row[6] },
  { key: "gpus", name: "GPUs allocated", of: (row) => row[7] },
  { key: "cpusUsed", name: "processors used", of: (row) => row[8] },
  { key: "memUsed", name: "memory used", of: (row) => row[9] },
];

type Picture = {
  readonly view: NodeMapView;
  readonly layout: Layout;
  readonly heat: Heat;
  readonly chosen: number | undefined;
  readonly width: number;
};

/** A frame around nodes that are not simply active. */
const frames: Readonly<Partial<Record<NodeStatus, string>>> = {
  unreachable: "--bad-fill",
  incompatible: "--bad-fill",
  disconnected: "--wait-fill",
  draining: "--wait-fill",
  drained: "--line-strong",
  deactivated: "--line-strong",
};

const shades = 10;

export function drawMap(canvas: HTMLCanvasElement, { view, layout, heat, chosen, width }: Picture): void {
  const scale = devicePixelRatio;
  const height = Math.max(40, layout.height);
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  const box = canvas.parentElement;
  if (pen === null || box === null) return;
  pen.scale(scale, scale);
  const palette = paletteOf(box);
  const colours = new Map(Object.values(frames).map((name) => [name, colourOf(box, name)]));
  const gap = layout.cell >= 10 ? 2 : layout.cell >= 5 ? 1 : 0;
  const size = layout.cell - gap;
  for (const [index, row] of view.rows.entries()) {
    const { x, y } = placeOf(layout, index);
    const share = heat.of(row);
    pen.fillStyle = share < 0 ? palette.unknown : (palette.shades[shadeOf(share)] ?? palette.unknown);
    pen.fillRect(x, y, size, size);
    const frame = colours.get(frames[view.statuses[row[3]] ?? "active"] ?? "");
    if (frame === undefined) continue;
    if (size < 8) {
      pen.fillStyle = frame;
      pen.fillRect(x, y, size, size);
      continue;
    }
    pen.strokeStyle = frame;
    pen.lineWidth = 3;
    pen.strokeRect(x + 1.5, y + 1.5, size - 3, size - 3);
  }
  drawLabels(pen, layout, palette.ink);
  if (chosen === undefined || chosen >= view.rows.length) return;
  const { x, y } = placeOf(layout, chosen);
  pen.strokeStyle = palette.ink;
  pen.lineWidth = 2;
  pen.strokeRect(x - 1, y - 1, size + 2, size + 2);
}

function drawLabels(pen: CanvasRenderingContext2D, { blocks, cell }: Layout, ink: string): void {
  pen.fillStyle = ink;
  pen.font = "11px system-ui, sans-serif";
  for (const { name, x, y, many, columns } of blocks)
    pen.fillText(`${name === "" ? "all" : name} · ${many}`, x, y + 12, Math.max(60, columns * cell));
}

const shadeOf = (share: number): number => Math.min(shades - 1, Math.floor((share / 100) * shades));

function paletteOf(box: HTMLElement) {
  const [from, to] = [colourOf(box, "--heat-low"), colourOf(box, "--heat-high")];
  return {
    ink: colourOf(box, "--ink"),
    unknown: colourOf(box, "--idle-fill"),
    shades: Array.from({ length: shades }, (_, step) => between(from, to, step / (shades - 1))),
  };
}

function between(from: string, to: string, share: number): string {
  const channel = (colour: string, at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) => Math.round(channel(from, at) * (1 - share) + channel(to, at) * share));
  return `rgb(${mixed.join(" ")})`;
}

export function inWords(view: NodeMapView, chosen: number | undefined, heat: Heat): string {
  const row = chosen === undefined ? undefined : view.rows[chosen];
  if (row === undefined)
    return `The darker, the more of it: ${heat.name}. Frames: nodes that are not simply active.`;
  const share = heat.of(row);
  const status = view.statuses[row[3]] ?? "";
  return `${row[1]}: ${status}, ${heat.name} ${share < 0 ? "not known" : `${share} %`}, ${counted(row[10], "task")}`;
}
