/**
 * The releases between which a cluster goes: an earlier commit, this tree, and this tree with the next version of the link
 * between masters and agents. Each is a directory that programs are started from; nothing in this tree is changed.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agentLinkVersion } from "#model/protocol/agent-link.ts";

const here = join(import.meta.dirname, "../..");

export type Release = { readonly name: string; readonly directory: string };

export const thisTree: Release = { name: "this tree", directory: here };

export function earlierCommit(commit: string, home: string): Release {
  const directory = join(home, "earlier");
  mkdirSync(directory);
  const archive = execFileSync("git", ["archive", commit], { cwd: here, maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", directory], { input: archive });
  symlinkSync(join(here, "node_modules"), join(directory, "node_modules"));
  return { name: `commit ${commit}`, directory };
}

/** What a release will be whose agents understand other messages. */
export function nextLink(home: string): Release {
  const directory = join(home, "next-link");
  mkdirSync(directory);
  cpSync(join(here, "src"), join(directory, "src"), { recursive: true });
  cpSync(join(here, "package.json"), join(directory, "package.json"));
  symlinkSync(join(here, "node_modules"), join(directory, "node_modules"));
  const file = join(directory, "src/model/protocol/agent-link.ts");
  const now = `agentLinkVersion = ${agentLinkVersion};`;
  const text = readFileSync(file, "utf8");
  if (text.split(now).length !== 2) throw new Error(`"${now}" is not once in agent-link.ts`);
  writeFileSync(file, text.replace(now, `agentLinkVersion = ${agentLinkVersion + 1};`));
  return { name: `link version ${agentLinkVersion + 1}`, directory };
}
