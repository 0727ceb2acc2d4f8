/**
 * LIST_FILES and READ_FILE of both operator APIs, over the port that knows the disk.
 */

import { limits } from "#base/limits.ts";
import type { BodyAnswer } from "#ports/door.ts";
import type { FileEntry, Files, FilesOutcome } from "#ports/files.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { timeMessage } from "#wire/mesos/translate/time-message.ts";
import { textAnswer } from "../answers.ts";

type Listed = { readonly type: "LIST_FILES"; readonly list_files: MessageOf<"master.Response.ListFiles"> };
type Read = { readonly type: "READ_FILE"; readonly read_file: MessageOf<"master.Response.ReadFile"> };

/** What became of it: a message, or Mesos's refusal. */
type Done<Message> = (message: Message | undefined, refusal: BodyAnswer | undefined) => void;

export function listFiles(files: Files | undefined, path: string, done: Done<Listed>): void {
  if (files === undefined) return done(undefined, textAnswer(404, ""));
  return files.browse(path, (outcome) => {
    if (!outcome.ok) return done(undefined, failure(outcome));
    const list = outcome.value.map(fileMessage);
    return done({ type: "LIST_FILES", list_files: list.length === 0 ? {} : { file_infos: list } }, undefined);
  });
}

const fileMessage = (entry: FileEntry): MessageOf<"FileInfo"> => ({
  path: entry.path,
  nlink: entry.links,
  size: BigInt(entry.sizeBytes),
  mtime: timeMessage(Math.floor(entry.modifiedAtMs / 1_000) * 1_000),
  mode: entry.mode,
  uid: entry.user,
  gid: entry.group,
});

type Wanted = { readonly path: string; readonly offset: bigint; readonly length?: bigint | undefined };

/** The answer says how long the whole file is; beyond its end there is nothing. */
export function readFile(files: Files | undefined, wanted: Wanted | undefined, done: Done<Read>): void {
  if (files === undefined) return done(undefined, textAnswer(404, ""));
  const { path, offset, length = BigInt(limits.fileReadBytesMax) } = wanted ?? { path: "", offset: 0n };
  const lengthBytes = Number(smaller(length, BigInt(limits.fileReadBytesMax)));
  return files.read(path, undefined, 0, (end) => {
    if (!end.ok) return done(undefined, failure(end));
    const size = BigInt(end.value.offset);
    const answer = (data: Uint8Array): void =>
      done({ type: "READ_FILE", read_file: { size, data } }, undefined);
    if (offset >= size || lengthBytes === 0) return answer(new Uint8Array(0));
    return files.read(path, Number(offset), lengthBytes, (part) =>
      part.ok ? answer(part.value.data) : done(undefined, failure(part)),
    );
  });
}

const smaller = (left: bigint, right: bigint): bigint => (left < right ? left : right);

const failure = (outcome: FilesOutcome<unknown> & { readonly ok: false }): BodyAnswer => {
  switch (outcome.code) {
    case "not-found":
      return textAnswer(404, "");
    case "invalid":
      return textAnswer(400, outcome.message);
    case "forbidden":
      return textAnswer(403, outcome.message);
    default:
      return outcome.code satisfies never;
  }
};
