/**
 * The volumes of a container (`ContainerInfo.volumes`), between Mesos's messages and ours.
 *
 * A path of the host may be said in the old way (`host_path`, where one that is not absolute is of the sandbox) or
 * as a source. Whether an agent allows it is the agent's to say.
 */

import { limits } from "#base/limits.ts";
import type { Volume, VolumeSource } from "#model/container-volume.ts";
import { parseReference } from "../../oci/reference.ts";
import type { MessageOf } from "../proto/tables.ts";
import { pullSecretFromMessage, secretFromMessage, secretMessage } from "./secret.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"Volume">;
type ImageSource = Extract<VolumeSource, { readonly kind: "image" }>;

/** Undefined: there are none. */
export function volumesFromMessages(
  messages: readonly Message[] | undefined,
): Translated<readonly Volume[] | undefined> {
  if (messages === undefined || messages.length === 0) return translated(undefined);
  if (messages.length > limits.volumesPerTaskMax)
    return untranslated(`it has ${messages.length} volumes; ${limits.volumesPerTaskMax} are possible`);
  const volumes: Volume[] = [];
  for (const message of messages) {
    const volume = volumeFromMessage(message);
    if (!volume.ok) return untranslated(`Invalid volume '${message.container_path}': ${volume.fault}`);
    volumes.push(volume.value);
  }
  return translated(volumes);
}

function volumeFromMessage(message: Message): Translated<Volume> {
  const { container_path: containerPath, mode } = message;
  if (!isPlain(containerPath))
    return untranslated("its path must not be the root, nor have doubled slashes, '.' or '..'");
  const source = sourceFromMessage(message);
  if (!source.ok) return source;
  return translated({
    containerPath: trimmed(containerPath),
    mode: mode === "RO" ? "read-only" : "read-write",
    source: source.value,
  });
}

function sourceFromMessage({ host_path: hostPath, image, source }: Message): Translated<VolumeSource> {
  if ([hostPath, image, source].filter((each) => each !== undefined).length > 1)
    return untranslated("Only one of 'host_path', 'image' and 'source' may be set");
  if (image !== undefined) return imageFromMessage(image);
  if (hostPath !== undefined)
    return hostPath.startsWith("/")
      ? checked(hostPath, { kind: "host", path: hostPath })
      : checked(hostPath, { kind: "sandbox", of: "self", path: trimmed(hostPath) });
  if (source === undefined) return untranslated("One of 'host_path', 'image' and 'source' must be set");
  const { type, host_path: host, sandbox_path: sandbox, secret } = source;
  if (type === "HOST_PATH") {
    if (host === undefined) return untranslated("'source.host_path' is not set for HOST_PATH volume");
    if (host.mount_propagation !== undefined && host.mount_propagation.mode === "BIDIRECTIONAL")
      return untranslated("Bidirectional mount propagation is not supported by this version of Unum");
    if (!host.path.startsWith("/")) return untranslated(`the host path '${host.path}' is not absolute`);
    return checked(host.path, { kind: "host", path: host.path });
  }
  if (type === "SANDBOX_PATH") {
    if (sandbox === undefined)
      return untranslated("'source.sandbox_path' is not set for SANDBOX_PATH volume");
    if (sandbox.type !== "SELF" && sandbox.type !== "PARENT")
      return untranslated("'source.sandbox_path.type' is unknown");
    if (sandbox.path.startsWith("/"))
      return untranslated(`the path '${sandbox.path}' in 'SANDBOX_PATH' volume is absolute`);
    const of = sandbox.type === "PARENT" ? "parent" : "self";
    return checked(sandbox.path, { kind: "sandbox", of, path: trimmed(sandbox.path) });
  }
  if (type === "SECRET") {
    if (secret === undefined) return untranslated("'source.secret' is not set for SECRET volume");
    const own = secretFromMessage(secret);
    return own.ok ? translated({ kind: "secret", secret: own.value }) : own;
  }
  return untranslated(`A volume of type ${type} is not supported by this version of Unum`);
}

function imageFromMessage({ type, docker, cached }: MessageOf<"Image">): Translated<VolumeSource> {
  if (type !== "DOCKER" || docker === undefined)
    return untranslated("Images of type APPC are not supported by this version of Unum");
  const reference = parseReference(docker.name);
  if (!reference.ok) return untranslated(`Image '${docker.name}' ${reference.fault}`);
  const secret = pullSecretFromMessage(docker.config);
  if (!secret.ok) return secret;
  return translated({ kind: "image", reference: docker.name, forcePull: cached === false, ...secret.value });
}

const checked = (path: string, source: VolumeSource): Translated<VolumeSource> =>
  isPlain(path)
    ? translated(source)
    : untranslated(`'${path}' must not be the root, nor have doubled slashes, '.' or '..'`);

const isPlain = (path: string): boolean =>
  path.length <= limits.stringLengthMax &&
  !path.includes("\0") &&
  trimmed(path)
    .replace(/^\//, "")
    .split("/")
    .every((segment) => !["", ".", ".."].includes(segment));

/** A slash at the end says nothing. */
const trimmed = (path: string): string => path.replace(/\/$/, "");

export const volumeMessages = (volumes: readonly Volume[]): readonly Message[] =>
  volumes
    .filter(({ source }) => source.kind !== "tmpfs")
    .map(({ containerPath, mode, source }) => ({
      container_path: containerPath,
      mode: mode === "read-only" ? "RO" : "RW",
      ...sourceMessage(source),
    }));

function sourceMessage(source: VolumeSource): Pick<Message, "source" | "image"> {
  switch (source.kind) {
    case "host":
      return { source: { type: "HOST_PATH", host_path: { path: source.path } } };
    case "sandbox": {
      const type = source.of === "self" ? "SELF" : "PARENT";
      return { source: { type: "SANDBOX_PATH", sandbox_path: { type, path: source.path } } };
    }
    case "secret":
      return { source: { type: "SECRET", secret: secretMessage(source.secret) } };
    case "image":
      return { image: imageMessage(source) };
    case "tmpfs":
      // Asked for in Docker's words, and shown in them.
      return {};
    default:
      return source satisfies never;
  }
}

/** Without what was said of it that nobody else may know. */
export const imageMessage = ({
  reference,
  forcePull,
  pullSecret,
}: Pick<ImageSource, "reference" | "forcePull" | "pullSecret">): MessageOf<"Image"> => ({
  type: "DOCKER",
  docker: {
    name: reference,
    ...(pullSecret === undefined ? {} : { config: secretMessage(pullSecret) }),
  },
  cached: !forcePull,
});
