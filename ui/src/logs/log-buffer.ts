/**
 * The newest lines of a few logs that are followed, merged in the order in which they came. Bounded: the oldest go.
 *
 * Lines are parsed when they come and never again; those who draw are told at most once a frame.
 */

import type { LogChunk } from "#console/session.ts";
import { type Piece, parseLine, plain, type Style } from "./ansi.ts";

export type Source = {
  readonly key: string;
  /** Before its lines, where there are several. */
  readonly name: string;
  readonly nodeId: string;
  readonly path: string;
};

export type Line = {
  readonly number: number;
  readonly source: string;
  readonly text: string;
  readonly pieces: readonly Piece[];
};

const linesMost = 20_000;
const lineLettersMost = 5_000;
const tailBytes = 128 * 1024;

type Flow = { rest: string; style: Style; stream: EventSource };

export class LogBuffer {
  lines: readonly Line[] = [];
  problem: string | undefined;
  /** How many were dropped at the beginning. */
  dropped = 0;
  readonly #flows = new Map<string, Flow>();
  readonly #listeners = new Set<() => void>();
  #waiting: Line[] = [];
  #count = 0;
  #frame: number | undefined;

  constructor(sources: readonly Source[]) {
    for (const source of sources) this.#follow(source);
  }

  listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): readonly Line[] => this.lines;

  close(): void {
    for (const { stream } of this.#flows.values()) stream.close();
    this.#flows.clear();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  #follow(source: Source): void {
    const query = new URLSearchParams({ path: source.path, follow: "true", tail: String(tailBytes) });
    const stream = new EventSource(`/agent/${encodeURIComponent(source.nodeId)}/unum/v1/log?${query}`);
    const flow: Flow = { rest: "", style: plain, stream };
    let isFirst = true;
    this.#flows.set(source.key, flow);
    stream.addEventListener("chunk", (event) => {
      const { offset, text }: LogChunk = JSON.parse(event.data);
      // The tail begins in the middle of a line, which nobody can read.
      const whole = isFirst && offset > 0 ? text.slice(text.indexOf("\n") + 1) : text;
      isFirst = false;
      this.problem = undefined;
      this.#take(source, flow, whole);
    });
    stream.addEventListener("reset", () => {
      flow.rest = "";
      this.#take(source, flow, "⟨the file was begun anew⟩\n");
    });
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      this.problem = `The output of ${source.name} cannot be read: its node may be gone, or the file was removed.`;
      this.#soon();
    };
  }

  #take({ key }: Source, flow: Flow, text: string): void {
    const parts = (flow.rest + text).split("\n");
    flow.rest = (parts.pop() ?? "").slice(-lineLettersMost);
    for (const part of parts) {
      const { pieces, end } = parseLine(part.slice(0, lineLettersMost), flow.style);
      flow.style = end;
      this.#count += 1;
      const line = pieces.map((piece) => piece.text).join("");
      this.#waiting.push({ number: this.#count, source: key, text: line, pieces });
    }
    this.#soon();
  }

  #soon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      const all = this.lines.concat(this.#waiting);
      this.#waiting = [];
      this.dropped += Math.max(0, all.length - linesMost);
      this.lines = all.slice(-linesMost);
      for (const listener of this.#listeners) listener();
    });
  }
}
