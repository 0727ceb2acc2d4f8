/**
 * The map of the house: the rooms under `src/`, and whom each may import.
 *
 * The tsconfig references say the same to the compiler; the checks that use this table look a second time.
 * `pure` rooms know no clock, no chance, no I/O and nothing asynchronous.
 */

export type Room = {
  /** Below `src/`, as in the import specifiers `#name/…`. */
  readonly name: string;
  readonly pure: boolean;
  readonly mayImport: readonly string[];
};

const core = ["core/allocator", "core/master", "core/agent", "core/apps", "core/timeline"];

export const rooms: readonly Room[] = [
  { name: "base", pure: true, mayImport: [] },
  { name: "model", pure: true, mayImport: ["base"] },
  { name: "ports", pure: true, mayImport: ["base", "model"] },
  { name: "core/allocator", pure: true, mayImport: ["base", "model"] },
  { name: "core/master", pure: true, mayImport: ["base", "model", "ports", "core/allocator"] },
  { name: "core/agent", pure: true, mayImport: ["base", "model", "ports"] },
  { name: "core/apps", pure: true, mayImport: ["base", "model", "ports"] },
  { name: "core/timeline", pure: true, mayImport: ["base", "model", "ports"] },
  { name: "loop", pure: true, mayImport: ["base", "ports"] },
  { name: "nodes", pure: true, mayImport: ["base", "model", "ports", "loop", ...core] },
  { name: "wire", pure: true, mayImport: ["base", "model"] },
  { name: "doors", pure: true, mayImport: ["base", "model", "ports", "wire", ...core] },
  { name: "shell", pure: false, mayImport: ["base", "model", "ports", "wire"] },
  { name: "sim", pure: false, mayImport: ["base", "model", "ports", "loop", "nodes", ...core] },
  { name: "kit", pure: false, mayImport: ["base", "model", "ports", "nodes", "wire", "sim"] },
  {
    name: "programs",
    pure: false,
    mayImport: ["base", "model", "ports", "loop", "nodes", "wire", "doors", "shell", "sim", ...core],
  },
  { name: "cli", pure: false, mayImport: ["base", "model", "wire", "shell"] },
];

/** The room of a path such as `src/core/apps/plan.ts` or `core/apps/plan.ts`; undefined: in none. */
export function roomOf(path: string): Room | undefined {
  const inside = path.startsWith("src/") ? path.slice("src/".length) : path;
  return rooms.find((room) => inside.startsWith(`${room.name}/`));
}
