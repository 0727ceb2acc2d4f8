/**
 * The forms in which rooms store rows, found by running simulated clusters: of each durable kind its version, a few rows, and
 * what every row of it has.
 */

import type { StoredRow } from "#ports/store.ts";
import { Disk } from "#sim/fake-store.ts";
import { runSeed } from "#sim/scenario.ts";

export type StoredForm = {
  readonly version: number;
  /** Paths that every row had, each with the types that were seen there: `definition.cpus number`. */
  readonly always: readonly string[];
  /** The same of those that any row had. */
  readonly sometimes: readonly string[];
  readonly rows: readonly { readonly id: string; readonly value: unknown }[];
};

export type StoredForms = Readonly<Record<string, StoredForm>>;

/** As many as it takes for every kind. */
export const formSeeds = Array.from({ length: 10 }, (_, index) => index + 1);

const samplesMax = 3;

type Gathered = {
  version: number;
  readonly samples: Map<string, { readonly id: string; readonly value: unknown }>;
  readonly paths: Paths;
};

export function gatherForms(seeds: readonly number[]): StoredForms {
  const kinds = new Map<string, Gathered>();
  const open = Disk.prototype.open;
  Disk.prototype.open = function (...given) {
    const store = open.apply(this, given);
    return {
      ...store,
      commit: (rows, done) => {
        for (const row of rows) gather(kinds, row);
        store.commit(rows, done);
      },
    };
  };
  try {
    for (const seed of seeds) runSeed(seed);
  } finally {
    Disk.prototype.open = open;
  }
  return Object.fromEntries(
    [...kinds]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([kind, { version, samples, paths }]) => [
        kind,
        { version, always: paths.list(true), sometimes: paths.list(false), rows: [...samples.values()] },
      ]),
  );
}

function gather(kinds: Map<string, Gathered>, { kind, id, version, value }: StoredRow): void {
  if (value === undefined) return;
  const found = kinds.get(kind) ?? { version, samples: new Map(), paths: new Paths() };
  kinds.set(kind, found);
  const parsed: unknown = JSON.parse(value);
  const paths = found.paths.add(parsed);
  // One of each shape, the largest last.
  if (found.samples.size < samplesMax) found.samples.set(paths, { id, value: parsed });
}

/** Where which types were seen, and how often beside how often what holds them. */
class Paths {
  readonly #seen = new Map<string, { count: number; readonly types: Set<string> }>();

  /** All of them, as one text. */
  add(value: unknown): string {
    const paths: string[] = [];
    this.#walk("", value, paths);
    return paths.sort().join();
  }

  list(always: boolean): readonly string[] {
    return [...this.#seen]
      .filter(([path]) => path !== "" && (!always || this.#isAlways(path)))
      .map(([path, { types }]) => `${path} ${[...types].sort().join("|")}`)
      .sort();
  }

  #isAlways(path: string): boolean {
    if (path === "") return true;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf(".")));
    const holder = this.#seen.get(parent);
    return this.#seen.get(path)?.count === holder?.count && this.#isAlways(parent);
  }

  #walk(path: string, value: unknown, paths: string[]): void {
    const found = this.#seen.get(path) ?? { count: 0, types: new Set() };
    this.#seen.set(path, found);
    found.count += 1;
    const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    found.types.add(type);
    paths.push(path);
    if (type !== "object") return;
    for (const [name, member] of Object.entries(value as object)) {
      // A name that somebody chose is no part of a form.
      if (/^[a-z][A-Za-z]*$/.test(name)) this.#walk(path === "" ? name : `${path}.${name}`, member, paths);
    }
  }
}
