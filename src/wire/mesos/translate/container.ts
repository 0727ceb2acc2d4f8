/**
 * The containers in which frameworks want their tasks: our root file systems, or a refusal that names what
 * agents do not offer.
 *
 * An image is one of a registry, or one that lies on the agent, named `file:///…`, as in apps.
 */

import type { RootFilesystem, TaskSpec } from "#model/task.ts";
import { parseReference } from "../../oci/reference.ts";
import type { MessageOf } from "../proto/tables.ts";
import { settingsMessages } from "./container-settings.ts";
import { networkMessage } from "./networks.ts";
import { rlimitsMessage } from "./rlimits.ts";
import { pullSecretFromMessage } from "./secret.ts";
import { type Translated, translated, untranslated } from "./translated.ts";
import { imageMessage, volumeMessages } from "./volumes.ts";

type Message = MessageOf<"ContainerInfo">;
type ImageRoot = Extract<RootFilesystem, { readonly kind: "image" }>;

export function rootFromMessage(message: Message | undefined): Translated<RootFilesystem> {
  if (message === undefined) return translated({ kind: "host" });
  const refused = unsupported(message);
  if (refused !== undefined) return untranslated(`${refused} is not supported by this version of Unum`);
  if (message.type === "DOCKER") return rootOfDocker(message.docker);
  const image = message.mesos?.image;
  if (image === undefined) return translated({ kind: "host" });
  const { docker } = image;
  if (image.type !== "DOCKER" || docker === undefined)
    return untranslated("Images of type APPC are not supported by this version of Unum");
  if (!docker.name.startsWith("file://")) {
    const secret = pullSecretFromMessage(docker.config);
    if (!secret.ok) return secret;
    return registryImage(docker.name, image.cached === false, "mesos", secret.value);
  }
  const path = docker.name.slice("file://".length);
  return isPlainPath(path)
    ? translated({ kind: "file", path })
    : untranslated(`Image ${docker.name} must be an absolute path without doubled slashes, '.' and '..'`);
}

function rootOfDocker(docker: Message["docker"]): Translated<RootFilesystem> {
  if (docker === undefined)
    return untranslated("DockerInfo 'docker' is not set for DOCKER typed ContainerInfo");
  return registryImage(docker.image, docker.force_pull_image === true, "docker", {});
}

function registryImage(
  name: string,
  forcePull: boolean,
  container: "mesos" | "docker",
  secret: Pick<ImageRoot, "pullConfig" | "pullSecret">,
): Translated<RootFilesystem> {
  const reference = parseReference(name);
  if (!reference.ok) return untranslated(`Image '${name}' ${reference.fault}`);
  return translated({ kind: "image", reference: name, forcePull, container, ...secret });
}

function unsupported(message: Message): string | undefined {
  return message.type === "MESOS" && message.docker !== undefined ? "A container of two types" : undefined;
}

/** Only the plain form, so that what is compared with the directories that are allowed is what is meant. */
const isPlainPath = (path: string): boolean =>
  path.startsWith("/") &&
  path
    .slice(1)
    .split("/")
    .every((segment) => !["", ".", ".."].includes(segment));

/** Without secrets: everybody who may look at a task sees it. */
export function containerMessage({
  root,
  rlimits,
  volumes,
  network,
  settings,
}: Pick<TaskSpec, "root" | "rlimits" | "volumes" | "network" | "settings">): Message | undefined {
  const message = messageOfRoot(root);
  const { container, docker } = networkMessage(network, message?.type === "DOCKER");
  const { linux, docker: asked } = settingsMessages(settings);
  if ([rlimits, volumes, network, settings].every((each) => each === undefined)) return message;
  return {
    ...(message ?? { type: "MESOS" }),
    ...(message?.docker === undefined ? {} : { docker: { ...message.docker, ...docker, ...asked } }),
    ...(linux === undefined ? {} : { linux_info: linux }),
    ...(settings?.tty === true ? { tty_info: {} } : {}),
    ...container,
    ...(volumes === undefined ? {} : { volumes: volumeMessages(volumes) }),
    ...(rlimits === undefined ? {} : { rlimit_info: rlimitsMessage(rlimits) }),
  };
}

function messageOfRoot(root: RootFilesystem): Message | undefined {
  switch (root.kind) {
    case "host":
      return undefined;
    case "file":
      return { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: `file://${root.path}` } } } };
    case "image":
      return root.container === "docker"
        ? { type: "DOCKER", docker: { image: root.reference, force_pull_image: root.forcePull } }
        : {
            type: "MESOS",
            mesos: {
              image: imageMessage(root),
            },
          };
    default:
      return root satisfies never;
  }
}
