/**
 * An app's container to the root file system it asks for.
 *
 * `docker.image` names an image of a registry, or, as `file:///…`, a directory or a tarball on the agent. A
 * MESOS container without an image sees the host.
 */

import type { RootFilesystem } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";
import { parseReference } from "../oci/reference.ts";
import type { ContainerJson } from "./app-schema.ts";

const imagePath = "/container/docker/image";

export function parseContainer(container: ContainerJson, faults: Faults): RootFilesystem {
  const image = container.docker?.image;
  const isDocker = container.type === "DOCKER";
  if (image === undefined || image === "") {
    if (container.docker !== undefined) faults.add(imagePath, "is missing");
    else if (isDocker)
      faults.add("/container/docker", "not defined: a container of type DOCKER needs its image");
    return { kind: "host" };
  }
  if (!image.startsWith("file://")) {
    const reference = parseReference(image);
    if (!reference.ok) faults.add(imagePath, reference.fault);
    const forcePull = container.docker?.forcePullImage ?? false;
    return { kind: "image", reference: image, forcePull, container: isDocker ? "docker" : "mesos" };
  }
  if (isDocker) {
    faults.add("/container/type", "must be MESOS for an image on the agents (file:///…)");
    return { kind: "host" };
  }
  const path = image.slice("file://".length);
  const fault = faultOfPath(path);
  if (fault !== undefined) faults.add(imagePath, fault);
  return { kind: "file", path };
}

/** Only the plain form, so that what is compared with the directories that are allowed is what is meant. */
export function faultOfPath(path: string): string | undefined {
  if (!path.startsWith("/")) return "must be an absolute path, with three slashes: file:///path";
  const segments = path.split("/").slice(1);
  if (segments.includes("") || path === "/") return "must name a file or directory, without doubled slashes";
  if (segments.includes("..") || segments.includes(".")) return "must not have the segments . or ..";
  return undefined;
}
