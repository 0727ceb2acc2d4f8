/**
 * Gives files the labels that SELinux wants of them: sandboxes their container's own, persistent volumes one that any
 * container may use. A path of the host's keeps the label that its operator gave it.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerSpec } from "#ports/containers.ts";
import type { BoundVolume } from "../../volumes/volumes.ts";
import type { HeldContainer } from "../backend.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { runProgram } from "../programs.ts";
import {
  detectSecurity,
  type SecurityLabels,
  type SecurityWish,
  securityLabels,
  sharedFilesLabel,
} from "./security-labels.ts";

/** Undefined: nothing is wished for. Throws `LaunchRefusal`. */
export function labelsOf(
  wish: SecurityWish,
  container: HeldContainer,
  root: string = "/",
): SecurityLabels | undefined {
  if (!wish.selinux && wish.appArmorProfile === undefined) return undefined;
  return securityLabels(wish, detectSecurity(root), container);
}

/** `volumes`: of the task's, in the same order. */
export async function labelFiles(
  labels: SecurityLabels | undefined,
  { directory, sandbox, sharedSandbox }: HeldContainer,
  spec: Pick<ContainerSpec, "volumes">,
  volumes: readonly BoundVolume[],
): Promise<void> {
  if (labels?.files === undefined) return;
  // An overlay has one label for all of its files, said when the lane mounts it.
  writeFileSync(join(directory, "context"), `${labels.files}\n`);
  const own = [sandbox, ...(sharedSandbox === undefined ? [] : [sharedSandbox])];
  await change(["-R", labels.files, ...own]);
  const persistent = (spec.volumes ?? []).flatMap(({ source }, index) => {
    const volume = volumes[index];
    return source.kind === "persistent" && volume !== undefined && "source" in volume ? [volume.source] : [];
  });
  // What is made in it later has its label.
  if (persistent.length > 0) await change([sharedFilesLabel, ...persistent]);
}

async function change(words: readonly string[]): Promise<void> {
  const { failure } = await runProgram("chcon", [...words]);
  if (failure !== undefined) throw new LaunchRefusal(`its files cannot be labelled for SELinux: ${failure}`);
}
