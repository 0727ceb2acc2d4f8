/**
 * Health checks that an agent runs, between Mesos's messages and our own terms.
 */

import type { CommandCheck } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { secondsOf } from "./basics.ts";
import { commandFromMessage, commandMessage } from "./command.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"HealthCheck">;

export function healthCheckFromMessage(message: Message): Translated<CommandCheck> {
  const { type, command } = message;
  if (type === undefined || type === "UNKNOWN") return untranslated("HealthCheck must specify 'type'");
  if (type !== "COMMAND")
    return untranslated(
      `Health checks of type ${type} are not supported by this version of Unum; use COMMAND`,
    );
  if (command === undefined) return untranslated("Expecting 'command' to be set for COMMAND health check");
  const times = {
    delay_seconds: message.delay_seconds ?? 15,
    interval_seconds: message.interval_seconds ?? 10,
    timeout_seconds: message.timeout_seconds ?? 20,
    grace_period_seconds: message.grace_period_seconds ?? 10,
  };
  for (const [name, seconds] of Object.entries(times))
    if (!(seconds >= 0 && seconds <= secondsMax))
      return untranslated(`Expecting '${name}' to be non-negative`);
  const run = commandFromMessage(command);
  if (!run.ok) return untranslated(`Health check's \`CommandInfo\` is invalid: ${run.fault}`);
  if (Object.keys(run.value.env).length > 0)
    return untranslated(
      "A health check's own variables (health_check.command.environment) are not supported",
    );
  return translated({
    command: run.value.command,
    delayMs: times.delay_seconds * 1_000,
    // A check without a pause between its runs would be a busy loop.
    intervalMs: Math.max(times.interval_seconds * 1_000, intervalMsMin),
    timeoutMs: times.timeout_seconds * 1_000,
    gracePeriodMs: times.grace_period_seconds * 1_000,
    maxConsecutiveFailures: message.consecutive_failures ?? 3,
  });
}

const secondsMax = 10 * 365 * 86_400;
const intervalMsMin = 100;

export const healthCheckMessage = (check: CommandCheck): Message => ({
  type: "COMMAND",
  command: commandMessage(check.command),
  delay_seconds: secondsOf(check.delayMs),
  interval_seconds: secondsOf(check.intervalMs),
  timeout_seconds: secondsOf(check.timeoutMs),
  grace_period_seconds: secondsOf(check.gracePeriodMs),
  consecutive_failures: check.maxConsecutiveFailures,
});
