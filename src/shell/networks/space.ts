/**
 * A network space: a network namespace, the networks that it is in, and the containers that are in it, as files.
 *
 * Everything is written before it is done, so that whoever is the agent next finds what there is to undo. Nothing
 * here makes or ends anything but files.
 */

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkStatus } from "#model/container-network.ts";
import { hostBootId, type ProcessIdentity } from "../containers/process-identity.ts";
import type { Attachment } from "./attach.ts";
import { readHolder } from "./namespace.ts";

export type Space = {
  /** A file name, also the container's id for plugins. */
  readonly key: string;
  readonly directory: string;
  readonly members: Set<string>;
  /** Of this start of the host, or of one before. */
  bootId: string;
  hostname: string;
  attachments: readonly Attachment[];
  holder: ProcessIdentity | undefined;
  /** Its making or its end, which others wait for. */
  work: Promise<unknown>;
  /** It is whole: containers may start in it. */
  isReady: boolean;
};

export const newSpace = (directory: string, key: string, hostname: string): Space => ({
  ...{ key, directory: join(directory, key), hostname },
  members: new Set(),
  bootId: hostBootId(),
  attachments: [],
  holder: undefined,
  work: Promise.resolve(),
  isReady: false,
});

export const holderFile = ({ directory }: Space): string => join(directory, "holder");

export async function writeMember(space: Space, name: string): Promise<void> {
  await mkdir(join(space.directory, "members"), { recursive: true, mode: 0o700 });
  await writeFile(join(space.directory, "members", name), "");
}

export const removeMember = (space: Space, name: string): Promise<void> =>
  rm(join(space.directory, "members", name), { force: true });

/** Whole at every instant. */
export async function writeSpace({
  directory,
  bootId,
  hostname,
  attachments,
  isReady,
}: Space): Promise<void> {
  const file = join(directory, "space.json");
  await writeFile(`${file}.new`, JSON.stringify({ bootId, hostname, attachments, isReady }));
  await rename(`${file}.new`, file);
}

export const removeSpace = (space: Space): Promise<void> =>
  rm(space.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });

export async function readSpaces(directory: string): Promise<readonly Space[]> {
  const names = await readdir(directory).catch(() => [] as string[]);
  const spaces = names.filter((name) => !name.startsWith(".")).map((name) => readSpace(directory, name));
  return Promise.all(spaces);
}

/** Of one that was not made whole, what is known of it. */
async function readSpace(directory: string, key: string): Promise<Space> {
  const space = newSpace(directory, key, "");
  space.bootId = "";
  for (const name of await readdir(join(space.directory, "members")).catch(() => [])) space.members.add(name);
  try {
    const text = await readFile(join(space.directory, "space.json"), "utf8");
    Object.assign(space, JSON.parse(text) as Partial<Space>);
  } catch {
    // There was no time to write it.
  }
  if (space.bootId === hostBootId()) space.holder = await readHolder(holderFile(space));
  return space;
}

export const statusesOf = ({ attachments }: Space): readonly NetworkStatus[] =>
  attachments.map(({ wish, result }) => ({
    name: wish.name,
    addresses: result?.addresses ?? [],
    portMappings: wish.portMappings,
    labels: wish.labels,
  }));
