import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageOf } from "../proto/tables.ts";
import { checkFromMessage, checkResultMessage } from "./check-info.ts";
import { healthCheckFromMessage, healthCheckMessage } from "./health-check.ts";

type Health = MessageOf<"HealthCheck">;
type Check = MessageOf<"CheckInfo">;

const healthOf = (message: Health) => {
  const result = healthCheckFromMessage(message);
  return result.ok ? result.value : assert.fail(result.fault);
};

test("what a health check leaves out is as Mesos has it", () => {
  const times = { delayMs: 15_000, intervalMs: 10_000, timeoutMs: 20_000, gracePeriodMs: 10_000 };
  assert.deepEqual(healthOf({ type: "HTTP", http: { port: 80 } }), {
    http: { scheme: "http", port: 80, path: "/", family: "IPv4" },
    ...times,
    maxConsecutiveFailures: 3,
  });
  assert.deepEqual(healthOf({ type: "TCP", tcp: { port: 80 } }), {
    tcp: { port: 80, family: "IPv4" },
    ...times,
    maxConsecutiveFailures: 3,
  });
});

test("a health check is shown as it came", () => {
  const times = {
    delay_seconds: 1,
    interval_seconds: 2,
    timeout_seconds: 0,
    grace_period_seconds: 0.5,
    consecutive_failures: 0,
  };
  const environment = { variables: [{ name: "A", type: "VALUE", value: "1" }] } as const;
  const messages: readonly Health[] = [
    { type: "COMMAND", command: { shell: true, value: "true", environment }, ...times },
    {
      type: "HTTP",
      http: { protocol: "IPv6", scheme: "https", port: 443, path: "/a?b=c", statuses: [200, 404] },
      ...times,
    },
    { type: "TCP", tcp: { protocol: "IPv6", port: 65_535 }, ...times },
  ];
  for (const message of messages) assert.deepEqual(healthCheckMessage(healthOf(message)), message);
});

test("the user and the files of a check's command count for nothing", () => {
  const command = { value: "x", user: "root", uris: [{ value: "http://x" }] };
  assert.deepEqual(healthOf({ type: "COMMAND", command, delay_seconds: 0 }), {
    command: { kind: "shell", text: "x" },
    delayMs: 0,
    intervalMs: 10_000,
    timeoutMs: 20_000,
    gracePeriodMs: 10_000,
    maxConsecutiveFailures: 3,
  });
});

test("no interval is a busy loop, and only a time-out of nothing is for ever", () => {
  const { intervalMs, timeoutMs } = healthOf({
    type: "TCP",
    tcp: { port: 1 },
    interval_seconds: 0,
    timeout_seconds: 0.000_1,
  });
  assert.deepEqual([intervalMs, timeoutMs], [100, 1]);
});

test("what is wrong with a health check is said in Mesos's words", () => {
  const tcp = { type: "TCP", tcp: { port: 1 } } as const;
  const cases: readonly (readonly [Health, string])[] = [
    [{ type: "UNKNOWN" }, "'UNKNOWN' is not a valid health check type"],
    [{ type: "COMMAND" }, "Expecting 'command' to be set for COMMAND health check"],
    [{ type: "COMMAND", command: {} }, "Command health check must contain 'shell command'"],
    [{ type: "COMMAND", command: { shell: false } }, "Command health check must contain 'executable path'"],
    [{ type: "HTTP" }, "Expecting 'http' to be set for HTTP health check"],
    [{ type: "HTTP", http: { port: 1, scheme: "ftp" } }, "Unsupported HTTP health check scheme: 'ftp'"],
    [{ type: "HTTP", http: { port: 1, path: "a" } }, "The path 'a' of HTTP health check must start with '/'"],
    [{ type: "TCP" }, "Expecting 'tcp' to be set for TCP health check"],
    [{ type: "TCP", tcp: { port: 0 } }, "The port 0 of the health check is not between 1 and 65535"],
    [{ ...tcp, delay_seconds: -1 }, "Expecting 'delay_seconds' to be non-negative"],
    [{ ...tcp, interval_seconds: Number.NaN }, "Expecting 'interval_seconds' to be non-negative"],
    [{ ...tcp, grace_period_seconds: -0.1 }, "Expecting 'grace_period_seconds' to be non-negative"],
  ];
  for (const [message, fault] of cases) {
    const result = healthCheckFromMessage(message);
    assert.equal(result.ok ? "taken" : result.fault, fault);
  }
});

test("checks: each type, and what is wrong", () => {
  const times = { delayMs: 15_000, intervalMs: 10_000, timeoutMs: 20_000 };
  const cases: readonly (readonly [Check, unknown])[] = [
    [
      { type: "COMMAND", command: { command: { value: "x" } } },
      { command: { kind: "shell", text: "x" }, ...times },
    ],
    [
      { type: "HTTP", http: { port: 80, path: "/x" } },
      { http: { scheme: "http", port: 80, path: "/x", family: "IPv4" }, ...times },
    ],
    [
      { type: "TCP", tcp: { port: 80 } },
      { tcp: { port: 80, family: "IPv4" }, ...times },
    ],
    [{}, "CheckInfo must specify 'type'"],
    [{ type: "UNKNOWN" }, "'UNKNOWN' is not a valid check type"],
    [{ type: "COMMAND" }, "Expecting 'command' to be set for COMMAND check"],
    [{ type: "HTTP", http: { port: 1, path: "" } }, "The path '' of HTTP check must start with '/'"],
    [
      { type: "TCP", tcp: { port: 1 }, timeout_seconds: -1 },
      "Expecting 'timeout_seconds' to be non-negative",
    ],
  ];
  for (const [message, expected] of cases) {
    const result = checkFromMessage(message);
    assert.deepEqual(result.ok ? result.value : result.fault, expected);
  }
});

test("results are shown by their type; one that is not there is an empty one", () => {
  assert.deepEqual(checkResultMessage({ kind: "command", exitCode: 0 }), {
    type: "COMMAND",
    command: { exit_code: 0 },
  });
  assert.deepEqual(checkResultMessage({ kind: "command" }), { type: "COMMAND", command: {} });
  assert.deepEqual(checkResultMessage({ kind: "http", statusCode: 404 }), {
    type: "HTTP",
    http: { status_code: 404 },
  });
  assert.deepEqual(checkResultMessage({ kind: "tcp", succeeded: false }), {
    type: "TCP",
    tcp: { succeeded: false },
  });
});
