/**
 * The sandboxes' files behind the `Files` port, which the doors see: callbacks for promises, names for ids.
 */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { FilePart, Files, FilesOutcome } from "#ports/files.ts";
import type { Rejection } from "#ports/room.ts";
import type { SandboxFiles } from "./files.ts";

export function createFilesPort(files: SandboxFiles): Files {
  const users = readNames("/etc/passwd");
  const groups = readNames("/etc/group");
  return {
    browse: (path, done) =>
      settle(files.browse(located(path)), done, ({ entries }) =>
        entries.map(({ path: entryPath, sizeBytes, modifiedMs, mode, uid, gid, nlink }) => ({
          path: join(path, basename(entryPath)),
          sizeBytes,
          modifiedAtMs: modifiedMs,
          mode,
          links: nlink,
          user: users.get(uid) ?? String(uid),
          group: groups.get(gid) ?? String(gid),
        })),
      ),
    read: (path, offset, lengthBytes, done) =>
      settle(readPart(files, located(path), offset, lengthBytes), done, (part) => part),
    open: (path, done) => settle(files.openDescriptor(located(path)), done, (file) => file),
    // The virtual names follow from the ids: there is no list of them to show.
    attached: () => ({}),
  };
}

/** Mesos's virtual paths of an executor's sandbox and of a nested task's in it, and what follows them. */
const virtualPath = /^\/?frameworks\/([^/]+)\/executors\/([^/]+)\/(?:runs\/latest|(?=tasks\/[^/]))(.*)$/;

/** Below the directory of all sandboxes for a virtual path; any other path is a real one. */
function located(path: string): string {
  const [, framework, executor, rest = ""] = virtualPath.exec(path) ?? [];
  if (framework === undefined || executor === undefined) return path;
  if (rest === "" || rest.startsWith("/")) return `${framework}/${executor}${rest}`;
  return rest.startsWith("tasks/") ? `${framework}/${executor}/${rest}` : path;
}

/** Beyond the end the answer's offset is the size, so that who follows a file that was cut finds its end. */
async function readPart(
  files: SandboxFiles,
  path: string,
  offset: number | undefined,
  lengthBytes: number,
): Promise<FilePart | Rejection> {
  const part = await files.read(path, offset ?? -1, lengthBytes);
  if ("code" in part) return part;
  if (offset === undefined || part.data.length > 0 || lengthBytes === 0) return part;
  const end = await files.read(path, -1, undefined);
  return "code" in end ? end : { offset: Math.min(offset, end.offset), data: part.data };
}

function settle<Found extends object, Value>(
  outcome: Promise<Found | Rejection>,
  done: (outcome: FilesOutcome<Value>) => void,
  convert: (found: Found) => Value,
): void {
  outcome.then(
    (found) =>
      done("code" in found ? refusal(found as Rejection) : { ok: true, value: convert(found as Found) }),
    (error: unknown) =>
      done({ ok: false, code: "not-found", message: error instanceof Error ? error.message : String(error) }),
  );
}

function refusal({ code, message }: Rejection): FilesOutcome<never> {
  return { ok: false, code: code === "invalid" || code === "forbidden" ? code : "not-found", message };
}

/** `name:password:id:…`, as /etc/passwd and /etc/group have it. */
function readNames(path: string): ReadonlyMap<number, string> {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return new Map(lines.map((line) => line.split(":")).map(([name = "", , id]) => [Number(id), name]));
  } catch {
    return new Map();
  }
}
