/**
 * Tasks that serve something in networks of their own, and what there is to see of both: addresses, leases, rules.
 *
 * Only helpers: what is right is for the tests to say.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerNetwork, NetworkStatus } from "#model/container-network.ts";
import type { OwnCommand } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { contractSpec } from "../containers-contract.ts";
import type { Bench } from "../containers-real.ts";
import { until } from "../until.ts";

export const node = (script: string): OwnCommand => ({
  kind: "argv",
  argv: [process.execPath, "-e", script],
});

/** Answers its own words at a port of its own. */
export const serves = (words: string, port: number, at = "0.0.0.0"): OwnCommand =>
  node(`require("http").createServer((_, r) => r.end("${words}")).listen(${port}, "${at}")`);

export const bridged = (
  ...portMappings: ContainerNetwork["networks"][number]["portMappings"]
): ContainerNetwork => ({
  mode: "networks",
  networks: [{ name: "mesos-bridge", portMappings, labels: [] }],
});

export const tcp = (hostPort: number, containerPort: number) =>
  ({ hostPort, containerPort, protocol: "tcp" }) as const;

export const get = async (url: string): Promise<string> => (await fetch(url)).text();

/** Once somebody answers there. */
export const answer = (url: string): Promise<string> =>
  until(`an answer of ${url}`, () => get(url).catch(() => undefined));

/** An address of the host's that is not its loopback. */
export const hostAddress = (): string | undefined =>
  /^\d+: (?!unum-|lo).* inet (\d+\.\d+\.\d+\.\d+)/m.exec(
    execFileSync("ip", ["-4", "-o", "addr"], { encoding: "utf8" }),
  )?.[1];

export const ruleset = (): string => execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" });

export function statusesOf({ outcomes }: Bench, { containerId }: ContainerSpec): readonly NetworkStatus[] {
  const found = outcomes.find((each) => each.type === "launched" && each.containerId === containerId);
  return found?.type === "launched" ? (found.networks ?? []) : [];
}

export const pidOf = ({ outcomes }: Bench, { containerId }: ContainerSpec): number => {
  const found = outcomes.find((each) => each.type === "launched" && each.containerId === containerId);
  return found?.type === "launched" ? found.pid : assert.fail("not launched");
};

export const addressIn = (given: readonly NetworkStatus[]): string => given[0]?.addresses[0] ?? "";

/** Whose table has a rule for this port. */
export const tableWith = (port: number): string | undefined =>
  ruleset()
    .split(/^table ip /m)
    .find((text) => text.includes(` . ${port} : `))
    ?.split(" ")[0];

export const spacesOf = ({ directory }: Bench): readonly string[] =>
  readdirSync(join(directory, "networks")).filter((name) => !name.startsWith("."));

/** Addresses that are given away, in any network below. */
export function leases(directory: string): readonly string[] {
  return execFileSync("sh", ["-c", 'find "$0" -name "[0-9]*" 2>/dev/null || :', directory], {
    encoding: "utf8",
  })
    .split("\n")
    .filter(Boolean);
}

export const configure = (directory: string, file: string, network: object): void =>
  writeFileSync(join(directory, file), JSON.stringify(network));

export async function fetchedBy(
  bench: Bench,
  url: string,
  overrides: Partial<ContainerSpec> = {},
): Promise<string> {
  const script = `const ask = () => fetch("${url}").then((r) => r.text()).then((t) => console.log(t))
    .catch(() => setTimeout(ask, 100)); ask()`;
  const spec = contractSpec(node(script), { network: bridged(), ...overrides });
  const { stdout } = await bench.run(spec);
  await bench.removed(spec);
  return stdout.trim();
}
