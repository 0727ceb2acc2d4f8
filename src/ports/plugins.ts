/**
 * Plugins: what the operator of a cluster adds to the app service without changing it.
 *
 * They see what clients send before it is read, and each definition before it is taken, and may answer at paths of
 * their own. What they do they do at once and by themselves; only an answer of their own may take its time.
 */

import type { AppProblem } from "#model/app-rules.ts";
import type { RunSpec } from "#model/pod.ts";

export type PluginInfo = { readonly id: string; readonly info: unknown; readonly file: string };

export const pluginKinds = ["app", "pod"] as const;
export type PluginKind = (typeof pluginKinds)[number];

export type PluginRequest = {
  readonly method: string;
  /** Below the plugin's own, with a slash first. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Without those that show who somebody is. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
};

export type PluginAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export interface Plugins {
  readonly list: readonly PluginInfo[];
  /** What a client sent as the plugins would have it; a fault refuses it. */
  change(
    kind: PluginKind,
    body: unknown,
  ): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };
  /** Empty: nothing is against the definition. */
  review(definition: RunSpec): readonly AppProblem[];
  /** False: there is no such plugin, or it answers nothing. Else `done` is called once. */
  handle(id: string, request: PluginRequest, done: (answer: PluginAnswer) => void): boolean;
}
