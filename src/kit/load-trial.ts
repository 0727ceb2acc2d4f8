/**
 * A trial from a module of the framework's writer: what it exports under a name, looked at before it is believed.
 */

import type { FrameworkProcess } from "./framework.ts";
import type { Trial } from "./run-seed.ts";

export type TrialPlace = { readonly url: string; readonly name: string };

export async function loadTrial({ url, name }: TrialPlace): Promise<Trial<FrameworkProcess>> {
  const module = (await import(url)) as Readonly<Record<string, unknown>>;
  const trial = module[name];
  if (!isTrial(trial)) {
    const exported = Object.keys(module).join(", ") || "nothing";
    throw new Error(
      `${url} exports no trial as "${name}" (it exports ${exported}): { framework: { name, start }, always, eventually }`,
    );
  }
  return trial;
}

function isTrial(value: unknown): value is Trial<FrameworkProcess> {
  if (typeof value !== "object" || value === null) return false;
  const { framework } = value as Partial<Trial<FrameworkProcess>>;
  return typeof framework?.name === "string" && typeof framework.start === "function";
}
