/**
 * Values of secrets in what asks for a container: found, and taken out.
 *
 * A value is needed for one launch and kept by nobody: rows, reports and views are made of what
 * `withoutSecretValues` leaves. References stay; they give nothing away.
 */

import type { ContainerVolume, Volume } from "#model/container-volume.ts";
import type { Secret, SecretEnvironment } from "#model/secret.ts";
import type { RootFilesystem } from "#model/task.ts";

/** Whatever may hold secrets, of a task, an executor or a container. */
export type SecretHolder = {
  readonly root: RootFilesystem;
  readonly secretEnv?: SecretEnvironment | undefined;
  readonly volumes?: readonly Volume[] | undefined;
};

/** The members of a holder that have values in them; undefined: none has. */
export type SecretValues = Partial<SecretHolder>;

export function secretValuesOf({ root, secretEnv, volumes }: SecretHolder): SecretValues | undefined {
  const inRoot = root.kind === "image" && root.pullConfig !== undefined;
  const inEnv = Object.values(secretEnv ?? {}).some(isValue);
  const inVolumes = (volumes ?? []).some(hasValue);
  if (!inRoot && !inEnv && !inVolumes) return undefined;
  return {
    ...(inRoot ? { root } : {}),
    ...(inEnv ? { secretEnv } : {}),
    ...(inVolumes ? { volumes } : {}),
  };
}

/** The same object when it holds none. */
export function withoutSecretValues<Holder extends SecretHolder>(holder: Holder): Holder {
  const values = secretValuesOf(holder);
  if (values === undefined) return holder;
  const { root, secretEnv, volumes } = values;
  return {
    ...holder,
    ...(root === undefined ? {} : { root: withoutPullConfig(root) }),
    ...(secretEnv === undefined
      ? {}
      : {
          secretEnv: Object.fromEntries(
            Object.entries(secretEnv).map(([name, secret]) => [name, withoutValue(secret)]),
          ),
        }),
    ...(volumes === undefined ? {} : { volumes: volumes.map(withoutVolumeValue) }),
  };
}

const isValue = (secret: Secret): boolean => secret.kind === "value" && secret.data !== undefined;

const hasValue = ({ source }: Volume | ContainerVolume): boolean =>
  (source.kind === "secret" && isValue(source.secret)) ||
  (source.kind === "image" && source.pullConfig !== undefined);

const withoutValue = (secret: Secret): Secret => (secret.kind === "value" ? { kind: "value" } : secret);

function withoutVolumeValue(volume: Volume): Volume {
  const { source } = volume;
  if (source.kind === "secret")
    return { ...volume, source: { ...source, secret: withoutValue(source.secret) } };
  if (source.kind !== "image") return volume;
  const { pullConfig: _pullConfig, ...image } = source;
  return { ...volume, source: image };
}

function withoutPullConfig(root: RootFilesystem): RootFilesystem {
  if (root.kind !== "image") return root;
  const { pullConfig: _pullConfig, ...image } = root;
  return image;
}
