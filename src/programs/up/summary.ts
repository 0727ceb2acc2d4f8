/**
 * What `unum up` says when the cluster runs: where it is, how to get in, and what to do first.
 */

import { join, relative } from "node:path";
import type { AgentStanding } from "../control.ts";
import type { AgentShare } from "./shares.ts";

export type Summary = {
  readonly masters: readonly { readonly url: string; readonly gatewayUrl: string }[];
  /** Undefined when the master could not be asked. */
  readonly loginUrl: string | undefined;
  readonly dataDirectory: string;
  readonly workingDirectory: string;
  readonly insecureLocal: boolean;
  readonly shares: readonly AgentShare[];
  readonly agents: readonly AgentStanding[];
  readonly remarks: readonly string[];
};

const packageRoot = join(import.meta.dirname, "../../..");

export function formatSummary(summary: Summary): string {
  const { masters, dataDirectory, shares, workingDirectory } = summary;
  const gateways = masters.map(({ gatewayUrl }) => gatewayUrl);
  const unum = relativePath(workingDirectory, join(packageRoot, "scripts/unum"));
  const share = shares[0];
  const each =
    share === undefined ? "" : ` with ${share.cpus} cpus and ${formatMib(share.memMib)} of memory each`;
  const lines = [
    "",
    `The cluster runs: ${masters.length === 1 ? "one master" : `${masters.length} masters`} and ${count(shares.length, "agent")}${each}.`,
    "",
    `  Console     ${summary.loginUrl ?? gateways[0]}`,
    "              (this link works once; the browser then stays logged in)",
    `  API         ${gateways.join(", ")}`,
    `  Master      ${masters.map(({ url }) => url).join(", ")}`,
    `  Data        ${dataDirectory}`,
    ...isolationLines(summary.agents),
    ...summary.remarks.map((remark) => `  Note        ${remark}`),
    ...(summary.insecureLocal ? [`  Warning     ${openWarning}`] : []),
    "",
    "Deploy a first app from another terminal:",
    "",
    `  ${unum} app add ${relativePath(workingDirectory, join(packageRoot, "examples/web-node/app.json"))}`,
    `  ${unum} task list`,
    "",
    "Ctrl-C stops the cluster and everything that it runs; the apps come back with the next start.",
    "",
  ];
  return lines.join("\n");
}

const openWarning = "no token is asked for (--insecure-local): anybody on this machine can do anything.";

/** One line when all agents are alike, else one for each. */
function isolationLines(agents: readonly AgentStanding[]): string[] {
  const kinds = new Set(agents.map((agent) => agent.isolation));
  if (kinds.size <= 1) return [...kinds].map((isolation) => `  Isolation   ${isolation}`);
  return agents.map(({ name, isolation }) => `  Isolation   ${name}: ${isolation}`);
}

function relativePath(from: string, to: string): string {
  const path = relative(from, to);
  if (path.startsWith("..")) return to;
  return path.includes("/") ? path : `./${path}`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
const formatMib = (mib: number): string => (mib >= 1024 ? `${(mib / 1024).toFixed(1)} GiB` : `${mib} MiB`);
