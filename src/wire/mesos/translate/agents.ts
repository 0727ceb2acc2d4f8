/**
 * Where masters and agents are, as Mesos's messages tell frameworks.
 */

import type { AgentInfo, FaultDomain } from "#model/agent.ts";
import type { MessageOf } from "../proto/tables.ts";
import { mesosVersion } from "../version.ts";
import { addressNumber } from "./basics.ts";

/** Where a master is, and which it is. */
export type MasterView = {
  readonly masterId: string;
  readonly hostname: string;
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly domain: FaultDomain | undefined;
};

export const masterInfoMessage = (master: MasterView): MessageOf<"MasterInfo"> => ({
  id: master.masterId,
  ip: addressNumber(master.address),
  port: master.port,
  pid: `master@${master.address}:${master.port}`,
  hostname: master.hostname,
  version: mesosVersion,
  address: { hostname: master.hostname, ip: master.address, port: master.port },
  domain: domainMessage(master.domain),
  capabilities: [{ type: "AGENT_UPDATE" }, { type: "AGENT_DRAINING" }, { type: "QUOTA_V2" }],
});

export const domainMessage = (domain: FaultDomain | undefined): MessageOf<"DomainInfo"> | undefined =>
  domain === undefined
    ? undefined
    : { fault_domain: { region: { name: domain.region }, zone: { name: domain.zone } } };

export const agentUrlMessage = ({
  hostname,
  endpoint,
}: Pick<AgentInfo, "hostname" | "endpoint">): MessageOf<"URL"> => ({
  scheme: "http",
  address: { hostname, ip: endpoint.address, port: endpoint.port },
  path: "/slave(1)",
});
