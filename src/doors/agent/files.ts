/**
 * `/files/{browse,read,download,debug}`: Mesos's view of sandboxes and logs, over the port that knows the disk.
 */

import { limits } from "#base/limits.ts";
import { executorOfTask } from "#core/agent/keys.ts";
import type { BodyAnswer, DoorRequest, Respond } from "#ports/door.ts";
import type { Files, FilesOutcome } from "#ports/files.ts";
import { formatFilePart, formatListedFile } from "#wire/mesos/files-format.ts";
import { jsonAnswer, messageAnswer } from "../answers.ts";
import type { AgentContext } from "../endpoint.ts";

type WithFiles = { readonly files: Files };

export function browseFiles(request: DoorRequest, { files }: WithFiles, respond: Respond): void {
  withPath(request, respond, (path) =>
    files.browse(path, (outcome) =>
      respond(outcome.ok ? jsonAnswer(200, outcome.value.map(formatListedFile)) : failure(outcome)),
    ),
  );
}

/** `offset=-1` asks how long the file is; without `length` as much comes as one answer may hold. */
export function readFile(request: DoorRequest, { files }: WithFiles, respond: Respond): void {
  withPath(request, respond, (path) => {
    const offset = readInteger(request, "offset", -1);
    const length = readInteger(request, "length", limits.fileReadBytesMax);
    if (offset === undefined || offset < -1) return respond(badNumber("offset"));
    if (length === undefined || length < -1) return respond(badNumber("length"));
    const lengthBytes = length === -1 ? limits.fileReadBytesMax : Math.min(length, limits.fileReadBytesMax);
    return files.read(path, offset === -1 ? undefined : offset, lengthBytes, (outcome) =>
      respond(
        outcome.ok
          ? jsonAnswer(200, formatFilePart(outcome.value.offset, outcome.value.data))
          : failure(outcome),
      ),
    );
  });
}

export function downloadFile(request: DoorRequest, { files }: WithFiles, respond: Respond): void {
  withPath(request, respond, (path) =>
    files.open(path, (outcome) => {
      if (!outcome.ok) return respond(failure(outcome));
      return respond({
        kind: "file",
        headers: {
          "Content-Type": "application/octet-stream",
          "Content-Disposition": `attachment; filename="${safeName(path)}"`,
          "X-Content-Type-Options": "nosniff",
        },
        file: outcome.value,
      });
    }),
  );
}

/** Each sandbox under the name that Mesos gives it, with the directory that it is. */
export function debugFiles(_request: DoorRequest, context: AgentContext, respond: Respond): void {
  const { agent, files, sandboxPath } = context;
  agent.read(
    (state) => [
      ...[...state.tasks.values()].map((held) => ({
        frameworkId: held.frameworkId,
        executorId: executorOfTask(held),
      })),
      ...[...state.executors.values()].map(({ frameworkId, spec }) => ({
        frameworkId,
        executorId: spec.executorId,
      })),
      ...[...state.sandboxes.values()].map(({ frameworkId, executorId }) => ({ frameworkId, executorId })),
    ],
    (owners) => {
      const sandboxes = owners.flatMap(({ frameworkId, executorId }): (readonly [string, string])[] => {
        const directory = sandboxPath(frameworkId, executorId);
        return [
          [`/frameworks/${frameworkId}/executors/${executorId}/runs/latest`, directory],
          [directory, directory],
        ];
      });
      respond(jsonAnswer(200, { ...files.attached(), ...Object.fromEntries(sandboxes) }));
    },
  );
}

function withPath(request: DoorRequest, respond: Respond, use: (path: string) => void): void {
  const path = request.query.get("path");
  if (path === null || path === "") return respond(messageAnswer(400, "Expecting 'path=value' in query."));
  if (path.includes("\0"))
    return respond(messageAnswer(400, "The query parameter path has a NUL character."));
  return use(path);
}

/** Undefined for what is no integer. */
function readInteger(request: DoorRequest, name: string, absent: number): number | undefined {
  const text = request.query.get(name);
  if (text === null) return absent;
  const value = Number(text);
  return /^-?\d{1,15}$/.test(text) ? value : undefined;
}

const badNumber = (name: string): BodyAnswer =>
  messageAnswer(400, `The query parameter ${name} must be an integer, -1 or more.`);

const statusOf = { "not-found": 404, invalid: 400, forbidden: 403 } as const;

const failure = (outcome: FilesOutcome<unknown> & { readonly ok: false }): BodyAnswer =>
  messageAnswer(statusOf[outcome.code], outcome.message);

/** What a header may hold without quoting tricks. */
const safeName = (path: string): string =>
  (path.split("/").at(-1) ?? "").replace(/[^A-Za-z0-9._-]/g, "_") || "file";
