/**
 * Where a master keeps its state: a file of its own, or etcd, which other masters may take over from.
 *
 * Secrets are not part of what the flags say: only where their files lie.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { EtcdOptions } from "#shell/store/etcd/etcd-client.ts";
import { type FlagKind, type Flags, UsageError } from "../flags.ts";

export type StoreConfig =
  | { readonly kind: "embedded" }
  | {
      readonly kind: "etcd";
      readonly endpoints: readonly string[];
      /** Below which this cluster's keys lie. */
      readonly prefix: string;
      readonly leaseSeconds: number;
      /** Of a master that was alone. */
      readonly moveFrom?: string | undefined;
      readonly caFile?: string | undefined;
      readonly certFile?: string | undefined;
      readonly keyFile?: string | undefined;
      readonly userFile?: string | undefined;
    };

export const storeHelp = `  --store URL           etcd://HOST:PORT[,HOST:PORT…][/PREFIX], or etcds:// for TLS: the state is kept there, and of
                        several masters that share it one leads (a file below --data; /unum)
  --store-ca FILE       whose certificates etcd's servers must have (those that the system trusts)
  --store-cert FILE, --store-key FILE
                        what the master shows to etcd
  --store-user FILE     holds NAME:PASSWORD for etcd
  --move-from FILE      master.db of a master that was alone: moved there by the first leader, if nothing is there yet
  --leader-lease SECONDS
                        after which another master leads when this one is gone (2)
`;

export const storeFlags = {
  store: "text",
  "store-ca": "text",
  "store-cert": "text",
  "store-key": "text",
  "store-user": "text",
  "leader-lease": "text",
  "move-from": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

export function parseStore(flags: Flags, workingDirectory: string): StoreConfig {
  const url = flags.text("store");
  const file = (name: keyof typeof storeFlags): string | undefined => {
    const path = flags.text(name);
    if (path !== undefined && url === undefined) throw new UsageError(`--${name} is only for --store.`);
    return path === undefined ? undefined : resolve(workingDirectory, path);
  };
  const files = {
    caFile: file("store-ca"),
    certFile: file("store-cert"),
    keyFile: file("store-key"),
    userFile: file("store-user"),
    moveFrom: file("move-from"),
  };
  const leaseSeconds = flags.integer("leader-lease", 1, 300) ?? 2;
  if (url === undefined) return { kind: "embedded" };
  const [, scheme, hosts = "", path = ""] = /^(etcds?):\/\/([^/]+)(\/.*)?$/.exec(url) ?? [];
  const places = hosts.split(",");
  if (scheme === undefined || !places.every((place) => /^(\[[\da-fA-F:.]+\]|[\w.-]+):\d{1,5}$/.test(place))) {
    throw new UsageError(`--store ${url} is not etcd://HOST:PORT[,HOST:PORT…][/PREFIX].`);
  }
  const protocol = scheme === "etcds" ? "https" : "http";
  const endpoints = places.map((place) => `${protocol}://${place}`);
  const prefix = path.replace(/\/+$/, "") || "/unum";
  return { kind: "etcd", endpoints, prefix, leaseSeconds, ...files };
}

/** With the content of its files. */
export function etcdOptionsOf(config: StoreConfig & { readonly kind: "etcd" }): EtcdOptions {
  const read = (name: string, path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw new UsageError(`--${name} ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const [ca, cert, key] = [
    read("store-ca", config.caFile),
    read("store-cert", config.certFile),
    read("store-key", config.keyFile),
  ];
  const [, name, password] = /^([^:\n]+):(.+)$/.exec(read("store-user", config.userFile)?.trim() ?? "") ?? [];
  if (config.userFile !== undefined && name === undefined) {
    throw new UsageError(`--store-user ${config.userFile}: its first line is not NAME:PASSWORD.`);
  }
  return {
    endpoints: config.endpoints,
    user: name === undefined || password === undefined ? undefined : { name, password },
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}
