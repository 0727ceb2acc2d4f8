/**
 * Commands of pods, and the check of a pod's container, both ways: made by the agent, of one of the container's endpoints, by its name.
 *
 * Its results decide nothing; whether the endpoint has a port is the model's rule.
 */

import type { PodContainer, PodEndpoint } from "#model/pod.ts";
import type { OwnCommand } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";
import type { Json } from "./app-format.ts";
import type { PodCheckJson, PodCommandJson } from "./pod-schema.ts";

type Found = Pick<PodContainer, "check">;

export function parsePodCheck(
  check: PodCheckJson | undefined,
  endpoints: readonly PodEndpoint[],
  path: string,
  faults: Faults,
): Found {
  // An empty object is what clients send for none.
  if (check === undefined || Object.keys(check).length === 0) return {};
  const { http, tcp, exec } = check;
  if ([http, tcp, exec].filter((one) => one !== undefined).length !== 1) {
    faults.add(path, "must have one of http, tcp and exec");
    return {};
  }
  const times = {
    delayMs: (check.delaySeconds ?? 15) * 1000,
    intervalMs: (check.intervalSeconds ?? 60) * 1000,
    timeoutMs: (check.timeoutSeconds ?? 20) * 1000,
  };
  if (exec !== undefined) {
    const command = parsePodCommand(exec.command, `${path}/exec/command`, faults);
    return { check: { kind: "command", command, ...times } };
  }
  const name = (http ?? tcp)?.endpoint ?? "";
  const portIndex = endpoints.findIndex((endpoint) => endpoint.name === name);
  if (portIndex < 0) {
    const at = `${path}/${http === undefined ? "tcp" : "http"}/endpoint`;
    faults.add(at, `must be contained in the container endpoints, and ${name} is not`);
    return {};
  }
  const place = { port: undefined, portIndex, ...times };
  if (http === undefined) return { check: { kind: "tcp", ...place } };
  if (http.scheme?.toUpperCase() === "HTTPS") faults.add(`${path}/http/scheme`, "only HTTP is possible");
  const httpPath = http.path ?? "/";
  if (!/^\/[\x21-\x7e]*$/.test(httpPath))
    faults.add(`${path}/http/path`, "must begin with / and have no blanks or control characters");
  return { check: { kind: "http", path: httpPath, ...place } };
}

export function parsePodCommand({ shell, argv }: PodCommandJson, path: string, faults: Faults): OwnCommand {
  if (shell !== undefined && argv === undefined) return { kind: "shell", text: shell };
  if (argv !== undefined && shell === undefined && argv.length > 0) return { kind: "argv", argv };
  faults.add(path, 'must have either shell or argv: {"shell": "…"}');
  return { kind: "shell", text: "true" };
}

export function formatPodCheck({ check, endpoints }: Pick<PodContainer, "check" | "endpoints">): Json {
  if (check === undefined) return {};
  const times = {
    intervalSeconds: check.intervalMs / 1000,
    timeoutSeconds: check.timeoutMs / 1000,
    delaySeconds: check.delayMs / 1000,
  };
  if (check.kind === "command") {
    const { command } = check;
    const given = command.kind === "shell" ? { shell: command.text } : { argv: command.argv };
    return { check: { exec: { command: given }, ...times } };
  }
  const endpoint = endpoints[check.portIndex]?.name;
  return check.kind === "tcp"
    ? { check: { tcp: { endpoint }, ...times } }
    : { check: { http: { endpoint, path: check.path, scheme: "HTTP" }, ...times } };
}
