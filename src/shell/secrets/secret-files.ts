/**
 * Secrets that the agent's operator keeps in a directory, and those that came with a task: read when a container
 * needs them.
 *
 * A secret's name is the path of a file below the directory; no link is followed, and nothing counts that anybody
 * but the operator could have written or read. What is thrown names the secret and never holds a byte of it.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { limits } from "#base/limits.ts";
import { type Secret, secretNameFault, secretPath } from "#model/secret.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";

/** Names a place without opening it; not among Node's constants. */
const O_PATH = 0x20_0000;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export class SecretFiles {
  readonly #directory: string | undefined;

  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  /** Throws why the directory cannot be used, if so; for an agent that starts. */
  check(): void {
    if (this.#directory === undefined) return;
    closeSync(openDirectory(this.#directory));
  }

  /** Throws `LaunchRefusal`. */
  read(secret: Secret): Buffer {
    if (secret.kind === "value") {
      if (secret.data === undefined)
        throw new LaunchRefusal("a secret that came with the task is not there any more: launch it anew");
      return bounded("a secret that came with the task", Buffer.from(secret.data, "base64"));
    }
    const path = secretPath(secret);
    const name = `secret ${JSON.stringify(path)}`;
    if (this.#directory === undefined)
      throw new LaunchRefusal(`${name} cannot be had: this agent keeps none (--secrets-dir)`);
    const fault = secretNameFault(path);
    if (fault !== undefined) throw new LaunchRefusal(`${name} cannot be had: its name ${fault}`);
    try {
      return bounded(name, readBelow(this.#directory, path));
    } catch (error) {
      if (error instanceof LaunchRefusal) throw error;
      throw new LaunchRefusal(`${name} cannot be had: ${wordsOf(error)}`);
    }
  }

  /** As `read`, for what can only be text. */
  readText(secret: Secret, use: string): string {
    const bytes = this.read(secret);
    const what = secret.kind === "value" ? "a secret" : `secret ${JSON.stringify(secretPath(secret))}`;
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new LaunchRefusal(`${what} is no text, and cannot be ${use}`);
    }
    if (text.includes("\0")) throw new LaunchRefusal(`${what} holds a NUL character, and cannot be ${use}`);
    return text;
  }
}

function bounded(name: string, bytes: Buffer): Buffer {
  if (bytes.length <= limits.secretBytesMax) return bytes;
  throw new LaunchRefusal(`${name} has more than ${limits.secretBytesMax} bytes`);
}

function openDirectory(directory: string): number {
  const opened = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const fault = faultOf(fstatSync(opened));
    if (fault !== undefined) throw new Error(`the secrets' directory ${directory} ${fault}`);
    return opened;
  } catch (error) {
    closeSync(opened);
    throw error;
  }
}

function readBelow(base: string, path: string): Buffer {
  const segments = path.split("/");
  let place = openDirectory(base);
  try {
    for (const [index, segment] of segments.entries()) {
      const isLast = index === segments.length - 1;
      const flags = isLast ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK : O_PATH | O_DIRECTORY | O_NOFOLLOW;
      const next = openSync(`/proc/self/fd/${place}/${segment}`, flags);
      closeSync(place);
      place = next;
    }
    const status = fstatSync(place);
    if (!status.isFile()) throw new Error("it is no plain file");
    const fault = faultOf(status);
    if (fault !== undefined) throw new Error(`its file ${fault}`);
    if (status.size > limits.secretBytesMax)
      throw new Error(`its file has more than ${limits.secretBytesMax} bytes`);
    return readFileSync(place);
  } finally {
    closeSync(place);
  }
}

/** What lies open to others is no secret; better that it is noticed. */
function faultOf({ uid, mode }: Stats): string | undefined {
  const own = process.geteuid?.() ?? 0;
  if (uid !== own) return `belongs to user ${uid}, and must belong to user ${own}`;
  if ((mode & 0o077) !== 0)
    return `can be used by others (mode ${(mode & 0o777).toString(8).padStart(4, "0")}): take their rights away (chmod go=)`;
  return undefined;
}

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return "this agent has none of that name";
  if (code === "ELOOP") return "its file is a link, and no link is followed";
  // The system's own sentences hold paths of ours.
  return code === undefined ? message : `its file cannot be read (${code})`;
}
