/**
 * The networks that this host's operator configured, in the files of the CNI specification.
 *
 * Read anew each time one is asked for: what an operator changes counts from the next container on.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { type CniNetwork, parseCniNetwork } from "#wire/cni/network-list.ts";

export type Catalog = {
  readonly networks: readonly CniNetwork[];
  /** Of files that could not be read, in the words of a sentence each. */
  readonly faults: readonly string[];
};

/** In the order of the files' names; of two networks of one name the first counts. */
export async function readCatalog(directory: string): Promise<Catalog> {
  const names = await readdir(directory).catch(() => [] as string[]);
  const files = names.filter((name) => /\.(conf|conflist|json)$/.test(name)).toSorted();
  const networks = new Map<string, CniNetwork>();
  const faults: string[] = [];
  for (const file of files.slice(0, limits.networkConfigurationsMax)) {
    const path = join(directory, file);
    const bytes = await readFile(path).catch((error: Error) => error);
    if (bytes instanceof Error) {
      faults.push(`${path} cannot be read: ${bytes.message}`);
      continue;
    }
    const network = parseCniNetwork(bytes);
    if (!network.ok) faults.push(`${path} ${network.fault}`);
    else if (!networks.has(network.value.name)) networks.set(network.value.name, network.value);
  }
  return { networks: [...networks.values()], faults };
}
