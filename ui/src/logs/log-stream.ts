/**
 * A few files that are followed, all in one stream: a browser has few connections to a server.
 *
 * After a break, and after a while when one could not be read, it goes on where each file was: it asks from the last
 * piece that came, and leaves out what it has of it. A page that is hidden for a while holds no stream either, and goes
 * on in the same way when it is seen again. It knows nothing of lines.
 */

import type { LogChunk, LogEnded, LogReset, LogSource } from "#console/session.ts";

export type Source = {
  readonly key: string;
  /** Before its lines, where there are several. */
  readonly name: string;
  readonly nodeId: string;
  readonly path: string;
};

export type LogReader = {
  readonly chunk: (source: Source, text: string, offset: number) => void;
  readonly reset: (source: Source) => void;
  /** It is asked for again. */
  readonly failed: (source: Source, reason: string) => void;
  readonly line: (isUp: boolean) => void;
};

/** Of one file: where its last piece began, how many letters of it came, and how many are yet to be left out. */
type Place = { offset: number; letters: number; skip: number };

/** Of what all files together wrote before one looked. */
const tailsBytes = 2 * 1024 * 1024;
const tailBytesMost = 128 * 1024;
/** The server takes a little more in one address. */
const addressLettersMost = 7_500;
/** Between two attempts: twice as long each time. */
const againMs = 1_000;
const againMsMost = 30_000;
/** Whoever looks at another tab for a moment should not wait afterwards. */
const hiddenMs = 30_000;

/** As few streams as the addresses allow: one, or two for many long paths. */
export function followAll(sources: readonly Source[], reader: LogReader): readonly LogStream[] {
  const tail = Math.min(tailBytesMost, Math.floor(tailsBytes / Math.max(1, sources.length)));
  const groups: Source[][] = [];
  let letters = 0;
  for (const source of sources) {
    const own = JSON.stringify(asked(source, 99, { offset: 1e12, letters: 0, skip: 0 })).length + 1;
    if (groups.length === 0 || letters + own > addressLettersMost) {
      groups.push([]);
      letters = 0;
    }
    letters += own;
    groups.at(-1)?.push(source);
  }
  return groups.map((group) => new LogStream(group, reader, tail));
}

const asked = ({ nodeId, path }: Source, index: number, place: Place | undefined): LogSource => ({
  key: String(index),
  nodeId,
  path,
  ...(place === undefined ? {} : { offset: place.offset }),
});

export class LogStream {
  readonly #sources: readonly Source[];
  readonly #reader: LogReader;
  readonly #tail: number;
  readonly #places = new Map<number, Place>();
  /** Those that ended: their agent restarts, or their file is not there yet, or no more. */
  readonly #ended = new Set<number>();
  #stream: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #againMs = againMs;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #isResting = false;

  constructor(sources: readonly Source[], reader: LogReader, tail: number) {
    this.#sources = sources;
    this.#reader = reader;
    this.#tail = tail;
    this.#open();
    document.addEventListener("visibilitychange", this.#turned);
    this.#turned();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#turned);
    clearTimeout(this.#hiding);
    this.#cut();
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stream?.close();
    this.#stream = undefined;
  }

  /** Hidden or seen again. */
  readonly #turned = (): void => {
    clearTimeout(this.#hiding);
    if (document.hidden) {
      this.#hiding = setTimeout(() => {
        this.#isResting = true;
        this.#cut();
      }, hiddenMs);
    } else if (this.#isResting) {
      this.#isResting = false;
      this.#againMs = againMs;
      this.#open();
    }
  };

  #open(): void {
    this.#cut();
    for (const place of this.#places.values()) place.skip = place.letters;
    const wanted = this.#sources.map((source, index) => asked(source, index, this.#places.get(index)));
    const query = new URLSearchParams({
      sources: JSON.stringify(wanted),
      follow: "true",
      tail: String(this.#tail),
    });
    const stream = new EventSource(`/unum/v1/log?${query}`);
    this.#stream = stream;
    stream.onopen = () => this.#reader.line(true);
    const on = <Data>(name: string, take: (source: Source, index: number, data: Data) => void) =>
      stream.addEventListener(name, ({ data }) => {
        const parsed: Data & { readonly key: string } = JSON.parse(data);
        const index = Number(parsed.key);
        const source = this.#sources[index];
        if (source !== undefined && this.#stream === stream) take(source, index, parsed);
      });
    on<LogChunk>("chunk", (source, index, chunk) => this.#take(source, index, chunk));
    on<LogReset>("reset", (source, index) => {
      this.#places.set(index, { offset: 0, letters: 0, skip: 0 });
      this.#reader.reset(source);
    });
    on<LogEnded>("ended", (source, index, { message }) => {
      this.#ended.add(index);
      if (message !== "") this.#reader.failed(source, message);
      this.#again();
    });
    stream.onerror = () => this.#broke(stream);
  }

  #take(source: Source, index: number, { offset, text }: LogChunk): void {
    const place = this.#places.get(index);
    const skip = Math.min(place?.skip ?? 0, text.length);
    const left = (place?.skip ?? 0) - skip;
    this.#places.set(index, { offset, letters: text.length + left, skip: left });
    if (this.#ended.delete(index) || this.#ended.size === 0) this.#againMs = againMs;
    this.#reader.chunk(source, text.slice(skip), offset);
  }

  /** It would come back by itself, and ask for all the tails again. */
  #broke(stream: EventSource): void {
    stream.close();
    if (stream !== this.#stream) return;
    // At the end of all files it is closed in order.
    if (this.#ended.size < this.#sources.length) this.#reader.line(false);
    this.#again();
  }

  #again(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#open(), this.#againMs);
    this.#againMs = Math.min(2 * this.#againMs, againMsMost);
  }
}
