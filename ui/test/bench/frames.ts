/**
 * How evenly frames come, and what one costs, beside the floor: a plain table that is moved by `transform` alone, which
 * no code of ours draws.
 */

import type { Browser, Page } from "playwright-core";
import { frameGaps, movePlainTable } from "../support/in-page.ts";
import { browserCpuMs } from "./browser-cpu.ts";

export type Frames = { readonly gaps: readonly number[]; readonly cpuMs: number };

const perSecond = ({ gaps }: Frames): number =>
  (gaps.length * 1000) / gaps.reduce((total, gap) => total + gap, 0);
const cpuPerFrame = ({ gaps, cpuMs }: Frames): number => cpuMs / gaps.length;

async function measured(gaps: () => Promise<readonly number[]>): Promise<Frames> {
  const beforeMs = browserCpuMs();
  const found = await gaps();
  return { gaps: found, cpuMs: browserCpuMs() - beforeMs };
}

export const framesOf = (page: Page, durationMs: number, step: number): Promise<Frames> =>
  measured(() => frameGaps(page, durationMs, step));

export async function floorFrames(browser: Browser, durationMs: number, step: number): Promise<Frames> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await movePlainTable(page, durationMs / 4, step);
  const frames = await measured(() => movePlainTable(page, durationMs, step));
  await context.close();
  return frames;
}

export function inWords(frames: Frames, floor?: Frames): string {
  const { gaps } = frames;
  const sorted = gaps.toSorted((left, right) => left - right);
  const p95 = sorted[Math.min(gaps.length - 1, Math.floor(0.95 * gaps.length))] ?? Number.NaN;
  const late = gaps.filter((gap) => gap > 34).length;
  const beside =
    floor === undefined
      ? ""
      : `; beside the floor: ${(perSecond(frames) / perSecond(floor)).toFixed(2)} of its frames, ` +
        `each for ${(cpuPerFrame(frames) / cpuPerFrame(floor)).toFixed(2)} times its processor time`;
  return (
    `${perSecond(frames).toFixed(1)} frames/s, gaps p95 ${p95.toFixed(0)} ms, longest ${Math.max(...gaps).toFixed(0)} ms, ` +
    `${late} of ${gaps.length} longer than two frames, ${cpuPerFrame(frames).toFixed(1)} ms of processors a frame${beside}`
  );
}
