/**
 * Cuts between hosts, as rules of nftables on the bridge that connects them: nobody on a host can see them.
 *
 * All cuts lie in one table, made anew as a whole at each change. Packets are dropped in silence, as a firewall or a dead
 * switch does; who has which address (ARP) is let through, so that a cut in one direction stays one.
 */

import { type CutDirection, clientName } from "#wire/unum/chaos.ts";
import { runCommand } from "../hosts/commands.ts";
import type { HostNetwork } from "../hosts/hosts-plan.ts";

export type Cut = {
  readonly who: readonly string[];
  readonly from: readonly string[];
  readonly direction: CutDirection;
};

export const applyCuts = async (network: HostNetwork, cuts: readonly Cut[]): Promise<void> => {
  await runCommand("nft", ["-f", "-"], cutsText(network, cuts));
};

/** Everybody else, when nobody is named. */
export const othersThan = ({ hosts }: HostNetwork, who: readonly string[]): readonly string[] =>
  [...hosts.map(({ name }) => name), clientName].filter((name) => !who.includes(name));

export function cutsText({ table, hosts }: HostNetwork, cuts: readonly Cut[]): string {
  const cableOf = new Map(hosts.map(({ name, cable }) => [name, `"${cable}"`]));
  const rules = { forward: new Set<string>(), input: new Set<string>(), output: new Set<string>() };
  const drop = (from: readonly string[], to: readonly string[]): void => {
    const [sources, targets] = [from, to].map((names) =>
      names.flatMap((name) => cableOf.get(name) ?? []).join(", "),
    );
    if (sources !== "" && targets !== "")
      rules.forward.add(`iifname { ${sources} } oifname { ${targets} } drop`);
    // This machine's own end is the bridge itself.
    if (sources !== "" && to.includes(clientName)) rules.input.add(`iifname { ${sources} } drop`);
    if (targets !== "" && from.includes(clientName)) rules.output.add(`oifname { ${targets} } drop`);
  };
  for (const { who, from, direction } of cuts) {
    if (direction !== "received") drop(who, from);
    if (direction !== "sent") drop(from, who);
  }
  const chains = Object.entries(rules).map(
    ([hook, lines]) => `  chain ${hook} {
    type filter hook ${hook} priority 0; policy accept;
    ether type arp accept
${[...lines].map((line) => `    ${line}\n`).join("")}  }
`,
  );
  return `table bridge ${table}\ndelete table bridge ${table}\ntable bridge ${table} {\n${chains.join("")}}\n`;
}
