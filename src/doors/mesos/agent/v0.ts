/**
 * An agent's older endpoints: its settings, its containers and its figures.
 */

import type { DoorRequest, Endpoint } from "#ports/door.ts";
import type { AgentSnapshot } from "#wire/mesos/agent/held.ts";
import { formatContainers, formatStatistics } from "#wire/mesos/agent/v0-format.ts";
import { formatPrometheus, formatSystem } from "#wire/mesos/metrics.ts";
import { agentMetrics } from "#wire/mesos/metrics-agent.ts";
import { formatVersion } from "#wire/mesos/version.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { AgentContext } from "../../endpoint.ts";
import { viewAgentFlags } from "../../views/agent-flags.ts";
import { shownAnswer } from "../jsonp.ts";
import { readAgent, readAgentWithUsage } from "./call-tools.ts";

const show =
  (format: (snapshot: AgentSnapshot, context: AgentContext) => unknown): Endpoint<AgentContext>["handle"] =>
  (request, context, respond) =>
    readAgent(context, (snapshot) => respond(shownAnswer(request, format(snapshot, context))));

const showUsage =
  (format: (snapshot: AgentSnapshot) => unknown): Endpoint<AgentContext>["handle"] =>
  (request, context, respond) =>
    readAgentWithUsage(context, (snapshot) => respond(shownAnswer(request, format(snapshot))));

const get = (
  path: string,
  summary: string,
  handle: Endpoint<AgentContext>["handle"],
): Endpoint<AgentContext> => ({ method: "GET", path, permission: "read", summary, handle });

export const agentV0Endpoints: readonly Endpoint<AgentContext>[] = [
  get(
    "/flags",
    "Settings",
    show((_snapshot, context) => ({ flags: viewAgentFlags(context) })),
  ),
  get(
    "/version",
    "The version of Mesos that is spoken, and our own",
    show(({ info }) => formatVersion(info.version)),
  ),
  get("/containers", "Containers, what they may use and what they do use", showUsage(formatContainers)),
  get("/monitor/statistics", "The same, by executor", showUsage(formatStatistics)),
  get("/monitor/statistics.json", "The same, under its oldest name", showUsage(formatStatistics)),
  get(
    "/metrics/snapshot",
    "Figures under Mesos's names",
    show((snapshot, { system }) => Object.fromEntries(agentMetrics(snapshot, system?.()))),
  ),
  get("/metrics", "The same figures for Prometheus", (_request, context, respond) =>
    readAgent(context, (snapshot) =>
      respond(
        textAnswer(200, formatPrometheus(agentMetrics(snapshot, context.system?.())), {
          "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
        }),
      ),
    ),
  ),
  get("/system/stats.json", "Load and memory of the machine", (request: DoorRequest, { system }, respond) =>
    respond(system === undefined ? emptyAnswer(404) : shownAnswer(request, formatSystem(system()))),
  ),
  get("/logging/toggle", "The level of logging", (_request, _context, respond) =>
    respond(textAnswer(200, "0\n")),
  ),
];
