/**
 * Health checks for tests of the app service, with short times.
 */

import type { HealthCheck, NetworkCheck } from "#model/app.ts";
import type { CommandCheck } from "#model/task.ts";

export const networkCheck = (over: Partial<NetworkCheck> = {}): HealthCheck => ({
  kind: "network",
  check: {
    protocol: "tcp",
    path: "/",
    portIndex: 0,
    port: undefined,
    gracePeriodMs: 60_000,
    intervalMs: 10_000,
    timeoutMs: 5_000,
    maxConsecutiveFailures: 3,
    ...over,
  },
});

export const commandCheck = (over: Partial<CommandCheck> = {}): HealthCheck => ({
  kind: "command",
  check: {
    command: { kind: "shell", text: "true" },
    delayMs: 0,
    gracePeriodMs: 60_000,
    intervalMs: 10_000,
    timeoutMs: 5_000,
    maxConsecutiveFailures: 3,
    ...over,
  },
});
