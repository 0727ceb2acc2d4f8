/**
 * The network that each agent makes by itself, without any configuration: a bridge of its own on this host, with
 * addresses of its own.
 *
 * It is made when the first container asks for it, and taken away when the agent leaves nothing behind.
 */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bridgeNetwork } from "#model/container-network.ts";
import type { CniNetwork } from "#wire/cni/network-list.ts";
import { findProgram, runProgram } from "../containers/programs.ts";
import { claimSubnet, parseSubnet, releaseSubnet, subnetText } from "./subnets.ts";

/** What it is made with. */
export const bridgePlugins = ["bridge", "host-local"] as const;

export type BridgeOptions = {
  /** Where it keeps what it gave away. */
  readonly directory: string;
  /** The agent's data directory. */
  readonly owner: string;
  readonly interfaceName: string;
  /** Of the operator's choice. */
  readonly subnet: string | undefined;
};

export class BridgeNetwork {
  readonly #options: BridgeOptions;
  readonly #file: string;
  #subnet: Promise<string> | undefined;
  #known: string | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#file = join(options.directory, ".bridge");
  }

  get interfaceName(): string {
    return this.#options.interfaceName;
  }

  /** Undefined: nobody has asked for it yet. */
  get subnet(): string | undefined {
    return this.#known;
  }

  /** What an earlier agent on this directory began with. */
  async open(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    const previous = parseSubnet(text.trim());
    if (previous !== undefined && this.#options.subnet === undefined) this.#known = subnetText(previous);
  }

  /** `mapsPorts`: its plugins are to do what the agent does itself where it has the means. */
  async network(mapsPorts: boolean): Promise<CniNetwork> {
    this.#subnet ??= this.#claim();
    // The next container asks again: ranges become free, disks get room.
    this.#subnet.catch(() => {
      this.#subnet = undefined;
    });
    const subnet = await this.#subnet;
    const ipam = {
      type: "host-local",
      dataDir: join(this.#options.directory, ".addresses"),
      ranges: [[{ subnet }]],
    };
    const bridge = {
      type: "bridge",
      bridge: this.#options.interfaceName,
      isGateway: true,
      isDefaultGateway: true,
      hairpinMode: true,
      ipMasq: mapsPorts,
      capabilities: { ips: true },
      ipam,
    };
    const portmap = { type: "portmap", capabilities: { portMappings: true }, snat: true };
    return { cniVersion: "0.4.0", name: bridgeNetwork, plugins: mapsPorts ? [bridge, portmap] : [bridge] };
  }

  /** Nothing is in it any more. */
  async close(): Promise<void> {
    const subnet = this.#known;
    if (subnet === undefined) return;
    this.#known = undefined;
    this.#subnet = undefined;
    const ip = await findProgram("ip");
    if (ip !== undefined) await runProgram(ip, ["link", "delete", this.#options.interfaceName]);
    await releaseSubnet(this.#options.owner, subnet);
    await rm(this.#file, { force: true });
    await rm(join(this.#options.directory, ".addresses"), { recursive: true, force: true });
  }

  async #claim(): Promise<string> {
    const { owner, subnet: wanted } = this.#options;
    // What the operator names is taken as it is, and another's claim to it is his business.
    const subnet = wanted ?? (await claimSubnet(owner, this.#known));
    await writeFile(this.#file, `${subnet}\n`);
    this.#known = subnet;
    return subnet;
  }
}
