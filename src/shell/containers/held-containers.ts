/**
 * Containers as files: what an agent that starts again needs to know them by.
 *
 * `container.json` is written before a launch, `started` by the lane after it. Nothing here starts or ends
 * anything.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { access, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { executorId } from "#model/ids.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Backend, HeldContainer } from "./backend.ts";
import { assignGpus } from "./gpus/assign.ts";
import type { Gpu } from "./gpus/nvidia.ts";
import { type Layout, sandboxDirectory } from "./layout.ts";
import { hostBootId, type ProcessIdentity, parseIdentity } from "./process-identity.ts";
import type { Sandboxes } from "./sandboxes.ts";

type Place = {
  readonly layout: Layout;
  readonly backend: Pick<Backend, "kind">;
  readonly sandboxes: Pick<Sandboxes, "diskBytesMaxOf">;
  readonly gpus: readonly Gpu[];
};

/** `others`: the agent's other containers. Throws `LaunchRefusal`, also for ids that can name no sandbox. */
export function describeContainer(
  spec: ContainerSpec,
  name: string,
  { layout, backend, sandboxes, gpus }: Place,
  others: readonly HeldContainer[],
): HeldContainer {
  const { containerId, frameworkId, executorId, nestedTaskId } = spec;
  const executorSandbox = sandboxDirectory(layout.sandboxes, frameworkId, executorId);
  return {
    ...{ containerId, frameworkId, executorId, nestedTaskId, name },
    directory: join(layout.containers, name),
    sandbox: sandboxDirectory(layout.sandboxes, frameworkId, executorId, nestedTaskId),
    sharedSandbox: nestedTaskId === undefined ? undefined : executorSandbox,
    diskBytesMax: sandboxes.diskBytesMaxOf(spec),
    ports: spec.resources.ports,
    gpus: assignGpus(gpus, new Set(others.flatMap((other) => other.gpus ?? [])), spec.resources),
    bootId: hostBootId(),
    kind: backend.kind,
  };
}

export function writeHeld(container: HeldContainer): void {
  mkdirSync(container.directory, { mode: 0o700 });
  writeFileSync(join(container.directory, "container.json"), JSON.stringify(container));
}

/** In the place of what was written before, whole at every instant. */
export async function rewriteHeld(container: HeldContainer): Promise<void> {
  const file = join(container.directory, "container.json");
  await writeFile(`${file}.new`, JSON.stringify(container));
  await rename(`${file}.new`, file);
}

/** Undefined when nothing readable is there. */
export async function readHeld(containers: string, name: string): Promise<HeldContainer | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(containers, name, "container.json"), "utf8"));
    const held = value as (Partial<HeldContainer> & { readonly taskId?: string }) | null;
    if (typeof held?.containerId !== "string" || typeof held.sandbox !== "string") return undefined;
    // Before there were executors a task's own id was written in the place of theirs.
    const executor = held.executorId ?? executorId(held.taskId ?? "");
    return { ...(held as HeldContainer), executorId: executor, name, directory: join(containers, name) };
  } catch {
    return undefined;
  }
}

/** Its first process, alive or not. Undefined when it has not started, or did before the host was restarted. */
export async function readStarted(container: HeldContainer): Promise<ProcessIdentity | undefined> {
  if (container.bootId !== hostBootId()) return undefined;
  const line = await readFile(join(container.directory, "started"), "utf8").catch(() => "");
  return parseIdentity(line);
}

/** As `readStarted`, but a launch still under way, of an agent that was killed, is given time to end. */
export async function awaitStarted(container: HeldContainer): Promise<ProcessIdentity | undefined> {
  const attempts = 30;
  for (let attempt = 0; attempt < attempts && container.bootId === hostBootId(); attempt += 1) {
    const started = await readStarted(container);
    if (started !== undefined) return started;
    await new Promise((resolve) => setTimeout(resolve, limits.launchSettleMs / attempts));
  }
  return undefined;
}

export const isHeld = (containers: string, name: string): Promise<boolean> =>
  access(join(containers, name)).then(
    () => true,
    () => false,
  );

export const heldNames = (containers: string): Promise<readonly string[]> => readdir(containers);

export async function removeHeld(containers: string, name: string): Promise<void> {
  await rm(join(containers, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
