/**
 * The directories of persistent volumes: where each is, made, owned by who uses it, and wiped when it is destroyed.
 *
 * Below the agent's data for the root disk, below the disk's root for a `path`; a `mount` is itself the directory,
 * and only emptied. A volume whose contents could not be wiped is given to nobody.
 */

import { chownSync, lstatSync, mkdirSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { PersistentDirectory } from "#model/container-volume.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import type { Layout } from "../containers/layout.ts";
import type { DiskProjects } from "../containers/projects/disk-projects.ts";
import type { Owner } from "../sandbox/prepare.ts";
import { SandboxRemoval } from "../sandbox/removal.ts";
import type { HungDisks } from "./hung-disks.ts";

const MEBIBYTE = 1024 * 1024;
/** A file system's own, which comes back by itself. */
const ownNames: ReadonlySet<string> = new Set(["lost+found"]);

export class PersistentVolumes {
  readonly #layout: Layout;
  readonly #hung: HungDisks;
  readonly #removal: SandboxRemoval;
  readonly #projects: DiskProjects;
  /** By directory: undefined when it is gone, else why not. */
  readonly #wiping = new Map<string, Promise<string | undefined>>();

  constructor(layout: Layout, hung: HungDisks, projects: DiskProjects) {
    this.#layout = layout;
    this.#projects = projects;
    this.#hung = hung;
    this.#removal = new SandboxRemoval(layout.removed);
  }

  /** Before any container uses it; one that cannot be made is refused to those that would. */
  async create(volume: PersistentDirectory): Promise<void> {
    await this.prepare(volume, undefined).catch(() => undefined);
  }

  /** Its directory, there and in the hands of who uses it: of a shared one, who used it first. */
  async prepare(volume: PersistentDirectory, owner: Owner | undefined): Promise<string> {
    const directory = this.#directoryOf(volume);
    const fault = await this.#wiping.get(directory);
    if (fault !== undefined)
      throw new LaunchRefusal(`volume ${volume.id} still has contents of its predecessor: ${fault}`);
    const { disk } = volume;
    if (disk.kind !== "root") await this.#hung.refuseUnlessAnswers(disk.root, "write");
    try {
      if (volume.disk.kind !== "mount") {
        mkdirSync(dirname(directory), { recursive: true, mode: 0o711 });
        mkdirSync(directory, { mode: volume.isShared ? 0o755 : 0o750 });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST")
        throw new LaunchRefusal(`volume ${volume.id} cannot be made: ${(error as Error).message}`);
    }
    const status = lstatSync(directory, { throwIfNoEntry: false });
    if (status?.isDirectory() !== true)
      throw new LaunchRefusal(`volume ${volume.id} is not there: ${directory} is no directory`);
    const isUnused = status.uid === (process.geteuid?.() ?? 0);
    if (owner !== undefined && (isUnused || !volume.isShared)) chownSync(directory, owner.uid, owner.gid);
    if (volume.mebibytes !== undefined && volume.disk.kind !== "mount")
      await this.#projects.boundVolume(directory, volume.mebibytes * MEBIBYTE);
    return directory;
  }

  /** Resolves with why something is left of it, if so. */
  remove(volume: PersistentDirectory): Promise<string | undefined> {
    let directory: string;
    try {
      directory = this.#directoryOf(volume);
    } catch {
      // What names no directory never had one.
      return Promise.resolve(undefined);
    }
    const before = this.#wiping.get(directory) ?? Promise.resolve(undefined);
    const { disk } = volume;
    const wiped = before.then(async () => {
      if (disk.kind !== "root" && !(await this.#hung.answers(disk.root, "write")))
        return `the file system at ${disk.root} does not answer`;
      const fault = await (volume.disk.kind === "mount" ? this.#empty(directory) : this.#take(directory));
      if (fault === undefined && this.#wiping.get(directory) === wiped) this.#wiping.delete(directory);
      return fault;
    });
    this.#wiping.set(directory, wiped);
    return wiped;
  }

  async #take(directory: string): Promise<string | undefined> {
    await this.#removal.remove(directory);
    if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return undefined;
    // It could not be moved aside.
    return rm(directory, { recursive: true, force: true }).then(() => undefined, wordsOf);
  }

  async #empty(directory: string): Promise<string | undefined> {
    try {
      const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw error;
      });
      for (const name of names) {
        if (!ownNames.has(name)) await rm(join(directory, name), { recursive: true, force: true });
      }
      return undefined;
    } catch (error) {
      return wordsOf(error);
    }
  }

  #directoryOf({ role, id, disk }: PersistentDirectory): string {
    if (disk.kind !== "root" && !isAbsolute(disk.root))
      throw new LaunchRefusal(`the disk at ${JSON.stringify(disk.root)} has no absolute path`);
    // A role's name has no blanks.
    const names = [role.replaceAll("/", " "), id];
    if (names.some((name) => ["", ".", ".."].includes(name) || /[/\0]/.test(name)))
      throw new LaunchRefusal(`volume ${JSON.stringify(id)} of role ${role} cannot name a directory`);
    if (disk.kind === "mount") return disk.root;
    const volumes = disk.kind === "root" ? this.#layout.volumes : join(disk.root, "volumes");
    return join(volumes, "roles", ...names);
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
