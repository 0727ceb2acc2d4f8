/**
 * Checks whose results an agent only tells, and those results, between Mesos's messages and our own terms.
 *
 * A result that is not there, for none came yet or the check took too long, is said as an empty one of its type.
 */

import type { CheckResult, Probe, TaskCheck } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { checkTimes, commandProbe, httpProbe, tcpProbe } from "./probes.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"CheckInfo">;

export function checkFromMessage(message: Message): Translated<TaskCheck> {
  const probe = probeFromMessage(message);
  if (!probe.ok) return probe;
  const times = checkTimes(message);
  return times.ok ? translated({ ...probe.value, ...times.value }) : times;
}

function probeFromMessage({ type, command, http, tcp }: Message): Translated<Probe> {
  switch (type) {
    case undefined:
      return untranslated("CheckInfo must specify 'type'");
    case "UNKNOWN":
      return untranslated("'UNKNOWN' is not a valid check type");
    case "COMMAND":
      return commandProbe(command?.command, "check");
    case "HTTP":
      return httpProbe(http, "check");
    case "TCP":
      return tcpProbe(tcp, "check");
    default:
      return type satisfies never;
  }
}

export function checkResultMessage(result: CheckResult): MessageOf<"CheckStatusInfo"> {
  switch (result.kind) {
    case "command": {
      const { exitCode } = result;
      return { type: "COMMAND", command: exitCode === undefined ? {} : { exit_code: exitCode } };
    }
    case "http": {
      const { statusCode } = result;
      return { type: "HTTP", http: statusCode === undefined ? {} : { status_code: statusCode } };
    }
    case "tcp": {
      const { succeeded } = result;
      return { type: "TCP", tcp: succeeded === undefined ? {} : { succeeded } };
    }
    default:
      return result satisfies never;
  }
}
