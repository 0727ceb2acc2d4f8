/**
 * Which files the checks look at: all of the repository but what is downloaded or built.
 *
 * Walks the directories instead of asking git, so that a copy without its history is checked alike.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root directory. */
export const root = join(import.meta.dirname, "..");

const skipped = new Set([".git", ".build", ".unum", "node_modules"]);
/** What is built in place. */
const skippedPaths = new Set(["ui/dist"]);

/** Paths relative to the root, sorted. */
export function repositoryFiles(): readonly string[] {
  const files: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue;
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (skippedPaths.has(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) files.push(path);
    }
  };
  visit("");
  return files.sort();
}

export const readText = (path: string): string => readFileSync(join(root, path), "utf8");
