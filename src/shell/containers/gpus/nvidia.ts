/**
 * The GPUs of this host, as NVIDIA's driver in the kernel shows them; nothing of NVIDIA's own programs is needed.
 *
 * `root` is where the host's tree begins, which only tests change. It decides nothing about who gets one.
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A device file, as the kernel numbers it. */
export type DeviceNode = { readonly path: string; readonly major: number; readonly minor: number };

export type Gpu = {
  /** By which programs and operators know it. */
  readonly minor: number;
  readonly uuid: string;
  readonly model: string;
  readonly node: DeviceNode;
};

export type GpuHost = {
  readonly gpus: readonly Gpu[];
  /** Of the driver as a whole: whoever has a GPU needs all of them. */
  readonly controls: readonly DeviceNode[];
  /** What an operator put there for images: the driver's libraries and programs. */
  readonly libraries: string | undefined;
};

export const noGpus: GpuHost = { gpus: [], controls: [], libraries: undefined };

const controlNames = ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"];
const LIBRARIES = "/usr/local/nvidia";

/** `wanted`: their minor numbers; undefined: all. */
export function detectGpus(root: string, wanted: readonly number[] | undefined): GpuHost {
  const directory = join(root, "proc/driver/nvidia/gpus");
  const gpus = namesIn(directory)
    .flatMap((name) => gpuAt(root, join(directory, name, "information")) ?? [])
    .filter(({ minor }) => wanted === undefined || wanted.includes(minor))
    .sort((a, b) => a.minor - b.minor);
  if (gpus.length === 0) return noGpus;
  const libraries = join(root, LIBRARIES);
  return {
    gpus,
    controls: controlNames.flatMap((name) => nodeAt(root, name) ?? []),
    libraries: statSync(libraries, { throwIfNoEntry: false })?.isDirectory() === true ? libraries : undefined,
  };
}

/** Undefined for one that the driver has but that nobody can open. */
function gpuAt(root: string, file: string): Gpu | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s*(.+?)\\s*$`, "m").exec(text)?.[1];
  const minor = Number(field("Device Minor") ?? Number.NaN);
  const node = Number.isInteger(minor) ? nodeAt(root, `nvidia${minor}`) : undefined;
  if (node === undefined) return undefined;
  return { minor, uuid: field("GPU UUID") ?? String(minor), model: field("Model") ?? "unknown", node };
}

function nodeAt(root: string, name: string): DeviceNode | undefined {
  const status = statSync(join(root, "dev", name), { throwIfNoEntry: false });
  if (status?.isCharacterDevice() !== true) return undefined;
  const { rdev } = status;
  return {
    path: `/dev/${name}`,
    major: (rdev >> 8) & 0xfff,
    minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00),
  };
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** What a container that was given some is made of, beside its task. */
export type GpuGrant = {
  readonly nodes: readonly DeviceNode[];
  readonly env: Readonly<Record<string, string>>;
  readonly libraries: string | undefined;
};

export function grantOf(host: GpuHost, minors: readonly number[]): GpuGrant | undefined {
  if (minors.length === 0) return undefined;
  const gpus = host.gpus.filter(({ minor }) => minors.includes(minor));
  const uuids = gpus.map(({ uuid }) => uuid).join(",");
  return {
    nodes: [...gpus.map(({ node }) => node), ...host.controls],
    env: { NVIDIA_VISIBLE_DEVICES: uuids, CUDA_VISIBLE_DEVICES: uuids },
    libraries: host.libraries,
  };
}

/** Where images of NVIDIA's look for the driver's own. */
export const librariesInContainer = LIBRARIES;
