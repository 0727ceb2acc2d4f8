/**
 * What an app asks of its container beside an image and volumes, both ways: Docker's parameters and `privileged`, and
 * for Mesos's containers `linuxInfo`.
 */

import type { AppDefinition, AppPatch } from "#model/app.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import { type ContainerWishes, isNoWish } from "#model/container-wishes.ts";
import { parseParameters } from "../docker/parameters.ts";
import type { Faults } from "../json/problem.ts";
import type { Json } from "./app-format.ts";
import type { ContainerJson, LinuxInfoJson } from "./app-schema.ts";

const MEBIBYTE = 1024 * 1024;

export function parseWishes(
  container: ContainerJson,
  base: AppDefinition,
  faults: Faults,
): Pick<AppPatch, "wishes"> {
  const isDocker = container.type === "DOCKER";
  const { privileged = false, parameters = [] } = container.docker ?? {};
  for (const [name, isUsed] of [
    ["privileged", privileged],
    ["parameters", parameters.length > 0],
  ] as const) {
    if (isUsed && !isDocker) faults.add(`/container/docker/${name}`, "is of containers of type DOCKER");
  }
  if (isDocker && Object.keys(container.linuxInfo ?? {}).length > 0)
    faults.add("/container/linuxInfo", "is of containers of type MESOS: say it in docker.parameters");
  const parsed = parseParameters(parameters);
  if (!parsed.ok) {
    faults.add(`/container/docker/parameters(${parsed.index})`, parsed.fault);
    return {};
  }
  const settings: ContainerSettings = {
    ...parseLinux(container.linuxInfo, "/container/linuxInfo", faults),
    ...parsed.value.settings,
    ...(privileged ? { privileged } : {}),
  };
  const wishes = withoutUndefined({ ...parsed.value, settings });
  if (!isNoWish(wishes)) return { wishes };
  return base.wishes === undefined ? {} : { wishes: undefined };
}

/** As it is kept, so that it is equal to what is read again. */
const withoutUndefined = (wishes: ContainerWishes): ContainerWishes =>
  Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined)) as ContainerWishes;

/** `path`: where it stands. */
export function parseLinux(
  linux: LinuxInfoJson | undefined,
  path: string,
  faults: Faults,
): Pick<ContainerSettings, "unconfined" | "hostIpc" | "shmBytes"> {
  const { seccomp, ipcInfo } = linux ?? {};
  if (seccomp?.profileName !== undefined)
    faults.add(`${path}/seccomp/profileName`, "is not supported by this version of Unum");
  else if (seccomp !== undefined && seccomp.unconfined !== true)
    faults.add(`${path}/seccomp`, "unconfined must be true where no profileName is given");
  if (ipcInfo?.shmSize !== undefined && ipcInfo.mode === "SHARE_PARENT")
    faults.add(`${path}/ipcInfo/shmSize`, "is of a container with an ipc namespace of its own");
  return {
    ...(seccomp?.unconfined === true ? { unconfined: true } : {}),
    ...(ipcInfo?.mode === "SHARE_PARENT" ? { hostIpc: true } : {}),
    ...(ipcInfo?.shmSize === undefined ? {} : { shmBytes: ipcInfo.shmSize * MEBIBYTE }),
  };
}

/** What goes into `container`, and into its `docker`. */
export function formatWishes({ root, wishes }: Pick<AppDefinition, "root" | "wishes">): {
  readonly container: Json;
  readonly docker: Json;
} {
  const { parameters, privileged } = wishes?.settings ?? {};
  if (root.kind === "image" && root.container === "docker")
    return {
      container: {},
      docker: {
        ...(privileged === true ? { privileged } : {}),
        ...(parameters === undefined ? {} : { parameters }),
      },
    };
  return { container: formatLinux(wishes?.settings ?? {}), docker: {} };
}

/** `linuxInfo`, if there is anything to say in it. */
export function formatLinux({ unconfined, hostIpc, shmBytes }: ContainerSettings): Json {
  const ipcInfo = {
    ...(hostIpc === true ? { mode: "SHARE_PARENT" } : {}),
    ...(shmBytes === undefined ? {} : { mode: "PRIVATE", shmSize: Math.round(shmBytes / MEBIBYTE) }),
  };
  const linuxInfo = {
    ...(unconfined === true ? { seccomp: { unconfined } } : {}),
    ...(Object.keys(ipcInfo).length === 0 ? {} : { ipcInfo }),
  };
  return Object.keys(linuxInfo).length === 0 ? {} : { linuxInfo };
}
