/**
 * Which cluster a store is of: a row that its first leader makes, and a file beside a master that says whose it is.
 *
 * A master that was once of one cluster does not become another's by a wrong prefix or a wrong directory: its agents' tasks
 * would be strangers there, and be ended.
 */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KindPolicy } from "#ports/room.ts";
import type { Store, StoredRow } from "#ports/store.ts";
import { writeFileWhole } from "#shell/process/files.ts";
import { commitRows, loadRows } from "../store/calls.ts";

export const clusterKind = {
  cluster: { durability: "durable", version: 1 },
} as const satisfies Readonly<Record<string, KindPolicy>>;

export type ClusterIdentity = { readonly id: string; readonly createdAt: string };

const rowId = "self";

/** Of the store's cluster; made if it has none yet. Throws when the directory is another cluster's. */
export async function identify(store: Store, where: string, dataDirectory: string): Promise<ClusterIdentity> {
  const [row] = await loadRows(store, ["cluster"]);
  const found = row === undefined ? undefined : parseIdentity(row);
  const file = join(dataDirectory, "cluster-id");
  const ours = readText(file);
  if (ours !== undefined && ours !== found?.id) {
    throw new Error(
      `${dataDirectory} is the directory of a master of cluster ${ours}, but ${where} ` +
        `${found === undefined ? "holds none" : `holds cluster ${found.id}`}. Nothing was changed. Give the store or the ` +
        `directory that belong together; to take this directory for another cluster, remove ${file}.`,
    );
  }
  const identity = found ?? { id: randomUUID(), createdAt: new Date().toISOString() };
  if (found === undefined) {
    await commitRows(store, [
      { kind: "cluster", id: rowId, version: clusterKind.cluster.version, value: JSON.stringify(identity) },
    ]);
  }
  if (ours === undefined) writeFileWhole(file, `${identity.id}\n`, 0o644);
  return identity;
}

/** Undefined: it is not what a master wrote. */
export function parseIdentity({ value = "null" }: Pick<StoredRow, "value">): ClusterIdentity | undefined {
  const { id, createdAt } = (JSON.parse(value) ?? {}) as Partial<ClusterIdentity>;
  return typeof id === "string" && typeof createdAt === "string" ? { id, createdAt } : undefined;
}

/** One that is empty says nothing: a machine that lost its power may leave such. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
