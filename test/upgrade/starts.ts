/**
 * How often each task was really started, by what its output says: every task of these runs writes one line when it begins.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** By task; its sandboxes on all agents together. */
export function startsOf(agentDirectories: readonly string[]): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  for (const directory of agentDirectories) {
    const sandboxes = join(directory, "sandboxes");
    for (const framework of readdirSync(sandboxes))
      for (const task of readdirSync(join(sandboxes, framework)))
        starts.set(task, (starts.get(task) ?? 0) + linesIn(join(sandboxes, framework, task, "stdout")));
  }
  return starts;
}

function linesIn(file: string): number {
  try {
    return readFileSync(file, "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
}
