/**
 * The master program's configuration: one typed value, made of flags, frozen, printed at start.
 *
 * The token is not part of it: only where its file lies.
 */

import { resolve } from "node:path";
import type { AgentLossLimits } from "#core/master/types.ts";
import type { FaultDomain } from "#model/agent.ts";
import { Flags } from "../flags.ts";
import {
  type AppPlacement,
  appPlacementFlags,
  appPlacementHelp,
  domainFlags,
  domainHelp,
  parseAppPlacement,
  parseDomain,
} from "../placement-flags.ts";
import { lossFlags, lossHelp, parseLossFlags } from "./loss-flags.ts";
import { parseStore, type StoreConfig, storeFlags, storeHelp } from "./store-flags.ts";

export type MasterProgramConfig = {
  readonly dataDirectory: string;
  readonly store: StoreConfig;
  readonly tokenFile: string;
  readonly clusterName: string;
  /** Its built files. */
  readonly consoleDirectory: string;
  /** Where the servers listen. */
  readonly address: string;
  /** The name under which clients reach them. */
  readonly hostname: string;
  readonly port: number;
  readonly gatewayPort: number;
  readonly insecureLocal: boolean;
  readonly domain: FaultDomain | undefined;
  readonly appPlacement: AppPlacement;
  readonly pluginFiles: readonly string[];
  readonly agentPingMs: number;
  /** An agent of which so many pings remain unanswered is unreachable. */
  readonly agentPingsMax: number;
  readonly agentLoss: AgentLossLimits;
  /** Who else may come in, beside the token's holders. */
  readonly credentialsFile: string | undefined;
  /** Where whoever runs the process keeps what it logs. */
  readonly logFile: string | undefined;
};

const ownConsole = resolve(import.meta.dirname, "../../../ui/dist");

export const masterHelp = `unum master: runs a master with its app service and gateway.

  --data DIR            where it keeps its state
${storeHelp}  --token-file FILE     the cluster's token
  --address ADDRESS     to listen on (127.0.0.1)
  --hostname NAME       under which clients reach it (the address)
  --port N              of the master's own API and of the agents' links (5050)
  --gateway-port N      of the gateway: API and console (8080)
  --cluster NAME        the cluster's name (unum)
  --console DIR         the built console (that of this release)
  --credentials FILE    principals and secrets of frameworks and operators, in Mesos's format (Basic
                        authentication; the token goes on to work)
  --log-file FILE       where what it logs is kept by who runs it: shown as /master/log (nowhere)
  --agent-ping-timeout SECONDS
                        between two pings of an agent (5)
  --max-agent-ping-timeouts N
                        unanswered pings after which an agent is unreachable (5)
${lossHelp}  --plugin FILE         a module that looks at every app and pod before it is taken (docs/plugins.md); may be
                        given several times
${domainHelp}${appPlacementHelp}  --insecure-local      no token is asked for (for a laboratory)
`;

export function parseMasterConfig(argv: readonly string[], workingDirectory: string): MasterProgramConfig {
  const flags = new Flags(argv, {
    data: "text",
    ...storeFlags,
    "token-file": "text",
    address: "text",
    hostname: "text",
    port: "text",
    "gateway-port": "text",
    cluster: "text",
    console: "text",
    credentials: "text",
    "log-file": "text",
    "agent-ping-timeout": "text",
    "max-agent-ping-timeouts": "text",
    ...lossFlags,
    plugin: "list",
    "insecure-local": "switch",
    ...domainFlags,
    ...appPlacementFlags,
  });
  const credentials = flags.text("credentials");
  const logFile = flags.text("log-file");
  const address = flags.text("address") ?? "127.0.0.1";
  return Object.freeze({
    dataDirectory: resolve(workingDirectory, flags.required("data")),
    store: parseStore(flags, workingDirectory),
    tokenFile: resolve(workingDirectory, flags.required("token-file")),
    clusterName: flags.text("cluster") ?? "unum",
    consoleDirectory: resolve(workingDirectory, flags.text("console") ?? ownConsole),
    address,
    hostname: flags.text("hostname") ?? address,
    port: flags.integer("port", 0, 65_535) ?? 5050,
    gatewayPort: flags.integer("gateway-port", 0, 65_535) ?? 8080,
    insecureLocal: flags.has("insecure-local"),
    domain: parseDomain(flags),
    appPlacement: parseAppPlacement(flags),
    pluginFiles: flags.list("plugin").map((file) => resolve(workingDirectory, file)),
    agentPingMs: (flags.integer("agent-ping-timeout", 1, 3_600) ?? 5) * 1_000,
    agentPingsMax: flags.integer("max-agent-ping-timeouts", 1, 1_000) ?? 5,
    agentLoss: parseLossFlags(flags),
    credentialsFile: credentials === undefined ? undefined : resolve(workingDirectory, credentials),
    logFile: logFile === undefined ? undefined : resolve(workingDirectory, logFile),
  });
}
