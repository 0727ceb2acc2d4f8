/**
 * What tests of containers' networks need of this machine: why they cannot run here, or nothing; and what an agent
 * has left of its network.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { detectHost } from "#shell/containers/detect.ts";
import { findProgram, runProgram } from "#shell/containers/programs.ts";
import { usualNetworkOptions } from "#shell/networks/container-networks.ts";
import { findPlugin } from "#shell/networks/run-plugin.ts";

/** What is there of the network of the agent that keeps its data here: names of interfaces and of tables. */
export function leftOf(directory: string): readonly string[] {
  const mark = createHash("sha256").update(directory).digest("hex").slice(0, 8);
  const text = ["ip -o link", "nft list tables"]
    .map((command) => execFileSync("sh", ["-c", `${command} 2>/dev/null || :`], { encoding: "utf8" }))
    .join("\n");
  return [`unum-${mark}`, `unum_${mark}`].filter((name) => text.includes(name));
}

export async function missingForNetworks(): Promise<string | undefined> {
  const host = await detectHost();
  if (host.kind === "plain") return host.why;
  for (const plugin of ["bridge", "host-local", "ptp", "tuning"])
    if ((await findPlugin(usualNetworkOptions.pluginDirectories, plugin)) === undefined)
      return `the CNI plugin ${plugin} is not installed`;
  const nft = await findProgram("nft");
  if (nft === undefined) return "nft is not installed";
  return (await runProgram(nft, ["list", "tables"])).failure;
}

/** Of CNI's own way to map ports. */
export async function missingForPortmap(): Promise<string | undefined> {
  if ((await findPlugin(usualNetworkOptions.pluginDirectories, "portmap")) === undefined)
    return "the CNI plugin portmap is not installed";
  const iptables = await findProgram("iptables-save");
  return iptables === undefined ? "iptables is not installed" : (await runProgram(iptables, [])).failure;
}
