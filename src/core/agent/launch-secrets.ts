/**
 * Values of secrets that came with a task or an executor: kept in memory until its container is asked for.
 *
 * Invariant: they are in no row that is stored and in nothing that is sent. What an agent that died did not launch
 * it never launches, so nothing is lost with them.
 */

import type { ContainerVolume } from "#model/container-volume.ts";
import type { ContainerId } from "#model/ids.ts";
import { type SecretHolder, secretValuesOf } from "#model/secret-values.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";

export function keepLaunchSecrets(draft: Draft, containerId: ContainerId, spec: SecretHolder): void {
  const values = secretValuesOf(spec);
  if (values !== undefined) draft.launchSecrets.put(containerId, values);
}

const ofSameKind = <Given extends { readonly source: { readonly kind: string } }>(
  given: Given | undefined,
  bare: ContainerVolume,
): Given | undefined => (given?.source.kind === bare.source.kind ? given : undefined);

/** With its values in their places again, and here no more. */
export function takeLaunchSecrets(draft: Draft, spec: ContainerSpec): ContainerSpec {
  const values = draft.launchSecrets.get(spec.containerId);
  if (values === undefined) return spec;
  draft.launchSecrets.remove(spec.containerId);
  const { root, secretEnv, volumes } = values;
  const { volumes: bare = [] } = spec;
  return {
    ...spec,
    ...(root === undefined ? {} : { root }),
    ...(secretEnv === undefined ? {} : { secretEnv }),
    // Its own come first, before those of its resources; what others have become on the way here stays.
    ...(volumes === undefined
      ? {}
      : { volumes: bare.map((volume, index) => ofSameKind(volumes[index], volume) ?? volume) }),
  };
}
