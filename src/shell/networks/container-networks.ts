/**
 * The networks of an agent's containers, from the first container in one to the last.
 *
 * A container, or all that share an executor's network, have a space: it is made when the first of them starts and
 * undone when the last of them is removed. What becomes of one space waits for nothing of another.
 */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import {
  bridgeNetworkNames,
  type ContainerNetwork,
  type DnsSettings,
  type NetworkStatus,
  type NetworkWish,
} from "#model/container-network.ts";
import type { NetworkUsage } from "#model/container-usage.ts";
import { mapsPorts } from "#wire/cni/network-list.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { type Attachment, attach, checkAttachment, detach, type Place } from "./attach.ts";
import { BridgeNetwork, bridgePlugins } from "./bridge.ts";
import { readCatalog } from "./catalog.ts";
import { networkUsage } from "./counters.ts";
import { type NameFiles, nameFiles } from "./files.ts";
import { holdNamespace, namespacePath, releaseNamespace } from "./namespace.ts";
import { PortGate } from "./port-gate.ts";
import { findPlugin } from "./run-plugin.ts";
import {
  holderFile,
  newSpace,
  readSpaces,
  removeMember,
  removeSpace,
  type Space,
  statusesOf,
  writeMember,
  writeSpace,
} from "./space.ts";

export type NetworkOptions = {
  /** Where CNI networks are configured. */
  readonly configDirectory: string;
  /** Where CNI plugins are, the first that has one counts. */
  readonly pluginDirectories: readonly string[];
  /** Of the agent's own bridge; undefined: one that is free. */
  readonly bridgeSubnet: string | undefined;
  /** For who does not say; undefined: the network's own, or the host's. */
  readonly dns: DnsSettings | undefined;
  /** Ports are mapped by CNI plugins although the agent could; for tests. */
  readonly withoutFirewall?: boolean | undefined;
};

export const usualNetworkOptions: NetworkOptions = {
  configDirectory: "/etc/cni/net.d",
  pluginDirectories: ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"],
  bridgeSubnet: undefined,
  dns: undefined,
};

export type Surroundings = {
  /** Its own, below the agent's data directory. */
  readonly directory: string;
  /** The agent's data directory. */
  readonly owner: string;
  /** Of processes that outlive the agent. */
  readonly cgroups: readonly string[];
  /** A sentence for the operator. */
  readonly report: (sentence: string) => void;
};

export type JoinedNetwork = {
  /** Of its namespace. */
  readonly path: string;
  readonly hostname: string;
  /** The first of those that it has there. */
  readonly address: string | undefined;
  readonly files: NameFiles;
};

export type Newcomer = Pick<HeldContainer, "name" | "containerId" | "frameworkId" | "executorId">;

/** Beside what concerns the network: names that it is to know. */
export type Hosts = readonly { readonly name: string; readonly address: string }[];

export class ContainerNetworks {
  readonly #options: NetworkOptions;
  readonly #surroundings: Surroundings;
  readonly #spaces = new Map<string, Space>();
  readonly #spaceOf = new Map<string, Space>();
  readonly #bridge: BridgeNetwork;
  readonly #gate: PortGate;

  constructor(options: NetworkOptions, surroundings: Surroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    const mark = createHash("sha256").update(surroundings.owner).digest("hex").slice(0, 8);
    const { directory, owner } = surroundings;
    this.#bridge = new BridgeNetwork({
      ...{ directory, owner, interfaceName: `unum-${mark}` },
      subnet: options.bridgeSubnet,
    });
    this.#gate = new PortGate(`unum_${mark}`, this.#bridge, {
      spaces: () => this.#spaces.values(),
      isPossible: options.withoutFirewall !== true,
    });
  }

  /** Finds what an earlier agent on this directory left, and puts back what the host forgot of it. */
  async open(): Promise<void> {
    const { directory } = this.#surroundings;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await this.#bridge.open();
    for (const space of await readSpaces(directory)) {
      this.#spaces.set(space.key, space);
      for (const name of space.members) this.#spaceOf.set(name, space);
    }
    // It is tried again when a container needs it; the others need none.
    await this.#gate.open().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#surroundings.report(`ports that lead into containers may be closed: ${why}`);
    });
    const empty = [...this.#spaces.values()].filter(({ members }) => members.size === 0);
    await Promise.all(empty.map((space) => this.#enqueue(space, () => this.#undo(space))));
    for (const space of this.#spaces.values()) void this.#enqueue(space, () => this.#inspect(space));
  }

  /** The space of this container, made if it is the first in it. Throws `LaunchRefusal`. */
  async join(
    container: Newcomer,
    wanted: ContainerNetwork,
    isShared: boolean,
    hosts: Hosts = [],
  ): Promise<JoinedNetwork> {
    const key = isShared ? sharedKey(container) : container.name;
    const space = this.#spaces.get(key) ?? newSpace(this.#surroundings.directory, key, "");
    this.#spaces.set(key, space);
    // At once: the last one that leaves must see that another is coming.
    space.members.add(container.name);
    this.#spaceOf.set(container.name, space);
    return this.#enqueue(space, async () => {
      await writeMember(space, container.name);
      if (!space.isReady) await this.#make(space, wanted, container.containerId);
      const path = namespacePath(space.holder);
      if (path === "")
        throw new LaunchRefusal(
          "the network that it is to share is gone: what held it was ended by somebody",
        );
      const addresses = statusesOf(space).flatMap((status) => status.addresses);
      const files = nameFiles({
        hostname: space.hostname,
        addresses,
        hosts,
        dns: this.#dnsOf(space, wanted),
      });
      return { path, hostname: space.hostname, address: addresses[0], files };
    });
  }

  /** Undefined: it shares the host's. */
  statusesOf(name: string): readonly NetworkStatus[] | undefined {
    const space = this.#spaceOf.get(name);
    return space === undefined ? undefined : statusesOf(space);
  }

  usageOf(name: string): NetworkUsage | undefined {
    const space = this.#spaceOf.get(name);
    return space?.holder === undefined ? undefined : networkUsage(space.holder, space.key);
  }

  /** It has ended. Harmless for a container that is in none. */
  async leave(name: string): Promise<void> {
    const space = this.#spaceOf.get(name);
    if (space === undefined) return;
    this.#spaceOf.delete(name);
    space.members.delete(name);
    await this.#enqueue(space, async () => {
      if (space.members.size === 0) await this.#undo(space);
      else await removeMember(space, name);
    });
  }

  /** Containers that something of a network is left of. */
  members(): readonly string[] {
    return [...this.#spaceOf.keys()];
  }

  /** After the last container is gone: what they shared. */
  async close(): Promise<void> {
    if (this.#spaces.size > 0) return;
    await this.#gate.close();
    await this.#bridge.close();
  }

  /** What became of a network while nobody looked after it: only the operator can tell what to do about it. */
  async #inspect(space: Space): Promise<void> {
    if (!space.isReady || namespacePath(space.holder) === "") return;
    for (const attachment of space.attachments) {
      const fault = await checkAttachment(this.#placeOf(space), attachment);
      if (fault !== undefined)
        this.#surroundings.report(
          `the network ${attachment.wish.name} of container ${space.key} is not as it was made: ${fault}`,
        );
    }
  }

  async #make(space: Space, wanted: ContainerNetwork, containerId: string): Promise<void> {
    // What is left of one that was not finished, or that ended while this one was coming.
    await this.#undoAttachments(space);
    space.hostname = wanted.hostname ?? containerId;
    try {
      space.attachments = await Promise.all(
        wanted.networks.map((wish, index) => this.#plan(wish, `eth${index}`, wanted.dns)),
      );
      await writeSpace(space);
      space.holder = await holdNamespace(holderFile(space), this.#surroundings.cgroups);
      for (const [index, attachment] of space.attachments.entries()) {
        const result = await attach(this.#placeOf(space), attachment);
        space.attachments = space.attachments.with(index, { ...attachment, result });
      }
      await this.#gate.let(space);
      space.isReady = true;
      await writeSpace(space);
    } catch (error) {
      await this.#undoAttachments(space);
      if (error instanceof LaunchRefusal) throw error;
      throw new LaunchRefusal(
        `its network cannot be made: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  async #plan(wish: NetworkWish, interfaceName: string, dns: DnsSettings | undefined): Promise<Attachment> {
    const { configDirectory } = this.#options;
    const catalog = await readCatalog(configDirectory);
    const configured = catalog.networks.find(({ name }) => name === wish.name);
    const hasNft = await this.#gate.isPossible();
    const common = { wish, interfaceName, dns, result: undefined };
    if (configured === undefined && bridgeNetworkNames.includes(wish.name)) {
      await this.#needPlugins([...bridgePlugins, ...(hasNft ? [] : ["portmap"])], wish.name);
      const network = await this.#bridge.network(!hasNft);
      if (hasNft) await this.#gate.include();
      return { ...common, network, isMappedHere: hasNft };
    }
    if (configured === undefined) {
      const known = catalog.networks.map(({ name }) => name).join(", ") || "none";
      throw new LaunchRefusal(
        `there is no network ${wish.name} on this agent: ${configDirectory} configures ${known}` +
          catalog.faults.map((fault) => `; ${fault}`).join(""),
      );
    }
    const isMappedHere = wish.portMappings.length > 0 && !mapsPorts(configured);
    if (isMappedHere && !hasNft)
      throw new LaunchRefusal(
        `ports of network ${wish.name} cannot be mapped: none of its plugins does it, and nft is not usable here`,
      );
    return { ...common, network: configured, isMappedHere };
  }

  async #needPlugins(types: readonly string[], network: string): Promise<void> {
    const { pluginDirectories } = this.#options;
    for (const type of types) {
      if ((await findPlugin(pluginDirectories, type)) !== undefined) continue;
      throw new LaunchRefusal(
        `the network ${network} needs the CNI plugin ${type}, which is not in ${pluginDirectories.join(", ")}: ` +
          "install the host's package containernetworking-plugins",
      );
    }
  }

  #dnsOf(space: Space, wanted: ContainerNetwork): DnsSettings | undefined {
    const ofNetwork = space.attachments.map(({ result }) => result?.dns).find((dns) => dns !== undefined);
    return wanted.dns ?? ofNetwork ?? this.#options.dns;
  }

  async #undo(space: Space): Promise<void> {
    // Somebody came while this waited its turn.
    if (space.members.size > 0) return;
    await this.#undoAttachments(space);
    await removeSpace(space);
    if (space.members.size === 0 && this.#spaces.get(space.key) === space) this.#spaces.delete(space.key);
  }

  async #undoAttachments(space: Space): Promise<void> {
    space.isReady = false;
    await this.#gate.shut(space);
    const place = this.#placeOf(space);
    for (const attachment of space.attachments.toReversed()) {
      for (const fault of await detach(place, attachment))
        this.#surroundings.report(`container ${space.key} was not taken out of a network whole: ${fault}`);
    }
    space.attachments = [];
    releaseNamespace(space.holder);
    space.holder = undefined;
  }

  #placeOf(space: Space): Place {
    const { pluginDirectories } = this.#options;
    return { pluginDirectories, containerId: space.key, namespace: namespacePath(space.holder) };
  }

  #enqueue<Result>(space: Space, work: () => Promise<Result>): Promise<Result> {
    const done = space.work.then(work);
    space.work = done.catch(() => undefined);
    return done;
  }
}

const sharedKey = ({ frameworkId, executorId }: Newcomer): string =>
  `x-${createHash("sha256")
    .update(JSON.stringify([frameworkId, executorId]))
    .digest("hex")
    .slice(0, 40)}`;
