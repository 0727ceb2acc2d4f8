/**
 * Which numbers a user's name stands for, in the root file system in which the task will run.
 *
 * Read from that file system's own passwd and group files and never through a link that leads out of it.
 */

import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { LaunchRefusal } from "../launch-refusal.ts";

export type ResolvedUser = {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
};

/** What `nobody` is nearly everywhere; taken when a root file system has no such name. */
const NOBODY = 65534;
const ID_MAX = 0xfffffffe;
const TABLE_BYTES_MAX = 16 * 1024 * 1024;

/** Of an image, or of a container that runs: its files, none of them outside. */
export type Tables = { readText(path: string, bytesMax: number): Promise<string | undefined> };

export type UserPolicy = { readonly allowRoot: boolean; readonly defaultUser: string };

/**
 * Resolves a name, a number, or `user:group` of either. Throws `LaunchRefusal` for a user that is not there,
 * and for root where the policy forbids it.
 */
export async function resolveUser(
  root: string | Tables,
  wanted: string | undefined,
  policy: UserPolicy,
): Promise<ResolvedUser> {
  const text = wanted ?? policy.defaultUser;
  const resolved = await lookUp(root, text, wanted === undefined);
  const groups = [resolved.gid, ...resolved.additionalGids];
  if (!policy.allowRoot && (resolved.uid === 0 || groups.includes(0))) {
    throw new LaunchRefusal(
      `user ${JSON.stringify(text)} is root, which this agent does not allow; name another user, or start the agent with root allowed`,
      "task-unauthorized",
    );
  }
  return resolved;
}

/**
 * As `resolveUser`, in an image, whose own user stands for none wanted. An image that wants root, or says
 * nothing, which means the same, gets it where policy allows root, and else the agent's default.
 */
export async function resolveImageUser(
  root: Tables,
  wanted: string | undefined,
  imageUser: string | undefined,
  policy: UserPolicy,
): Promise<ResolvedUser> {
  if (wanted !== undefined) return resolveUser(root, wanted, policy);
  const own = await resolveUser(root, imageUser ?? "0:0", { ...policy, allowRoot: true });
  if (own.uid === 0 && !policy.allowRoot) return resolveUser(root, undefined, policy);
  return imageUser === undefined ? own : resolveUser(root, imageUser, policy);
}

/** By name or number, in the same root file system. */
export async function resolveGroups(
  root: string | Tables,
  wanted: readonly string[],
  policy: UserPolicy,
): Promise<readonly number[]> {
  if (wanted.length === 0) return [];
  const table = await readTable(root, "etc/group");
  const groups = wanted.map((text) => groupOf(table, text));
  if (!policy.allowRoot && groups.includes(0))
    throw new LaunchRefusal("it asks for root's group, which this agent does not allow", "task-unauthorized");
  return groups;
}

async function lookUp(root: string | Tables, text: string, isDefault: boolean): Promise<ResolvedUser> {
  const [userText = "", groupText] = text.split(":", 2);
  const users = await readTable(root, "etc/passwd");
  const groups = await readTable(root, "etc/group");
  const number = idOf(userText);
  const row = users.find((fields) =>
    number === undefined ? fields[0] === userText : idOf(fields[2]) === number,
  );
  const uid = number ?? idOf(row?.[2]);
  if (uid === undefined) {
    if (isDefault) return { uid: NOBODY, gid: NOBODY, additionalGids: [] };
    throw new LaunchRefusal(`no user ${JSON.stringify(userText)} in the task's root file system`);
  }
  if (groupText !== undefined) return { uid, gid: groupOf(groups, groupText), additionalGids: [] };
  const name = row?.[0];
  const additionalGids = groups
    .filter((fields) => name !== undefined && (fields[3] ?? "").split(",").includes(name))
    .map((fields) => idOf(fields[2]))
    .filter((gid) => gid !== undefined);
  // A number that the passwd file does not know gets a group of the same number, never root's.
  return { uid, gid: idOf(row?.[3]) ?? uid, additionalGids };
}

function groupOf(groups: readonly (readonly string[])[], text: string): number {
  const gid = idOf(text) ?? idOf(groups.find((fields) => fields[0] === text)?.[2]);
  if (gid === undefined)
    throw new LaunchRefusal(`no group ${JSON.stringify(text)} in the task's root file system`);
  return gid;
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= ID_MAX ? id : undefined;
}

async function readTable(root: string | Tables, path: string): Promise<readonly (readonly string[])[]> {
  if (typeof root !== "string") return rowsOf((await root.readText(path, TABLE_BYTES_MAX)) ?? "");
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(join(root, path))]);
    if (realRoot !== "/" && !real.startsWith(`${realRoot}/`)) return [];
    return rowsOf(await readFile(real, "utf8"));
  } catch {
    return [];
  }
}

const rowsOf = (text: string): readonly (readonly string[])[] =>
  text.split("\n").map((line) => line.split(":"));
