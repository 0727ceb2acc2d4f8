/**
 * The sandboxes of an agent's containers: where each is, made ready, kept in bounds and taken away.
 *
 * A launch into a sandbox that is on its way out waits until its place is free, and so gets a fresh one.
 */

import type { ExecutorId, FrameworkId } from "#model/ids.ts";
import { fromMilli } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { FollowedOutputs } from "../exec/followed-output.ts";
import { type Owner, outputNames, prepareNestedSandbox, prepareSandbox } from "../sandbox/prepare.ts";
import { SandboxRemoval } from "../sandbox/removal.ts";
import { rotateOutput } from "../sandbox/rotate.ts";
import type { HeldContainer } from "./backend.ts";
import { type Layout, sandboxDirectory } from "./layout.ts";
import type { DiskProjects } from "./projects/disk-projects.ts";

export type SandboxesOptions = {
  readonly layout: Layout;
  readonly outputBytesMax: number;
  readonly outputFilesMax: number;
  readonly enforceDisk: boolean;
  /** What file systems themselves hold to their bounds. */
  readonly projects: DiskProjects;
  /** Who reads what tasks write. */
  readonly outputs: FollowedOutputs;
};

const MEBIBYTE = 1024 * 1024;

export class Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #removal: SandboxRemoval;

  constructor(options: SandboxesOptions) {
    this.#options = options;
    this.#removal = new SandboxRemoval(options.layout.removed);
  }

  /** Finishes what an earlier agent began to remove. */
  open(): Promise<void> {
    return this.#removal.open();
  }

  async prepare({ sandbox, sharedSandbox }: HeldContainer, owner: Owner | undefined): Promise<void> {
    await this.#removal.settled(sharedSandbox ?? sandbox);
    if (sharedSandbox === undefined) prepareSandbox(sandbox, owner);
    else prepareNestedSandbox(sharedSandbox, sandbox, owner);
  }

  /** After all that is put into it beforehand; `change`: it runs already, and may use another amount from now on. */
  async bound(container: HeldContainer, change?: "change"): Promise<void> {
    await this.#options.projects.boundSandbox(container, change === undefined);
  }

  async remove(frameworkId: FrameworkId, executorId: ExecutorId): Promise<void> {
    try {
      await this.#removal.remove(sandboxDirectory(this.#options.layout.sandboxes, frameworkId, executorId));
    } catch {
      // An id that names no directory: there is none.
    }
  }

  /** Undefined: as much as there is. Who asks for no disk is held to none. */
  diskBytesMaxOf({ resources }: Pick<ContainerSpec, "resources">): number | undefined {
    if (!this.#options.enforceDisk || resources.disk <= 0) return undefined;
    return Math.round(fromMilli(resources.disk) * MEBIBYTE);
  }

  async rotateOutputs(sandbox: string): Promise<void> {
    const { outputBytesMax, outputFilesMax, outputs } = this.#options;
    for (const name of outputNames) {
      const beforeCut = (): Promise<void> => outputs.beforeCut(sandbox, name);
      await rotateOutput(sandbox, name, outputBytesMax, outputFilesMax, beforeCut).catch(() => false);
    }
  }
}
