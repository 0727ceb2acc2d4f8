/**
 * Health checks for tests of the app service, with short times.
 */

import type { HealthCheck, LocalCheck, NetworkCheck } from "#model/app.ts";
import type { CommandCheck } from "#model/task.ts";

const usualNetworkCheck: NetworkCheck = {
  protocol: "tcp",
  path: "/",
  portIndex: 0,
  port: undefined,
  gracePeriodMs: 60_000,
  intervalMs: 10_000,
  timeoutMs: 5_000,
  maxConsecutiveFailures: 3,
};

export const networkCheck = (over: Partial<NetworkCheck> = {}): HealthCheck => ({
  kind: "network",
  check: { ...usualNetworkCheck, ...over },
});

export const localCheck = (over: Partial<LocalCheck> = {}): HealthCheck => ({
  kind: "local",
  check: { ...usualNetworkCheck, delayMs: 1_000, family: "IPv4", ...over },
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
