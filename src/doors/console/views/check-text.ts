/**
 * A health check in a few words: `HTTP GET /ping at port 0`.
 */

import type { HealthCheck } from "#model/app.ts";

export function checkTextOf({ kind, check }: HealthCheck): string {
  switch (kind) {
    case "command":
      return check.command.kind === "shell" ? check.command.text : check.command.argv.join(" ");
    case "network":
    case "local": {
      const place = check.port === undefined ? `port ${check.portIndex} of its own` : `port ${check.port}`;
      const what = check.protocol === "tcp" ? "TCP" : `${check.protocol.toUpperCase()} GET ${check.path}`;
      return `${what} at ${place}`;
    }
    default:
      return kind satisfies never;
  }
}
