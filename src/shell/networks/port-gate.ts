/**
 * The ports of the host that lead into containers, and the containers' way out, where this host's firewall can be told
 * of both (`nft.ts`).
 *
 * Knows which interfaces there are in between, and opens the host's loopback address to the host's own connections
 * through them.
 */

import { writeFile } from "node:fs/promises";
import { limits } from "#base/limits.ts";
import { findProgram, runProgram } from "../containers/programs.ts";
import type { BridgeNetwork } from "./bridge.ts";
import { FirewallTable, type PortRule } from "./nft.ts";
import type { Space } from "./space.ts";

const LOOK_MS = 20;

export class PortGate {
  readonly #name: string;
  readonly #bridge: BridgeNetwork;
  readonly #spaces: () => Iterable<Space>;
  readonly #isWanted: boolean;
  readonly #interfaces = new Set<string>();
  /** By port of the host: what leads where, and for whom. */
  readonly #let = new Map<string, { readonly space: Space; readonly rule: PortRule }>();
  #table: Promise<FirewallTable | undefined> | undefined;
  /** What its table has of the bridge. */
  #included: string | undefined;
  #isThere: Promise<void> | undefined;
  #isBridgeOpen = false;

  constructor(
    name: string,
    bridge: BridgeNetwork,
    { spaces, isPossible }: { readonly spaces: () => Iterable<Space>; readonly isPossible: boolean },
  ) {
    this.#name = name;
    this.#bridge = bridge;
    this.#spaces = spaces;
    this.#isWanted = isPossible;
  }

  /** Makes the table anew where containers of an earlier agent need it. */
  async open(): Promise<void> {
    for (const space of this.#spaces())
      if (space.isReady) for (const rule of rulesOf(space)) this.#let.set(keyOf(rule), { space, rule });
    if (this.#bridge.subnet === undefined && this.#let.size === 0) return;
    const table = await this.#firewall();
    if (table === undefined) return;
    for (const { rule } of this.#let.values()) await this.#learnInterface(rule.address);
    await this.include();
  }

  async isPossible(): Promise<boolean> {
    return (await this.#firewall()) !== undefined;
  }

  /** Takes in the bridge, which may have got its addresses only now. */
  include(): Promise<void> {
    if (this.#isThere !== undefined && this.#included === this.#bridge.subnet) return this.#isThere;
    this.#included = this.#bridge.subnet;
    this.#isThere = this.#replace();
    this.#isThere.catch(() => {
      this.#isThere = undefined;
    });
    return this.#isThere;
  }

  /** Lets in what is to come to this space. */
  async let(space: Space): Promise<void> {
    refuseUnreachable(space);
    const rules = rulesOf(space);
    if (rules.length === 0) return;
    const table = await this.#firewall();
    await this.include();
    await this.#learnInterfaces(space, rules);
    await this.#untilLeft(space, rules);
    // From here on without awaiting: a table that is made anew after this has them, one before this has them not.
    for (const rule of rules) this.#let.set(keyOf(rule), { space, rule });
    try {
      await table?.add(rules, [...this.#interfaces]);
    } catch (error) {
      this.#forget(space);
      throw error;
    }
  }

  async shut(space: Space): Promise<void> {
    const rules = this.#forget(space);
    if (rules.length > 0) await (await this.#firewall())?.remove(rules);
  }

  /** What was let in for it, and is another's as soon as somebody asks. */
  #forget(space: Space): readonly PortRule[] {
    const own = [...this.#let.values()].filter((each) => each.space === space).map(({ rule }) => rule);
    for (const rule of own) this.#let.delete(keyOf(rule));
    return own;
  }

  /** A task that has ended gives its ports back at once, and its container leaves them a moment later. */
  async #untilLeft(space: Space, rules: readonly PortRule[]): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const taken = rules.find((rule) => (this.#let.get(keyOf(rule))?.space ?? space) !== space);
      if (taken === undefined) return;
      if (waitedMs >= limits.portLeaveTimeoutMs)
        throw new Error(
          `port ${taken.hostPort} of the host still leads to container ${this.#let.get(keyOf(taken))?.space.key}`,
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async close(): Promise<void> {
    if (this.#isThere === undefined) return;
    this.#isThere = undefined;
    this.#included = undefined;
    this.#isBridgeOpen = false;
    await (await this.#firewall())?.drop().catch(() => undefined);
  }

  async #replace(): Promise<void> {
    const { subnet, interfaceName } = this.#bridge;
    if (subnet !== undefined) this.#interfaces.add(interfaceName);
    await (await this.#firewall())?.replace({
      rules: [...this.#let.values()].map(({ rule }) => rule),
      subnets: subnet === undefined ? [] : [subnet],
      interfaces: [...this.#interfaces],
    });
  }

  #firewall(): Promise<FirewallTable | undefined> {
    this.#table ??= this.#find();
    return this.#table;
  }

  async #find(): Promise<FirewallTable | undefined> {
    const nft = this.#isWanted ? await findProgram("nft") : undefined;
    if (nft === undefined || (await runProgram(nft, ["list", "tables"])).failure !== undefined)
      return undefined;
    return new FirewallTable(nft, this.#name);
  }

  /** The bridge's own is known, and has to be opened once. */
  async #learnInterfaces({ attachments }: Space, rules: readonly PortRule[]): Promise<void> {
    const { interfaceName } = this.#bridge;
    const isOwn = attachments.every(
      ({ network, isMappedHere }) => !isMappedHere || network.plugins[0]?.bridge === interfaceName,
    );
    if (!isOwn) {
      for (const { address } of rules) await this.#learnInterface(address);
      return;
    }
    if (this.#isBridgeOpen) return;
    await openLoopback(interfaceName);
    this.#isBridgeOpen = true;
  }

  /** Behind which the address is. */
  async #learnInterface(address: string): Promise<void> {
    const ip = await findProgram("ip");
    if (ip === undefined) return;
    const { output } = await runProgram(ip, ["-4", "-o", "route", "get", address]);
    const name = / dev (\S+)/.exec(output)?.[1];
    if (name === undefined || name === "lo" || / via /.test(output)) return;
    this.#interfaces.add(name);
    await openLoopback(name);
  }
}

const openLoopback = (name: string): Promise<void> =>
  writeFile(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, "1").catch(() => undefined);

const keyOf = ({ protocol, hostPort }: PortRule): string => `${protocol} ${hostPort}`;

/** Ports that lead nowhere are no ports: better no container than one that nobody reaches. */
function refuseUnreachable({ attachments }: Space): void {
  for (const { wish, result, isMappedHere } of attachments) {
    if (!isMappedHere || wish.portMappings.length === 0 || addressOf(result) !== undefined) continue;
    const given = result?.addresses.join(", ") || "no address";
    throw new Error(
      `its ports cannot be mapped: the network ${wish.name} gave it ${given}, and ports lead to addresses of version 4 of IP`,
    );
  }
}

const addressOf = (result: Space["attachments"][number]["result"]): string | undefined =>
  result?.addresses.find((each) => /^\d+\.\d+\.\d+\.\d+$/.test(each));

/** To its first address of version 4 in each network whose ports the agent maps. */
function rulesOf({ attachments }: Space): readonly PortRule[] {
  return attachments.flatMap(({ wish, result, isMappedHere }) => {
    const address = addressOf(result);
    if (!isMappedHere || address === undefined) return [];
    return wish.portMappings.map((mapping) => ({ ...mapping, address }));
  });
}
