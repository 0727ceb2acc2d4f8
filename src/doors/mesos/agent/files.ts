/**
 * LIST_FILES and READ_FILE: the sandboxes' files, over the port that knows the disk.
 */

import { limits } from "#base/limits.ts";
import type { BodyAnswer } from "#ports/door.ts";
import type { FileEntry, FilesOutcome } from "#ports/files.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { timeMessage } from "#wire/mesos/translate/time-message.ts";
import { textAnswer } from "../../answers.ts";
import { type AgentHandler, answerMessage } from "./call-tools.ts";

export const listFiles: AgentHandler = (call, tools) => {
  const path = call.list_files?.path ?? "";
  tools.context.files.browse(path, (outcome) => {
    if (!outcome.ok) return tools.respond(failure(outcome));
    const files = outcome.value.map(fileMessage);
    return answerMessage(tools, {
      type: "LIST_FILES",
      list_files: files.length === 0 ? {} : { file_infos: files },
    });
  });
};

const fileMessage = (entry: FileEntry): MessageOf<"FileInfo"> => ({
  path: entry.path,
  nlink: entry.links,
  size: BigInt(entry.sizeBytes),
  mtime: timeMessage(Math.floor(entry.modifiedAtMs / 1_000) * 1_000),
  mode: entry.mode,
  uid: entry.user,
  gid: entry.group,
});

/** The answer says how long the whole file is; beyond its end there is nothing. */
export const readFile: AgentHandler = (call, tools) => {
  const { path = "", offset = 0n, length } = call.read_file ?? {};
  const { files } = tools.context;
  const lengthBytes = Number(
    smaller(length ?? BigInt(limits.fileReadBytesMax), BigInt(limits.fileReadBytesMax)),
  );
  files.read(path, undefined, 0, (end) => {
    if (!end.ok) return tools.respond(failure(end));
    const size = BigInt(end.value.offset);
    const answer = (data: Uint8Array): void =>
      answerMessage(tools, { type: "READ_FILE", read_file: { size, data } });
    if (offset >= size || lengthBytes === 0) return answer(new Uint8Array(0));
    return files.read(path, Number(offset), lengthBytes, (part) =>
      part.ok ? answer(part.value.data) : tools.respond(failure(part)),
    );
  });
};

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
