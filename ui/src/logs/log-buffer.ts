/**
 * The newest lines of a few logs that are followed, merged in the order in which they came. Bounded: the oldest go.
 *
 * Lines are parsed when they come and never again; those who draw are told at most once a frame.
 */

import { type Piece, parseLine, plain, type Style } from "./ansi.ts";
import { followAll, type LogStream, type Source } from "./log-stream.ts";

export type Line = {
  readonly number: number;
  readonly source: string;
  readonly text: string;
  readonly pieces: readonly Piece[];
};

const linesMost = 20_000;
const lineLettersMost = 5_000;

/** Of one file: its last line, which has no end yet, and the style in which it goes on. */
type Flow = { rest: string; style: Style; isFirst: boolean };

export class LogBuffer {
  lines: readonly Line[] = [];
  /** How many were dropped at the beginning. */
  dropped = 0;
  readonly #problems = new Map<string, string>();
  readonly #flows = new Map<string, Flow>();
  readonly #streams: readonly LogStream[];
  readonly #listeners = new Set<() => void>();
  #waiting: Line[] = [];
  #count = 0;
  #isLineUp = true;
  #frame: number | undefined;

  constructor(sources: readonly Source[]) {
    this.#streams = followAll(sources, {
      chunk: (source, text, offset) => this.#chunk(source, text, offset),
      reset: (source) => {
        this.#flowOf(source).rest = "";
        this.#take(source, "⟨the file was begun anew⟩\n");
      },
      failed: (source, reason) => {
        this.#problems.set(source.key, `The output of ${source.name} cannot be read: ${reason}`);
        this.#soon();
      },
      line: (isUp) => {
        this.#isLineUp = isUp;
        this.#soon();
      },
    });
  }

  /** What cannot be read is asked for again. */
  get problem(): string | undefined {
    if (!this.#isLineUp) return "The output cannot be read now; it goes on when the line is back.";
    return this.#problems.values().next().value;
  }

  listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): readonly Line[] => this.lines;

  close(): void {
    for (const stream of this.#streams) stream.close();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  #flowOf({ key }: Source): Flow {
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      flow = { rest: "", style: plain, isFirst: true };
      this.#flows.set(key, flow);
    }
    return flow;
  }

  #chunk(source: Source, text: string, offset: number): void {
    const flow = this.#flowOf(source);
    // The tail begins in the middle of a line, which nobody can read.
    const whole = flow.isFirst && offset > 0 ? text.slice(text.indexOf("\n") + 1) : text;
    flow.isFirst = false;
    this.#problems.delete(source.key);
    this.#take(source, whole);
  }

  #take(source: Source, text: string): void {
    const flow = this.#flowOf(source);
    const parts = (flow.rest + text).split("\n");
    flow.rest = (parts.pop() ?? "").slice(-lineLettersMost);
    for (const part of parts) {
      const { pieces, end } = parseLine(part.slice(0, lineLettersMost), flow.style);
      flow.style = end;
      this.#count += 1;
      const line = pieces.map((piece) => piece.text).join("");
      this.#waiting.push({ number: this.#count, source: source.key, text: line, pieces });
    }
    // A hidden page draws no frames.
    if (this.#waiting.length > 2 * linesMost) this.#dropOldest();
    this.#soon();
  }

  #dropOldest(): void {
    this.dropped += this.#waiting.length - linesMost;
    this.#waiting = this.#waiting.slice(-linesMost);
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
