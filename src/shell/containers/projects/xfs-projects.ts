/**
 * Hard bounds on directories, held by XFS's project quota: a directory and all that is ever made in it is a project,
 * with a number that no other directory of that file system has.
 *
 * Numbers are claimed on the file system itself, which all agents that use it share and which keeps them as long as
 * the directories. Whoever writes beyond a bound is told that the disk is full.
 */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { LinkClaims } from "../link-claims.ts";
import { findProgram, runProgram } from "../programs.ts";

export type ProjectBounds = { readonly first: number; readonly last: number };

/** Mesos's own. */
export const usualProjects: ProjectBounds = { first: 5_000, last: 10_000 };

const CLAIMS = ".unum-projects";
const KIBIBYTE = 1_024;

export class XfsProjects {
  /** Where the file system is mounted. */
  readonly mount: string;
  readonly #bounds: ProjectBounds;
  readonly #claims: LinkClaims;
  readonly #numbers = new Map<string, number>();

  constructor(mount: string, bounds: ProjectBounds) {
    this.mount = mount;
    this.#bounds = bounds;
    this.#claims = new LinkClaims(join(mount, CLAIMS));
  }

  open(): void {
    for (const [number, directory] of this.#claims.open()) this.#numbers.set(directory, number);
  }

  has(directory: string): boolean {
    return this.#numbers.has(directory);
  }

  /**
   * Bounds the directory. `trees`: what is to count as its own, if not all of it does already; names without blanks.
   * Resolves to why it cannot be done, if so.
   */
  async bound(directory: string, trees: readonly string[], bytesMax: number): Promise<string | undefined> {
    const number = this.#numbers.get(directory) ?? this.#claim(directory);
    if (number === undefined) {
      const { first, last } = this.#bounds;
      return `all project numbers from ${first} to ${last} of ${this.mount} are taken: start the agent with more (--xfs-projects)`;
    }
    const blanks = trees.find((tree) => /\s/.test(tree));
    if (blanks !== undefined) return `its path has blanks, which xfs_quota does not take: ${blanks}`;
    const commands = [
      ...trees.map((tree) => `project -s -p ${tree} ${number}`),
      `limit -p bhard=${Math.ceil(bytesMax / KIBIBYTE)}k ${number}`,
    ];
    const args = ["-x", ...commands.flatMap((command) => ["-c", command]), this.mount];
    const { failure } = await runProgram("xfs_quota", args);
    // What is not bounded is not counted, either.
    if (failure !== undefined) this.#numbers.delete(directory);
    return failure;
  }

  /** What each directory takes now. */
  async usedBytes(): Promise<ReadonlyMap<string, number>> {
    const { output } = await runProgram("xfs_quota", ["-x", "-c", "report -p -n -N -b", this.mount]);
    const used = parseReport(output);
    return new Map([...this.#numbers].map(([directory, number]) => [directory, used.get(number) ?? 0]));
  }

  #claim(directory: string): number | undefined {
    const { first, last } = this.#bounds;
    const start = createHash("sha256").update(directory).digest().readUInt32BE();
    const number = this.#claims.take(last - first + 1, start, (index) => first + index, directory);
    if (number === undefined) return undefined;
    // Who had it before is gone.
    for (const [earlier, each] of this.#numbers) if (each === number) this.#numbers.delete(earlier);
    this.#numbers.set(directory, number);
    return number;
  }
}

/** `#5000 1024 0 5120 00 [--------]` a line, in KiB. */
export const parseReport = (text: string): ReadonlyMap<number, number> =>
  new Map(
    [...text.matchAll(/^#(\d+)\s+(\d+)\s/gm)].map(([, number, kibibytes]) => [
      Number(number),
      Number(kibibytes) * KIBIBYTE,
    ]),
  );

/** Undefined where a directory's file system has no project quota, or nobody to set it. */
export async function findXfsProjects(
  directory: string,
  bounds: ProjectBounds,
): Promise<XfsProjects | undefined> {
  const mount = mountWithQuota(await readFile("/proc/self/mountinfo", "utf8").catch(() => ""), directory);
  if (mount === undefined || (await findProgram("xfs_quota")) === undefined) return undefined;
  const [top, own] = await Promise.all([stat(mount), stat(directory)]);
  if (top.dev !== own.dev) return undefined;
  const { failure } = await runProgram("xfs_quota", ["-x", "-c", "state -p", mount]);
  return failure === undefined ? new XfsProjects(mount, bounds) : undefined;
}

/** Where the directory's file system is mounted, if it is XFS that accounts for projects. */
export function mountWithQuota(mountinfo: string, directory: string): string | undefined {
  let found: { readonly path: string; readonly hasQuota: boolean } | undefined;
  for (const line of mountinfo.split("\n")) {
    // `… root mountpoint options … - type source super-options`
    const [left, right] = line.split(" - ", 2);
    const [type, , options = ""] = right?.split(" ") ?? [];
    const path = left
      ?.split(" ")[4]
      ?.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (path === undefined || type === undefined) continue;
    const isAbove = directory === path || directory.startsWith(path === "/" ? "/" : `${path}/`);
    // A later one covers an earlier one of the same length.
    if (!isAbove || path.length < (found?.path.length ?? 0)) continue;
    found = {
      path,
      hasQuota: type === "xfs" && options.split(",").some((each) => /^(prjquota|pquota)$/.test(each)),
    };
  }
  return found?.hasQuota === true ? found.path : undefined;
}
