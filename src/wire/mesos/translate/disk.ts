/**
 * What a disk resource says of its disk, its volume and its persistence, between Mesos's messages and ours.
 */

import type { DiskInfo, DiskSource } from "#model/resource.ts";
import type { MessageOf } from "../proto/tables.ts";
import { labelList, labelListMessage } from "./basics.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type SourceMessage = MessageOf<"Resource.DiskInfo.Source">;

export const diskMessage = ({ persistence, volume, source }: DiskInfo): MessageOf<"Resource.DiskInfo"> => ({
  persistence,
  volume:
    volume === undefined
      ? undefined
      : {
          mode: volume.mode === "read-only" ? "RO" : "RW",
          container_path: volume.containerPath,
          host_path: volume.hostPath,
        },
  source: source === undefined ? undefined : sourceMessage(source),
});

const sourceTypes = { path: "PATH", mount: "MOUNT", block: "BLOCK", raw: "RAW" } as const;

function sourceMessage({ type, root, id, profile, vendor, metadata }: DiskSource): SourceMessage {
  return {
    type: sourceTypes[type],
    path: type === "path" && root !== undefined ? { root } : undefined,
    mount: type === "mount" && root !== undefined ? { root } : undefined,
    vendor,
    id,
    metadata: labelListMessage(metadata),
    profile,
  };
}

export function diskFromMessage(message: MessageOf<"Resource.DiskInfo">): Translated<DiskInfo> {
  const { persistence, volume, source } = message;
  if (volume?.image !== undefined) return untranslated("Volumes with images are not supported on disks");
  if (volume?.source !== undefined) return untranslated("Volumes with a source are not supported on disks");
  const from = source === undefined ? undefined : sourceFromMessage(source);
  if (from !== undefined && !from.ok) return from;
  return translated({
    persistence:
      persistence === undefined ? undefined : { id: persistence.id, principal: persistence.principal },
    volume:
      volume === undefined
        ? undefined
        : {
            containerPath: volume.container_path,
            mode: volume.mode === "RO" ? "read-only" : "read-write",
            hostPath: volume.host_path,
          },
    source: from?.value,
  });
}

function sourceFromMessage(message: SourceMessage): Translated<DiskSource> {
  const { path, mount, vendor, id, metadata, profile } = message;
  const type = diskTypeFromMessage(message.type);
  if (type === undefined) return untranslated("Unsupported 'DiskInfo.Source.Type'");
  const root = type === "path" ? path?.root : type === "mount" ? mount?.root : undefined;
  return translated({ type, root, id, profile, vendor, metadata: labelList(metadata) });
}

export function diskTypeFromMessage(type: SourceMessage["type"]): DiskSource["type"] | undefined {
  switch (type) {
    case "PATH":
      return "path";
    case "MOUNT":
      return "mount";
    case "BLOCK":
      return "block";
    case "RAW":
      return "raw";
    case "UNKNOWN":
      return undefined;
    default:
      return type satisfies never;
  }
}
