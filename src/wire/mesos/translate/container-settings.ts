/**
 * What a container asks for beside its files, volumes and networks, in Mesos's words (`linux_info`, `tty_info`) and
 * in Docker's (`privileged`, `parameters`), both ways.
 *
 * What no agent can do is refused by its name; what an agent may not allow is left for it to say.
 */

import { capabilityNames } from "#model/capabilities.ts";
import { type CapabilityChange, type ContainerSettings, isProfileName } from "#model/container-settings.ts";
import type { ContainerWishes } from "#model/container-wishes.ts";
import { parseParameters } from "../../docker/parameters.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type ContainerMessage = MessageOf<"ContainerInfo">;
type LinuxMessage = MessageOf<"LinuxInfo">;

const MEBIBYTE = 1024 * 1024;

export function wishesFromMessage(message: ContainerMessage | undefined): Translated<ContainerWishes> {
  const docker = message?.type === "DOCKER" ? message.docker : undefined;
  const parsed = parseParameters(docker?.parameters ?? []);
  if (!parsed.ok) return untranslated(parsed.fault);
  const linux = linuxFromMessage(message?.linux_info);
  if (!linux.ok) return linux;
  const settings: ContainerSettings = {
    ...linux.value,
    ...parsed.value.settings,
    ...(docker?.privileged === true ? { privileged: true } : {}),
    ...(message?.tty_info === undefined ? {} : { tty: true }),
  };
  return translated({ ...parsed.value, settings });
}

function linuxFromMessage(linux: LinuxMessage | undefined): Translated<ContainerSettings> {
  if (linux === undefined) return translated({});
  const { capability_info: old, effective_capabilities: newer, bounding_capabilities: most } = linux;
  const { seccomp, ipc_mode: ipc, shm_size: shm, share_pid_namespace: sharesPids } = linux;
  if (old !== undefined && newer !== undefined)
    return untranslated("Only one of 'capability_info' and 'effective_capabilities' may be set");
  const effective = namesOf(newer ?? old);
  const bounding = namesOf(most);
  const beyond = effective?.find((name) => bounding !== undefined && !bounding.includes(name));
  if (beyond !== undefined)
    return untranslated(`The effective capability ${beyond} is not among the bounding capabilities`);
  const filter = filterFault(seccomp);
  if (filter !== undefined) return untranslated(filter);
  if (sharesPids === true)
    return untranslated(
      "Sharing a process namespace (container.linux_info.share_pid_namespace) is not supported",
    );
  if (shm !== undefined && ipc === "SHARE_PARENT")
    return untranslated("'shm_size' may only be set for a container with an ipc namespace of its own");
  const capabilities: CapabilityChange = {
    ...(effective === undefined ? {} : { effective }),
    ...(bounding === undefined ? {} : { bounding }),
  };
  return translated({
    ...(effective === undefined && bounding === undefined ? {} : { capabilities }),
    ...(seccomp?.unconfined === true ? { unconfined: true } : {}),
    ...(seccomp?.profile_name === undefined ? {} : { seccompProfile: seccomp.profile_name }),
    ...(ipc === "SHARE_PARENT" ? { hostIpc: true } : {}),
    ...(shm === undefined ? {} : { shmBytes: shm * MEBIBYTE }),
  });
}

/** One or the other, as with Mesos. */
function filterFault(seccomp: LinuxMessage["seccomp"]): string | undefined {
  if (seccomp === undefined) return undefined;
  const { profile_name: name, unconfined = false } = seccomp;
  if (name === undefined)
    return unconfined ? undefined : "'seccomp' needs a 'profile_name' where it is not 'unconfined'";
  if (unconfined) return "'seccomp' has a 'profile_name' although it is 'unconfined'";
  return isProfileName(name)
    ? undefined
    : `'seccomp.profile_name' must be the name of a file, and ${JSON.stringify(name.slice(0, 200))} is none`;
}

const namesOf = (info: MessageOf<"CapabilityInfo"> | undefined): readonly string[] | undefined =>
  info?.capabilities === undefined ? undefined : info.capabilities.filter((name) => name !== "UNKNOWN");

/** As it was asked for. */
export function settingsMessages(settings: ContainerSettings | undefined): {
  readonly linux: LinuxMessage | undefined;
  readonly docker: Pick<MessageOf<"ContainerInfo.DockerInfo">, "privileged" | "parameters">;
} {
  const { parameters, privileged, capabilities, unconfined, seccompProfile, hostIpc, shmBytes } =
    settings ?? {};
  // What Docker's parameters said is shown in them alone.
  const isDocker = parameters !== undefined;
  const linux: LinuxMessage = {
    ...(capabilities?.bounding === undefined
      ? {}
      : { bounding_capabilities: { capabilities: known(capabilities.bounding) } }),
    ...(capabilities?.effective === undefined
      ? {}
      : { effective_capabilities: { capabilities: known(capabilities.effective) } }),
    ...(unconfined === true && !isDocker ? { seccomp: { unconfined } } : {}),
    ...(seccompProfile === undefined ? {} : { seccomp: { profile_name: seccompProfile } }),
    ...(hostIpc === true && !isDocker ? { ipc_mode: "SHARE_PARENT" as const } : {}),
    ...(shmBytes === undefined || isDocker ? {} : { shm_size: Math.round(shmBytes / MEBIBYTE) }),
  };
  return {
    linux: Object.keys(linux).length === 0 ? undefined : linux,
    docker: {
      ...(privileged === true ? { privileged } : {}),
      ...(parameters === undefined ? {} : { parameters }),
    },
  };
}

const known = (names: readonly string[]): readonly EnumOf<"CapabilityInfo.Capability">[] =>
  names.filter((name): name is EnumOf<"CapabilityInfo.Capability"> => capabilityNames.includes(name));
