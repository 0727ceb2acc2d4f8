/**
 * The containers in which frameworks want their tasks: our root file systems, or a refusal that names what
 * agents do not offer.
 *
 * An image is one of a registry, or one that lies on the agent, named `file:///…`, as in apps.
 */

import { limits } from "#base/limits.ts";
import type { RootFilesystem, TaskSpec } from "#model/task.ts";
import { decodeUtf8 } from "../../json/text.ts";
import { parseReference } from "../../oci/reference.ts";
import type { MessageOf } from "../proto/tables.ts";
import { rlimitsMessage } from "./rlimits.ts";
import { type Translated, translated, untranslated } from "./translated.ts";
import { volumeMessages } from "./volumes.ts";

type Message = MessageOf<"ContainerInfo">;

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
    const pullConfig = pullConfigOf(docker.config);
    if (!pullConfig.ok) return pullConfig;
    return registryImage(docker.name, image.cached === false, "mesos", pullConfig.value);
  }
  const path = docker.name.slice("file://".length);
  return isPlainPath(path)
    ? translated({ kind: "file", path })
    : untranslated(`Image ${docker.name} must be an absolute path without doubled slashes, '.' and '..'`);
}

function rootOfDocker(docker: Message["docker"]): Translated<RootFilesystem> {
  if (docker === undefined)
    return untranslated("DockerInfo 'docker' is not set for DOCKER typed ContainerInfo");
  const { image, network = "HOST", port_mappings: mappings = [], privileged, parameters = [] } = docker;
  const used = [
    [network !== "HOST", `The network ${network} (container.docker.network)`],
    [mappings.length > 0, "Mapping ports (container.docker.port_mappings)"],
    [privileged === true, "A privileged container (container.docker.privileged)"],
    [parameters.length > 0, "A parameter of Docker's (container.docker.parameters)"],
  ] as const;
  const refused = used.find(([isUsed]) => isUsed);
  return refused === undefined
    ? registryImage(image, docker.force_pull_image === true, "docker", undefined)
    : untranslated(`${refused[1]} is not supported by this version of Unum`);
}

function registryImage(
  name: string,
  forcePull: boolean,
  container: "mesos" | "docker",
  pullConfig: string | undefined,
): Translated<RootFilesystem> {
  const reference = parseReference(name);
  if (!reference.ok) return untranslated(`Image '${name}' ${reference.fault}`);
  return translated({
    ...{ kind: "image", reference: name, forcePull, container },
    ...(pullConfig === undefined ? {} : { pullConfig }),
  });
}

/** Who the task is at its registry. Only what is in the message itself is read. */
function pullConfigOf(secret: MessageOf<"Secret"> | undefined): Translated<string | undefined> {
  if (secret === undefined) return translated(undefined);
  if (secret.value === undefined)
    return untranslated(
      "A secret by reference (image.docker.config) is not supported by this version of Unum",
    );
  const text = decodeUtf8(secret.value.data);
  return text === undefined || text.length > limits.stringLengthMax
    ? untranslated("The secret image.docker.config is no text, or too long")
    : translated(text);
}

function unsupported(message: Message): string | undefined {
  if (message.type === "MESOS" && message.docker !== undefined) return "A container of two types";
  if (message.hostname !== undefined) return "A container's own host name (container.hostname)";
  if (message.linux_info !== undefined) return "A container's Linux settings (container.linux_info)";
  if (message.tty_info !== undefined) return "A container's terminal (container.tty_info)";
  const hasNetwork = (message.network_infos ?? []).some(
    (network) => network.name !== undefined || (network.port_mappings ?? []).length > 0,
  );
  return hasNetwork ? "A container's own network (container.network_infos)" : undefined;
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
}: Pick<TaskSpec, "root" | "rlimits" | "volumes">): Message | undefined {
  const message = messageOfRoot(root);
  if (rlimits === undefined && volumes === undefined) return message;
  return {
    ...(message ?? { type: "MESOS" }),
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
              image: { type: "DOCKER", docker: { name: root.reference }, cached: !root.forcePull },
            },
          };
    default:
      return root satisfies never;
  }
}
