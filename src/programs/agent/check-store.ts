/**
 * Whether an agent may work on its data directory: it is none of a master's, and holds nothing that this release does not know.
 *
 * Nothing is changed here.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { agentKinds } from "#core/agent/records.ts";
import type { WholeStore } from "#ports/store.ts";
import { checkKinds } from "../store/check-kinds.ts";

const storedKinds: ReadonlySet<string> = new Set(
  Object.entries(agentKinds)
    .filter(([, { durability }]) => durability !== "memory")
    .map(([kind]) => kind),
);

export const checkAgentStore = (store: WholeStore, directory: string): Promise<void> =>
  checkKinds(store, `The agent's store in ${directory}`, storedKinds);

/** An agent would find nothing there, and begin as a new one among the master's files. */
export function refuseMasterDirectory(directory: string): void {
  if (!existsSync(join(directory, "master.db")) && !existsSync(join(directory, "cluster-id"))) return;
  throw new Error(
    `${directory} is the data directory of a master. Nothing was changed. Give the agent a directory of its own ` +
      "with --data.",
  );
}
