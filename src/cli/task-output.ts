/**
 * Reading a task's output file through the gateway: its last lines, then what is appended.
 *
 * The file may be rotated at any time (copied to `stdout.1` and truncated); then what was not read yet is
 * looked up in the copy. Text comes decoded, so a character that an answer cuts in two is asked for again.
 */

import { limits } from "#base/limits.ts";
import type { Api } from "./api.ts";
import { numberAt, textAt } from "./json.ts";
import type { TaskRow } from "./tasks.ts";

/** So much of what was printed last is remembered, to find the place in a rotated copy. */
const memoryLength = 256;

export class TaskOutput {
  readonly #api: Api;
  readonly #base: string;
  readonly #path: string;
  readonly #what: string;
  #position = 0;
  #lastText = "";

  /** `name`: `stdout` or `stderr`. */
  constructor(api: Api, task: TaskRow, name: string) {
    this.#api = api;
    this.#base = `/agent/${encodeURIComponent(task.agentId)}/files/read`;
    this.#path = `${task.sandbox}/${name}`;
    this.#what = `read ${name} of task ${task.id}`;
  }

  /** The last `count` lines that there are now; undefined: all. Later reads go on behind them. */
  async readLast(count: number | undefined): Promise<string> {
    const size = await this.#size(this.#path);
    if (size === undefined) return "";
    let start = size;
    let text = "";
    while (start > 0 && (count === undefined || countLines(text) <= count)) {
      const from = Math.max(0, start - limits.fileReadBytesMax);
      text = (await this.#part(this.#path, from, start - from)) + text;
      start = from;
    }
    this.#position = size;
    const shown = count === undefined ? text : lastLines(text, count);
    this.#lastText = text.slice(-memoryLength);
    return shown;
  }

  /** What was appended since, at most one answer's worth; empty when nothing was. */
  async readMore(): Promise<string> {
    const size = (await this.#size(this.#path)) ?? 0;
    if (size < this.#position) {
      const missed = await this.#missedByRotation();
      this.#position = 0;
      this.#lastText = "";
      if (missed !== "") return missed;
    }
    const length = Math.min(size - this.#position, limits.fileReadBytesMax);
    if (length <= 0) return "";
    const { text, bytes } = withoutCutCharacter(await this.#part(this.#path, this.#position, length), length);
    this.#position += bytes;
    this.#lastText = (this.#lastText + text).slice(-memoryLength);
    return text;
  }

  async #missedByRotation(): Promise<string> {
    const copy = `${this.#path}.1`;
    const size = await this.#size(copy);
    if (size === undefined || this.#lastText === "") return "";
    const from = Math.max(0, size - limits.fileReadBytesMax);
    const text = await this.#part(copy, from, size - from);
    const at = text.lastIndexOf(this.#lastText);
    return at < 0 ? text : text.slice(at + this.#lastText.length);
  }

  /** Undefined: there is no such file (yet). */
  async #size(path: string): Promise<number | undefined> {
    const answer = await this.#api.find(
      `${this.#base}?path=${encodeURIComponent(path)}&offset=-1`,
      this.#what,
    );
    return answer === undefined ? undefined : (numberAt(answer.body, "offset") ?? 0);
  }

  async #part(path: string, offset: number, length: number): Promise<string> {
    const query = `path=${encodeURIComponent(path)}&offset=${offset}&length=${length}`;
    const answer = await this.#api.find(`${this.#base}?${query}`, this.#what);
    return textAt(answer?.body, "data") ?? "";
  }
}

/**
 * An answer of `length` bytes whose last character may be cut: then that character is left for the next read.
 * Output that is not text at all counts as read, whatever it decodes to.
 */
export function withoutCutCharacter(
  text: string,
  length: number,
): { readonly text: string; readonly bytes: number } {
  const whole = text.replace(/\uFFFD+$/, "");
  const bytes = Buffer.byteLength(whole);
  const isCut = whole.length < text.length && bytes < length && length - bytes <= 3;
  return isCut && bytes > 0 ? { text: whole, bytes } : { text, bytes: length };
}

export const countLines = (text: string): number => text.split("\n").length - 1;

export function lastLines(text: string, count: number): string {
  if (count === 0) return "";
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  const lines = body.split("\n");
  return lines.length <= count ? text : `${lines.slice(-count).join("\n")}${text.slice(body.length)}`;
}
