/**
 * Readiness checks with their results, and the check by the agent with its own, as Marathon shows them.
 */

import type { AppDefinition } from "#model/app.ts";
import type { Instance } from "#model/instance.ts";
import type { AppCheck, ReadinessCheck, ReadinessResult } from "#model/readiness.ts";
import { fromMilli } from "#model/resources.ts";
import type { CheckResult } from "#model/task.ts";
import type { Json } from "./app-format.ts";

/** Members of an app's definition, each absent where the app has no such thing. */
export const formatAppChecks = ({ readinessChecks, check, executorResources }: AppDefinition): Json => ({
  ...(readinessChecks === undefined ? {} : { readinessChecks: readinessChecks.map(formatReadinessCheck) }),
  ...(check === undefined ? {} : { check: formatCheck(check) }),
  ...(executorResources === undefined
    ? {}
    : {
        executorResources: {
          cpus: fromMilli(executorResources.cpus),
          mem: fromMilli(executorResources.mem),
          disk: fromMilli(executorResources.disk),
        },
      }),
});

const formatReadinessCheck = (check: ReadinessCheck): Json => ({
  name: check.name,
  protocol: check.protocol.toUpperCase(),
  path: check.path,
  portName: check.portName,
  intervalSeconds: check.intervalMs / 1000,
  timeoutSeconds: check.timeoutMs / 1000,
  httpStatusCodesForReady: check.readyStatuses,
  preserveLastResponse: check.preserveLastResponse,
});

function formatCheck(check: AppCheck): Json {
  const times = {
    intervalSeconds: check.intervalMs / 1000,
    timeoutSeconds: check.timeoutMs / 1000,
    delaySeconds: check.delayMs / 1000,
  };
  switch (check.kind) {
    case "command": {
      const { command } = check;
      const given = command.kind === "shell" ? { shell: command.text } : { argv: command.argv };
      return { exec: { command: given }, ...times };
    }
    case "http":
      return { http: { ...portOf(check), path: check.path, scheme: "HTTP" }, ...times };
    case "tcp":
      return { tcp: portOf(check), ...times };
    default:
      return check satisfies never;
  }
}

const portOf = ({ port, portIndex }: { port: number | undefined; portIndex: number }): Json =>
  port === undefined ? { portIndex } : { port };

/** An entry of `readinessCheckResults`. */
export const formatReadinessResult = (
  name: string,
  { taskId }: Instance,
  { ready, lastResponse }: ReadinessResult,
): Json => ({ name, taskId, ready, ...(lastResponse === undefined ? {} : { lastResponse }) });

/** A task's `checkResult`: a kind without its value says that the check found nothing. */
export function formatCheckResult(result: CheckResult): Json {
  switch (result.kind) {
    case "command":
      return { command: result.exitCode === undefined ? {} : { exitCode: result.exitCode } };
    case "http":
      return { http: result.statusCode === undefined ? {} : { statusCode: result.statusCode } };
    case "tcp":
      return { tcp: result.succeeded === undefined ? {} : { succeeded: result.succeeded } };
    default:
      return result satisfies never;
  }
}
