/**
 * Health checks: Marathon's to the model's.
 *
 * TCP, HTTP and HTTPS are probed over the network by the app service. COMMAND runs at the agent, in the task's
 * container; the MESOS_ forms are probed by the agent, too, from inside the task's network.
 */

import type { HealthCheck, NetworkCheck } from "#model/app.ts";
import type { OwnCommand } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";
import type { HealthCheckJson } from "./app-schema.ts";

const defaultDelayMs = 15_000;
const networkProtocols = {
  TCP: "tcp",
  HTTP: "http",
  HTTPS: "https",
  MESOS_TCP: "tcp",
  MESOS_HTTP: "http",
  MESOS_HTTPS: "https",
} as const;

export function parseHealthChecks(
  checks: readonly HealthCheckJson[],
  faults: Faults,
  warnings: string[],
): readonly HealthCheck[] {
  return checks.map((check, index) => parseHealthCheck(check, `/healthChecks(${index})`, faults, warnings));
}

function parseHealthCheck(
  check: HealthCheckJson,
  path: string,
  faults: Faults,
  warnings: string[],
): HealthCheck {
  const protocol = check.protocol ?? "HTTP";
  const times = {
    gracePeriodMs: (check.gracePeriodSeconds ?? 300) * 1000,
    intervalMs: (check.intervalSeconds ?? 60) * 1000,
    timeoutMs: (check.timeoutSeconds ?? 20) * 1000,
    maxConsecutiveFailures: check.maxConsecutiveFailures ?? 3,
  };
  const delayMs = check.delaySeconds === undefined ? defaultDelayMs : check.delaySeconds * 1000;
  if (protocol === "COMMAND") {
    return { kind: "command", check: { command: parseCommand(check, path, faults), delayMs, ...times } };
  }
  if (check.command !== undefined) {
    faults.add(`${path}/command`, `belongs to checks of protocol COMMAND, and this one is ${protocol}`);
  }
  const isLocal = protocol.startsWith("MESOS_");
  const ignores = check.ignoreHttp1xx === true && !isLocal && !protocol.endsWith("TCP");
  if (check.ignoreHttp1xx === true && !ignores)
    warnings.push(`${path}/ignoreHttp1xx is of HTTP and HTTPS checks, and was ignored`);
  if (check.ipProtocol === "IPv6" && !isLocal)
    faults.add(
      `${path}/ipProtocol`,
      "IPv6 is only possible for checks by the agent (MESOS_HTTP and the like)",
    );
  const { path: httpPath = "/" } = check;
  if (!isPath(httpPath))
    faults.add(`${path}/path`, "must begin with / and have no blanks or control characters");
  const network: NetworkCheck = {
    protocol: networkProtocols[protocol],
    path: protocol.endsWith("TCP") ? "/" : httpPath,
    portIndex: check.port === undefined ? (check.portIndex ?? 0) : 0,
    port: check.port,
    ...times,
    ...(ignores ? { ignoresInformational: true } : {}),
  };
  return isLocal
    ? { kind: "local", check: { ...network, delayMs, family: check.ipProtocol ?? "IPv4" } }
    : { kind: "network", check: network };
}

/** What goes into a request line as it is: nothing that could end it. */
const isPath = (text: string): boolean => /^\/[\x21-\x7e]*$/.test(text);

function parseCommand(check: HealthCheckJson, path: string, faults: Faults): OwnCommand {
  const { value, argv } = check.command ?? {};
  if (value !== undefined && value !== "" && argv === undefined) return { kind: "shell", text: value };
  if (argv !== undefined && argv.length > 0 && value === undefined) return { kind: "argv", argv };
  faults.add(`${path}/command/value`, 'a check of protocol COMMAND needs a command: {"value": "…"}');
  return { kind: "shell", text: "" };
}
