/**
 * Where the agents of `unum up` are said to be, so that what depends on it can be tried on one machine: their fault
 * domains and attributes. Only said: nothing of the machine is divided by it.
 *
 * Regions and zones are dealt out in turn; the master is where the first agent is.
 */

import type { FaultDomain } from "#model/agent.ts";
import { type FlagKind, type Flags, UsageError } from "../flags.ts";

export type AgentPlaces = {
  /** Dealt out in turn; empty: nowhere in particular. */
  readonly domains: readonly FaultDomain[];
  /** `agent` undefined: of all. */
  readonly attributes: readonly { readonly agent: string | undefined; readonly text: string }[];
};

export const placeFlags = {
  region: "list",
  zone: "list",
  attribute: "list",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const placeHelp = `  --region NAME --zone NAME
                        where the agents are said to be: given several times each agent in turn gets one, and
                        the master is where the first agent is (nowhere in particular)
  --attribute [AGENT:]NAME=TEXT
                        of one agent (agent-2:rack=r1), or of all; several times
`;

export function parsePlaces(flags: Flags, agents: number): AgentPlaces {
  const [regions, zones] = [flags.list("region"), flags.list("zone")];
  if ((regions.length === 0) !== (zones.length === 0))
    throw new UsageError("--region and --zone go together: a zone is part of a region.");
  if ([...regions, ...zones].includes("")) throw new UsageError("--region and --zone must not be empty.");
  if (Math.max(regions.length, zones.length) > agents)
    throw new UsageError(`--region and --zone are given more often than there are agents (${agents}).`);
  const domains = Array.from({ length: regions.length === 0 ? 0 : agents }, (_, index) => ({
    region: regions[index % regions.length] ?? "",
    zone: zones[index % zones.length] ?? "",
  }));
  return { domains, attributes: flags.list("attribute").map((text) => parseAttribute(text, agents)) };
}

function parseAttribute(given: string, agents: number): AgentPlaces["attributes"][number] {
  const [, agent, text = ""] = /^(?:([^:=]+):)?(.*)$/s.exec(given) ?? [];
  if (!/^[^=]+=/.test(text)) throw new UsageError(`--attribute ${given} is not [AGENT:]NAME=TEXT.`);
  const names = Array.from({ length: agents }, (_, index) => `agent-${index + 1}`);
  if (agent !== undefined && !names.includes(agent))
    throw new UsageError(`--attribute ${given}: there is no ${agent}, but ${names.join(", ")}.`);
  return { agent, text };
}

/** Of the agent of this name, counted from 0. */
export const agentPlaceArgv = (
  { domains, attributes }: AgentPlaces,
  name: string,
  index: number,
): readonly string[] => [
  ...domainArgv(domains[index]),
  ...attributes
    .filter(({ agent }) => agent === undefined || agent === name)
    .flatMap(({ text }) => ["--attribute", text]),
];

export const masterPlaceArgv = ({ domains }: AgentPlaces): readonly string[] => domainArgv(domains[0]);

const domainArgv = (domain: FaultDomain | undefined): readonly string[] =>
  domain === undefined ? [] : ["--region", domain.region, "--zone", domain.zone];
