/**
 * Which directories of an agent are bounded by their file systems: sandboxes with what their tasks write over their
 * images, and persistent volumes, where XFS keeps project quota.
 *
 * Where it does not, or cannot, nothing happens here: sandboxes are measured then, and the operator is told once.
 */

import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { HeldContainer } from "../backend.ts";
import { findXfsProjects, type ProjectBounds, type XfsProjects } from "./xfs-projects.ts";

export type DiskProjectsOptions = {
  readonly bounds: ProjectBounds;
  /** A sentence for the operator. */
  readonly report: (sentence: string) => void;
};

export class DiskProjects {
  readonly #options: DiskProjectsOptions;
  /** By the device of the file system. */
  readonly #found = new Map<number, Promise<XfsProjects | undefined>>();
  #lastSentence: string | undefined;

  constructor(options: DiskProjectsOptions) {
    this.#options = options;
  }

  /** `isNew`: with what is in it already, and what its container writes over its image. */
  async boundSandbox(container: HeldContainer, isNew: boolean): Promise<void> {
    const { sandbox, sharedSandbox, directory, diskBytesMax } = container;
    // Those of a group share what they do not have alone, so that they are measured.
    if (diskBytesMax === undefined || sharedSandbox !== undefined) return;
    const projects = await this.#of(sandbox);
    // By its link, whose path has no name of a user's making.
    const layers = ["upper", "work"].map((name) => join(directory, name)).filter((path) => existsSync(path));
    const trees = [`${directory}/sandbox/.`, ...layers];
    await this.#bound(projects, sandbox, isNew || projects?.has(sandbox) !== true ? trees : [], diskBytesMax);
  }

  async boundVolume(directory: string, bytesMax: number): Promise<void> {
    const projects = await this.#of(directory);
    await this.#bound(projects, directory, projects?.has(directory) === true ? [] : [directory], bytesMax);
  }

  /** What each bounded directory takes now, by its path. */
  async usedBytes(): Promise<ReadonlyMap<string, number>> {
    const all = await Promise.all([...this.#found.values()]);
    const used = await Promise.all(all.map((projects) => projects?.usedBytes()));
    return new Map(used.flatMap((map) => [...(map ?? [])]));
  }

  async #bound(
    projects: XfsProjects | undefined,
    directory: string,
    trees: readonly string[],
    bytesMax: number,
  ): Promise<void> {
    const failure = await projects?.bound(directory, trees, bytesMax);
    if (failure === undefined) return;
    const sentence = `the disk of ${directory} cannot be bounded by its file system: ${failure}`;
    if (failure !== this.#lastSentence) this.#options.report(sentence);
    this.#lastSentence = failure;
  }

  async #of(directory: string): Promise<XfsProjects | undefined> {
    const { dev } = await stat(directory);
    const found = this.#found.get(dev) ?? this.#open(directory);
    this.#found.set(dev, found);
    return await found;
  }

  async #open(directory: string): Promise<XfsProjects | undefined> {
    const projects = await findXfsProjects(directory, this.#options.bounds);
    projects?.open();
    return projects;
  }
}
