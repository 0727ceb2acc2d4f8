/**
 * Readiness checks, the check by the agent and the resources of an executor: Marathon's to the model's.
 *
 * Defaults are Marathon's. Whether a port name exists and a time-out fits is known of the whole app only, and
 * is the model's rule.
 */

import type { AppDefinition, AppPatch } from "#model/app.ts";
import type { AppCheck, ReadinessCheck } from "#model/readiness.ts";
import { milli } from "#model/resources.ts";
import type { OwnCommand } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";
import type { AppJson } from "./app-schema.ts";
import type { AppCheckJson, ExecutorResourcesJson, ReadinessCheckJson } from "./check-schema.ts";

export const parseAppChecks = (app: AppJson, base: AppDefinition, faults: Faults): AppPatch => ({
  ...(app.readinessChecks === undefined ? {} : parseReadiness(app.readinessChecks, base)),
  ...(app.check === undefined ? {} : parseCheck(app.check, faults)),
  ...(app.executorResources === undefined
    ? {}
    : { executorResources: parseExecutorResources(app.executorResources) }),
});

function parseReadiness(
  checks: readonly ReadinessCheckJson[],
  base: AppDefinition,
): Pick<AppPatch, "readinessChecks"> {
  if (checks.length > 0) return { readinessChecks: checks.map(parseReadinessCheck) };
  return base.readinessChecks === undefined ? {} : { readinessChecks: undefined };
}

const parseReadinessCheck = (check: ReadinessCheckJson): ReadinessCheck => {
  const statuses = check.httpStatusCodesForReady ?? [];
  return {
    name: check.name ?? "readinessCheck",
    protocol: check.protocol === "HTTPS" ? "https" : "http",
    path: check.path ?? "/",
    portName: check.portName ?? "http-api",
    intervalMs: (check.intervalSeconds ?? 30) * 1000,
    timeoutMs: (check.timeoutSeconds ?? 10) * 1000,
    readyStatuses: statuses.length === 0 ? [200] : [...new Set(statuses)],
    preserveLastResponse: check.preserveLastResponse ?? false,
  };
};

function parseCheck(check: AppCheckJson, faults: Faults): Pick<AppPatch, "check"> {
  const { http, tcp, exec } = check;
  const given = [http, tcp, exec].filter((one) => one !== undefined).length;
  // An empty object is what clients send for none.
  if (Object.keys(check).length === 0) return {};
  if (given !== 1) {
    faults.add("/check", "must have one of http, tcp and exec");
    return {};
  }
  const times = {
    delayMs: (check.delaySeconds ?? 15) * 1000,
    intervalMs: (check.intervalSeconds ?? 60) * 1000,
    timeoutMs: (check.timeoutSeconds ?? 20) * 1000,
  };
  return { check: { ...probeOf(check, faults), ...times } };
}

type CheckProbe = AppCheck extends infer Each
  ? Each extends unknown
    ? Omit<Each, "delayMs" | "intervalMs" | "timeoutMs">
    : never
  : never;

function probeOf({ http, tcp, exec }: AppCheckJson, faults: Faults): CheckProbe {
  if (exec !== undefined) return { kind: "command", command: parseCommand(exec.command, faults) };
  if (tcp !== undefined) return { kind: "tcp", ...portOf(tcp) };
  if (http?.scheme === "HTTPS") faults.add("/check/http/scheme", "only HTTP is possible");
  const path = http?.path ?? "/";
  if (!/^\/[\x21-\x7e]*$/.test(path))
    faults.add("/check/http/path", "must begin with / and have no blanks or control characters");
  return { kind: "http", path, ...portOf(http ?? {}) };
}

/** Port 0 is none. */
const portOf = ({ port, portIndex }: { readonly port?: number; readonly portIndex?: number }) => ({
  port: port === 0 ? undefined : port,
  portIndex: portIndex ?? 0,
});

function parseCommand(
  { shell, argv }: { readonly shell?: string; readonly argv?: readonly string[] },
  faults: Faults,
): OwnCommand {
  if (shell !== undefined && shell !== "" && argv === undefined) return { kind: "shell", text: shell };
  if (argv !== undefined && argv.length > 0 && shell === undefined) return { kind: "argv", argv };
  faults.add("/check/exec/command", 'needs a command: {"shell": "…"} or {"argv": ["…"]}');
  return { kind: "shell", text: "" };
}

const parseExecutorResources = ({ cpus, mem, disk }: ExecutorResourcesJson) => ({
  cpus: milli(cpus ?? 0.1),
  mem: milli(mem ?? 32),
  disk: milli(disk ?? 10),
});
