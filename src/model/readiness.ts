/**
 * What an app may be asked beside its health: whether a new instance is ready (readiness checks, made by the
 * app service while the instance is new), and what a check by the agent last found, which decides nothing.
 */

import type { OwnCommand } from "#model/task.ts";

/** Asked until the first answer with one of the statuses; a deployment waits for that. */
export type ReadinessCheck = {
  readonly name: string;
  readonly protocol: "http" | "https";
  readonly path: string;
  /** One of the app's ports, by its name. */
  readonly portName: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly readyStatuses: readonly number[];
  /** Keep the last answer, to show it. */
  readonly preserveLastResponse: boolean;
};

export type ReadinessResponse = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

export type ReadinessResult = {
  readonly ready: boolean;
  readonly lastResponse: ReadinessResponse | undefined;
};

/** Made by the agent; its result is shown, and nothing follows from it. */
export type AppCheck = {
  readonly delayMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
} & (
  | { readonly kind: "command"; readonly command: OwnCommand }
  | ({ readonly kind: "http"; readonly path: string } & CheckedPort)
  | ({ readonly kind: "tcp" } & CheckedPort)
);

/** `port`, or else the app's port of the index. */
export type CheckedPort = { readonly port: number | undefined; readonly portIndex: number };
