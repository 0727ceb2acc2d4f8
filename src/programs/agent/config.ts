/**
 * The agent program's configuration: one typed value, made of flags, frozen, printed at start.
 *
 * The token is not part of it: only where its file lies.
 */

import { resolve } from "node:path";
import { type Resources, resources } from "#model/resources.ts";
import { Flags, UsageError } from "../flags.ts";

export type AgentProgramConfig = {
  readonly dataDirectory: string;
  readonly tokenFile: string;
  readonly name: string;
  /** Its own, under which clients reach it and its tasks. */
  readonly hostname: string;
  /** Where its server listens; the first one is told to others. */
  readonly addresses: readonly [string, ...string[]];
  readonly port: number;
  readonly master: { readonly address: string; readonly port: number };
  readonly resources: Resources;
  readonly attributes: Readonly<Record<string, string>>;
  readonly allowRoot: boolean;
  readonly imageDirectories: readonly string[];
  /** Shown to tasks, read-only, although the host's homes and other file systems are not. */
  readonly visiblePaths: readonly string[];
  /** Hidden from tasks, beside the agent's own data. */
  readonly maskedPaths: readonly string[];
  readonly insecureLocal: boolean;
};

export const agentHelp = `unum agent: runs an agent, which runs tasks on this machine.

  --data DIR            where it keeps its state and the tasks' files
  --token-file FILE     the cluster's token
  --master HOST:PORT    where the master listens
  --name NAME           as people see it
  --address ADDRESS     to listen on, and of its tasks; may be given several times (127.0.0.1)
  --hostname NAME       under which clients reach its tasks (the first address)
  --port N              of its API (5051)
  --cpus N --mem MIB --disk MIB --ports FIRST-LAST
                        what it offers
  --attribute NAME=TEXT may be given several times
  --images DIR          a directory whose images tasks may use; may be given several times
  --visible PATH        shown to tasks although it lies in a home or on another file system; several times
  --mask PATH           hidden from tasks; may be given several times
  --allow-root          tasks may run as root
  --insecure-local      no token is asked for (for a laboratory)
`;

export function parseAgentConfig(argv: readonly string[], workingDirectory: string): AgentProgramConfig {
  const flags = new Flags(argv, {
    data: "text",
    "token-file": "text",
    master: "text",
    name: "text",
    address: "list",
    hostname: "text",
    port: "text",
    cpus: "text",
    mem: "text",
    disk: "text",
    ports: "text",
    attribute: "list",
    images: "list",
    visible: "list",
    mask: "list",
    "allow-root": "switch",
    "insecure-local": "switch",
  });
  const [address = "127.0.0.1", ...others] = flags.list("address");
  return Object.freeze({
    dataDirectory: resolve(workingDirectory, flags.required("data")),
    tokenFile: resolve(workingDirectory, flags.required("token-file")),
    name: flags.required("name"),
    hostname: flags.text("hostname") ?? address,
    addresses: [address, ...others] as const,
    port: flags.integer("port", 0, 65_535) ?? 5051,
    master: parseMaster(flags.required("master")),
    resources: parseResources(flags),
    attributes: parseAttributes(flags.list("attribute")),
    allowRoot: flags.has("allow-root"),
    imageDirectories: flags.list("images").map((directory) => resolve(workingDirectory, directory)),
    visiblePaths: flags.list("visible").map((path) => resolve(workingDirectory, path)),
    maskedPaths: flags.list("mask").map((path) => resolve(workingDirectory, path)),
    insecureLocal: flags.has("insecure-local"),
  });
}

export function parseMaster(text: string): AgentProgramConfig["master"] {
  const [, address, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (address === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`--master ${text} is not HOST:PORT.`);
  }
  return { address: address.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function parseResources(flags: Flags): Resources {
  const amount = (name: string): number => {
    const value = flags.amount(name);
    if (value === undefined) throw new UsageError(`--${name} is missing.`);
    return value;
  };
  const text = flags.required("ports");
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  if (first === undefined || range[0] < 1 || range[1] > 65_535 || range[0] > range[1]) {
    throw new UsageError(`--ports ${text} is not FIRST-LAST.`);
  }
  return resources({ cpus: amount("cpus"), mem: amount("mem"), disk: amount("disk"), ports: [range] });
}

export function parseAttributes(list: readonly string[]): Readonly<Record<string, string>> {
  const pairs = list.map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--attribute ${text} is not NAME=TEXT.`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
