/**
 * The firewall's rules of one agent: ports of the host that lead into containers, and the way out of them.
 *
 * All of it lies in one table of the agent's own, made anew as a whole when the agent starts; nobody else's rules are
 * read or touched. Changes are made one after the other, each whole or not at all.
 */

import { execFile } from "node:child_process";
import type { PortMapping } from "#model/container-network.ts";
import { DEFAULT_PATH } from "../containers/environment.ts";

/** A mapping, and the address that it leads to. */
export type PortRule = PortMapping & { readonly address: string };

export type TableContent = {
  readonly rules: readonly PortRule[];
  /** Of containers that reach the rest of the world under their host's address. */
  readonly subnets: readonly string[];
  /** Behind which containers are that ports lead to. */
  readonly interfaces: readonly string[];
};

export class FirewallTable {
  readonly #nft: string;
  readonly name: string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(nft: string, name: string) {
    this.#nft = nft;
    this.name = name;
  }

  /** In the place of whatever was in the table. */
  replace(content: TableContent): Promise<void> {
    return this.#run(tableText(this.name, content));
  }

  /** Fails, and changes nothing, when one of the ports leads elsewhere already. */
  add(rules: readonly PortRule[], interfaces: readonly string[]): Promise<void> {
    const lines = [
      ...rules.map((rule) => `create element ip ${this.name} ports { ${element(rule)} }`),
      ...interfaces.map((each) => `add element ip ${this.name} interfaces { "${each}" }`),
    ];
    return lines.length === 0 ? Promise.resolve() : this.#run(`${lines.join("\n")}\n`);
  }

  /** Each by itself: a rule that is not there any more must not keep the others. All before whatever is asked next. */
  async remove(rules: readonly PortRule[]): Promise<void> {
    const removals = rules.map(({ protocol, hostPort }) =>
      this.#run(`delete element ip ${this.name} ports { ${protocol} . ${hostPort} }\n`),
    );
    await Promise.allSettled(removals);
  }

  /** With all that is in it. */
  drop(): Promise<void> {
    return this.#run(`table ip ${this.name}\ndelete table ip ${this.name}\n`);
  }

  #run(text: string): Promise<void> {
    const done = this.#queue.then(() => runNft(this.#nft, text));
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

function runNft(nft: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { PATH: `${DEFAULT_PATH}:${process.env.PATH ?? ""}` };
    // Through a pipe of the shell's: what we write to is a socket, which older versions cannot open by its name.
    const child = execFile(
      "sh",
      ["-c", 'cat | "$0" -f -', nft],
      { env, timeout: 30_000, killSignal: "SIGKILL" },
      (error, _out, words) => {
        if (error === null) resolve();
        else reject(new Error(`nft failed: ${words.trim().split("\n")[0]?.slice(0, 300) || error.message}`));
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(text);
  });
}

const element = ({ protocol, hostPort, address, containerPort }: PortRule): string =>
  `${protocol} . ${hostPort} : ${address} . ${containerPort}`;

const elements = (list: readonly string[]): string =>
  list.length === 0 ? "" : `elements = { ${list.join(", ")} }`;

/**
 * The first two lines make sure that there is a table to delete. A connection from the host's loopback address, and
 * one of a container to a port of its own host, come back only if they seem to come from the host itself. Nothing
 * from behind the interfaces may come to the host's loopback address, which such connections would open otherwise.
 * In words that versions from 0.9.4 on take: of what they have learnt since nothing is needed.
 */
function tableText(name: string, { rules, subnets, interfaces }: TableContent): string {
  const quoted = interfaces.map((each) => `"${each}"`);
  return `table ip ${name}
delete table ip ${name}
table ip ${name} {
  map ports {
    type inet_proto . inet_service : ipv4_addr . inet_service
    ${elements(rules.map(element))}
  }
  set subnets {
    type ipv4_addr
    flags interval
    ${elements(subnets)}
  }
  set interfaces {
    type ifname
    ${elements(quoted)}
  }
  chain guard {
    type filter hook prerouting priority raw; policy accept;
    iifname @interfaces ip daddr 127.0.0.0/8 drop
  }
  chain inwards {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local meta l4proto { tcp, udp } dnat ip addr . port to meta l4proto . th dport map @ports
  }
  chain own {
    type nat hook output priority -100; policy accept;
    fib daddr type local meta l4proto { tcp, udp } dnat ip addr . port to meta l4proto . th dport map @ports
  }
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
    oifname @interfaces ip saddr 127.0.0.0/8 ct status dnat masquerade
    ip saddr @subnets ip daddr @subnets ct status dnat masquerade
    ip saddr @subnets oifname != @interfaces masquerade
  }
}
`;
}
