/**
 * What `unum restore` is told: which backup, and into which store.
 */

import { resolve } from "node:path";
import { Flags, UsageError } from "../flags.ts";
import { parseStore, type StoreConfig, storeFlags } from "../master/store-flags.ts";

export type RestoreOptions = {
  /** `-`: standard input. */
  readonly file: string;
  readonly into:
    | { readonly kind: "embedded"; readonly directory: string }
    | (StoreConfig & { readonly kind: "etcd" });
  /** Where what is replaced in etcd is kept. */
  readonly directory: string;
  readonly replace: boolean;
  readonly json: boolean;
};

export const restoreHelp = `unum restore: puts a backup into an empty store, from which a master then starts.

  unum restore FILE|- --data DIR | --store URL [OPTION…]

  --data DIR            of a master that keeps its state in a file (with \`unum up\`: DIR/master of its --data)
  --store URL           etcd://HOST:PORT[,HOST:PORT…][/PREFIX], or etcds:// for TLS, as of \`unum master\`
  --store-ca FILE, --store-cert FILE, --store-key FILE, --store-user FILE
                        as of \`unum master\`
  --replace             also into a store that holds something: that is moved aside first, a file under another
                        name, or etcd's rows as a backup in the current directory
  --json                say what was done as JSON

The masters must not run. Nothing is written before the whole backup was found to be well, and then all of it or nothing.
It is the same cluster afterwards: masters need the token that they had, and agents that know it come back by themselves,
with their tasks. What was decided after the backup was made is not known any more.
`;

export function parseRestoreOptions(argv: readonly string[], workingDirectory: string): RestoreOptions {
  const [file, ...rest] = argv;
  if (file === undefined || (file.startsWith("-") && file !== "-"))
    throw new UsageError("Which backup is to be restored? Name its file first, or - for standard input.");
  const flags = new Flags(rest, { data: "text", replace: "switch", json: "switch", ...storeFlags });
  const store = parseStore(flags, workingDirectory);
  const data = flags.text("data");
  if ((data === undefined) === (store.kind === "embedded"))
    throw new UsageError("Say where to: either --data DIR or --store URL.");
  return {
    file: file === "-" ? file : resolve(workingDirectory, file),
    into:
      store.kind === "etcd" ? store : { kind: "embedded", directory: resolve(workingDirectory, data ?? ".") },
    directory: workingDirectory,
    replace: flags.has("replace"),
    json: flags.has("json"),
  };
}
