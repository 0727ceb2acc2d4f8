/**
 * The tree of a GPU driver, made of harmless devices: the kernel's full, random and urandom under other names, which
 * every container may use anyway.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const gpuUuids = ["GPU-11111111-aaaa", "GPU-22222222-bbbb"] as const;

/** Two GPUs, one that the driver knows but nobody can open, and libraries of the driver's. Needs root. */
export function makeGpuDriver(at: string): void {
  mkdirSync(join(at, "dev"));
  const node = (name: string, minor: number): void =>
    void execFileSync("mknod", [join(at, "dev", name), "c", "1", String(minor)]);
  node("nvidia0", 7);
  node("nvidia1", 8);
  node("nvidiactl", 9);
  for (const [index, uuid] of gpuUuids.entries()) {
    const directory = join(at, "proc/driver/nvidia/gpus", `0000:0${index}:00.0`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(
      join(directory, "information"),
      `Model: \t\t Tesla T4\nIRQ:   \t\t 40\nGPU UUID: \t ${uuid}\nDevice Minor: \t ${index}\n`,
    );
  }
  const lost = join(at, "proc/driver/nvidia/gpus/0000:09:00.0");
  mkdirSync(lost);
  writeFileSync(join(lost, "information"), "Model: \t\t Tesla T4\nDevice Minor: \t 9\n");
  mkdirSync(join(at, "usr/local/nvidia/lib64"), { recursive: true });
  writeFileSync(join(at, "usr/local/nvidia/lib64/libcuda.so"), "the driver's\n");
}
