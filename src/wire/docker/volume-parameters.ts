/**
 * Volumes among the parameters of `docker run`: paths of the host, and memory.
 */

import type { Volume } from "#model/container-volume.ts";
import { bytesOf, isAbsolute } from "./parameter-values.ts";

/** Or what is wrong with it. */
export function bindOf(value: string): Volume | string {
  const [path = "", containerPath = "", options = "rw", ...rest] = value.split(":");
  if (rest.length > 0 || containerPath === "") return "is not HOST-PATH:PATH[:ro]";
  if (!isAbsolute(path)) return "names no absolute path of the host: there are no volumes of Docker's";
  if (!isAbsolute(containerPath) || containerPath === "/") return "names no absolute path in the container";
  let mode: Volume["mode"] = "read-write";
  for (const option of options.split(",")) {
    if (option === "ro") mode = "read-only";
    else if (option !== "rw")
      return `has the option ${JSON.stringify(option)}, and only ro and rw are possible`;
  }
  return { containerPath: containerPath.replace(/\/$/, ""), mode, source: { kind: "host", path } };
}

/** As Docker: without a say nothing in it can be run. Or what is wrong with it. */
export function tmpfsOf(value: string): Volume | string {
  const at = value.indexOf(":");
  const path = at < 0 ? value : value.slice(0, at);
  if (!isAbsolute(path) || path === "/") return "names no absolute path in the container";
  const wanted: { bytesMax?: number; permissions?: number; mayExecute?: boolean } = {};
  let mode: Volume["mode"] = "read-write";
  for (const option of at < 0 ? [] : value.slice(at + 1).split(",")) {
    const [name, text = ""] = option.split("=", 2);
    const bytesMax = name === "size" ? bytesOf(text) : undefined;
    if (bytesMax !== undefined && bytesMax > 0) wanted.bytesMax = bytesMax;
    else if (name === "mode" && /^[0-7]{3,4}$/.test(text)) wanted.permissions = Number.parseInt(text, 8);
    else if (option === "exec") wanted.mayExecute = true;
    else if (option === "ro") mode = "read-only";
    // It is so anyway.
    else if (!["rw", "noexec", "nosuid", "nodev", ""].includes(option))
      return `has the option ${JSON.stringify(option)}, and size, mode, exec, noexec, ro and rw are possible`;
  }
  return { containerPath: path.replace(/\/$/, ""), mode, source: { kind: "tmpfs", ...wanted } };
}
