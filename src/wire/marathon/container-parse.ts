/**
 * An app's container to the root file system it asks for.
 *
 * A MESOS container with `docker.image: "file:///…"` is a directory or a tarball on the agent; one without an
 * image sees the host. Images from registries are not for this version.
 */

import type { RootFilesystem } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";
import type { ContainerJson } from "./app-schema.ts";

const imagePath = "/container/docker/image";

export function parseContainer(container: ContainerJson, faults: Faults): RootFilesystem {
  const image = container.docker?.image;
  if (container.type === "DOCKER") {
    faults.add(
      "/container/type",
      "DOCKER is not supported by this version of Unum; use MESOS, with an image file:///…",
    );
    return { kind: "host" };
  }
  if (image === undefined || image === "") {
    if (container.docker !== undefined) faults.add(imagePath, "is missing");
    return { kind: "host" };
  }
  if (!image.startsWith("file://")) {
    faults.add(
      imagePath,
      "images from a registry are not supported by this version of Unum; " +
        "use a directory or a tarball on the agents: file:///path",
    );
    return { kind: "host" };
  }
  const path = image.slice("file://".length);
  const fault = faultOfPath(path);
  if (fault !== undefined) faults.add(imagePath, fault);
  return { kind: "file", path };
}

/** Only the plain form, so that what is compared with the directories that are allowed is what is meant. */
function faultOfPath(path: string): string | undefined {
  if (!path.startsWith("/")) return "must be an absolute path, with three slashes: file:///path";
  const segments = path.split("/").slice(1);
  if (segments.includes("") || path === "/") return "must name a file or directory, without doubled slashes";
  if (segments.includes("..") || segments.includes(".")) return "must not have the segments . or ..";
  return undefined;
}
