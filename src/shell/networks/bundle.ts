/**
 * The network of a container as its bundle has it: which namespace it is started in, its host name, and the files in
 * its `/etc` that go with both.
 *
 * With the host's network a container has the host's names, beside those that it was given itself.
 */

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isHostNetwork } from "#model/container-network.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { HeldContainer } from "../containers/backend.ts";
import type { ContainerNetworks } from "./container-networks.ts";
import { resolverFor } from "./files.ts";

export type BundleNetwork = {
  /** Of its namespace; undefined: the host's. */
  readonly path: string | undefined;
  /** Undefined: the host's. */
  readonly hostname: string | undefined;
  /** In a network of its own; absent: the host's. */
  readonly address?: string | undefined;
  readonly files: readonly { readonly destination: string; readonly source: string }[];
};

/** Throws `LaunchRefusal`. */
export async function bundleNetwork(
  networks: ContainerNetworks,
  container: HeldContainer,
  spec: ContainerSpec,
): Promise<BundleNetwork> {
  const { network, sharesNetwork = false } = spec;
  if (network === undefined || isHostNetwork(network)) return ofHost(container, spec);
  const hosts = spec.settings?.hosts ?? [];
  const { files, ...joined } = await networks.join(container, network, sharesNetwork, hosts);
  return { ...joined, files: write(container, Object.entries(files)) };
}

function ofHost(container: HeldContainer, { network, settings }: ContainerSpec): BundleNetwork {
  const hostname = network?.hostname;
  const hosts = settings?.hosts ?? [];
  const files: [string, string][] = [];
  if (hostname !== undefined) files.push(["hostname", `${hostname}\n`]);
  if (hostname !== undefined || hosts.length > 0) {
    const own = hostname === undefined ? [] : [{ name: hostname, address: "127.0.1.1" }];
    const lines = [...own, ...hosts].map(({ name, address }) => `${address}\t${name}\n`);
    files.push(["hosts", `${readHosts()}\n${lines.join("")}`]);
  }
  if (network?.dns !== undefined) files.push(["resolv.conf", resolverFor(network.dns)]);
  return { path: undefined, hostname, files: write(container, files) };
}

/** Names must resolve in an image as they do on the host, whose network it has, unless it has names of its own. */
export const resolverFiles = ({ path, files }: BundleNetwork): readonly string[] =>
  (path === undefined ? ["/etc/resolv.conf", "/etc/hosts"] : []).filter(
    (each) =>
      statSync(each, { throwIfNoEntry: false })?.isFile() === true &&
      files.every(({ destination }) => destination !== each),
  );

function write(
  { directory }: HeldContainer,
  files: readonly (readonly [name: string, text: string])[],
): BundleNetwork["files"] {
  const place = join(directory, "names");
  if (files.length > 0) mkdirSync(place, { mode: 0o755, recursive: true });
  return files.map(([name, text]) => {
    const source = join(place, name);
    writeFileSync(source, text, { mode: 0o644 });
    return { destination: `/etc/${name}`, source };
  });
}

function readHosts(): string {
  return existsSync("/etc/hosts") ? readFileSync("/etc/hosts", "utf8") : "127.0.0.1\tlocalhost";
}
