/**
 * What an app says of its container, as a task says it: secrets by where they are kept, and its owner's wishes in
 * their places.
 */

import { present } from "#base/assert.ts";
import type { AppDefinition } from "#model/app.ts";
import { referenceOf } from "#model/app-secrets.ts";
import type { ContainerNetwork } from "#model/container-network.ts";
import type { Volume } from "#model/container-volume.ts";
import { withNetworkWishes, withWishes } from "#model/container-wishes.ts";
import type { Resources } from "#model/resources.ts";
import type { SecretReference } from "#model/secret.ts";
import type { RootFilesystem, TaskSpec } from "#model/task.ts";

type Parts = Pick<
  TaskSpec,
  "root" | "limits" | "volumes" | "secretEnv" | "settings" | "controls" | "rlimits" | "network"
>;

export function containerOf(
  app: AppDefinition,
  resources: Resources,
  network: ContainerNetwork | undefined,
): Parts {
  const { wishes, secretEnv, limits } = app;
  const volumes = [...(app.volumes ?? []), ...secretVolumes(app), ...(wishes?.volumes ?? [])];
  const wished = wishes === undefined ? network : withNetworkWishes(network, wishes);
  return {
    root: rootOf(app),
    limits,
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(wished === undefined ? {} : { network: wished }),
    ...(secretEnv === undefined
      ? {}
      : {
          secretEnv: Object.fromEntries(
            Object.entries(secretEnv).map(([variable, name]) => [variable, known(app, name)]),
          ),
        }),
    ...(wishes === undefined || wishes.rlimits.length === 0 ? {} : { rlimits: wishes.rlimits }),
    ...(wishes === undefined ? {} : withWishes(wishes, { limits, resources })),
    ...(app.tty === true ? { settings: { ...wishes?.settings, tty: true } } : {}),
  };
}

const known = (app: AppDefinition, name: string): SecretReference =>
  present(referenceOf(app, name), "an app's rules ask for the secrets that it uses");

const secretVolumes = (app: AppDefinition): readonly Volume[] =>
  (app.secretMounts ?? []).map(({ containerPath, secret }) => ({
    containerPath,
    mode: "read-only",
    source: { kind: "secret", secret: known(app, secret) },
  }));

function rootOf(app: AppDefinition): RootFilesystem {
  const { root, pullSecret } = app;
  return root.kind !== "image" || pullSecret === undefined
    ? root
    : { ...root, pullSecret: known(app, pullSecret) };
}
