/**
 * Health checks that an agent makes and judges, between Mesos's messages and our own terms.
 */

import type { Probe, TaskHealthCheck } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { secondsOf } from "./basics.ts";
import {
  checkTimes,
  commandProbe,
  commandProbeMessage,
  durationOf,
  httpProbe,
  tcpProbe,
  timesMessage,
} from "./probes.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"HealthCheck">;

export function healthCheckFromMessage(message: Message): Translated<TaskHealthCheck> {
  const probe = probeFromMessage(message);
  if (!probe.ok) return probe;
  const times = checkTimes(message);
  if (!times.ok) return times;
  const grace = durationOf("grace_period_seconds", message.grace_period_seconds ?? 10);
  if (!grace.ok) return grace;
  return translated({
    ...probe.value,
    ...times.value,
    gracePeriodMs: grace.value,
    maxConsecutiveFailures: message.consecutive_failures ?? 3,
  });
}

function probeFromMessage({ type, command, http, tcp }: Message): Translated<Probe> {
  switch (type) {
    case undefined:
      return untranslated("HealthCheck must specify 'type'");
    case "UNKNOWN":
      return untranslated("'UNKNOWN' is not a valid health check type");
    case "COMMAND":
      return commandProbe(command, "health check");
    case "HTTP":
      return httpProbe(http, "health check");
    case "TCP":
      return tcpProbe(tcp, "health check");
    default:
      return type satisfies never;
  }
}

export const healthCheckMessage = (check: TaskHealthCheck): Message => ({
  ...probeMessage(check),
  ...timesMessage(check),
  grace_period_seconds: secondsOf(check.gracePeriodMs),
  consecutive_failures: check.maxConsecutiveFailures,
});

function probeMessage(probe: Probe): Message {
  if ("command" in probe) return { type: "COMMAND", command: commandProbeMessage(probe) };
  if ("tcp" in probe) {
    const { port, family } = probe.tcp;
    return { type: "TCP", tcp: { port, protocol: family } };
  }
  const { scheme, port, path, family, statuses } = probe.http;
  return {
    type: "HTTP",
    http: { scheme, port, path, protocol: family, ...(statuses === undefined ? {} : { statuses }) },
  };
}
