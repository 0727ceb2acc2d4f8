/**
 * This machine in the words of image indexes.
 */

import { endianness } from "node:os";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

export const hostArchitecture = (): string => {
  if (process.arch === "ppc64") return endianness() === "LE" ? "ppc64le" : "ppc64";
  return architectures[process.arch] ?? process.arch;
};
