/**
 * One command in a container, from its start to its exit: its input, its output and who reads it.
 *
 * The slowest reader sets the pace; with no reader output is thrown away. When the command has exited, what it
 * left behind in its session is killed, and what is still in the pipes is handed on before the end is told.
 */

import type { Readable } from "node:stream";
import type { SessionStream, TerminalSize } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { SessionInput, SessionOutput, SessionReader, SessionWriter } from "#ports/sessions.ts";
import { lastWordsIn } from "./last-words.ts";
import type { Started } from "./start.ts";
import { TerminalSizes } from "./terminal-sizes.ts";

/** How long after the exit nothing may come before a pipe that somebody else holds open is given up. */
const SETTLE_MS = 500;

type Source = { readonly name: SessionStream; readonly stream: Readable; ended: boolean };
type Early = { readonly chunks: Uint8Array[]; head: string; isEnded: boolean };
type Reading = { readonly reader: SessionReader; readonly held: Set<SessionStream> };

export type SessionEvents = {
  /** The command has exited; its output may still come. */
  readonly exited: () => void;
  /** All of its output was handed on. */
  readonly ended: (exit: TaskExit) => void;
};

export class Session {
  readonly #started: Started;
  readonly #events: SessionEvents;
  readonly #sources: readonly Source[];
  readonly #readings = new Set<Reading>();
  readonly #sizes: TerminalSizes | undefined;
  #writer: SessionWriter | undefined;
  #exit: TaskExit | undefined;
  #isOver = false;
  #isInputOver = false;
  /** By whom it was ended on purpose: runtimes tell such an exit as a code. */
  #killedBy: number | undefined;
  #settling: NodeJS.Timeout | undefined;
  /** Before the terminal is there. */
  #early: Early | undefined;

  constructor(started: Started, events: SessionEvents) {
    this.#started = started;
    this.#events = events;
    const { child, stdin, stdout, stderr, terminal } = started;
    this.#early = terminal ? { chunks: [], head: "", isEnded: false } : undefined;
    this.#sizes = terminal ? new TerminalSizes(started.pidFile) : undefined;
    this.#sources = [
      { name: "stdout" as const, stream: stdout, ended: false },
      ...(stderr === undefined ? [] : [{ name: "stderr" as const, stream: stderr, ended: false }]),
    ];
    for (const source of this.#sources) this.#listen(source);
    // A command that does not read, or is gone.
    stdin.on("error", () => this.#endInput());
    stdin.on("drain", () => this.#writer?.ready());
    child.once("error", () => this.#exited({ kind: "code", code: 125 }));
    child.once("exit", (code, signal) => this.#exited(exitOf(code, signal)));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get hasWriter(): boolean {
    return this.#writer !== undefined;
  }

  get readers(): number {
    return this.#readings.size;
  }

  noteKill(signal: number): void {
    this.#killedBy = signal;
  }

  read(reader: SessionReader): SessionOutput {
    const reading: Reading = { reader, held: new Set() };
    this.#readings.add(reading);
    return {
      resume: () => {
        reading.held.clear();
        this.#flow();
      },
      detach: () => {
        this.#readings.delete(reading);
        this.#flow();
      },
    };
  }

  write(writer: SessionWriter): SessionInput {
    this.#writer = writer;
    const { stdin } = this.#started;
    return {
      write: (bytes) => {
        if (this.#isInputOver || bytes.length === 0) return true;
        if (this.#early === undefined) return stdin.write(bytes);
        this.#early.chunks.push(bytes);
        return false;
      },
      resize: (size: TerminalSize) => this.#sizes?.set(size),
      end: () => this.#endInput(),
      detach: () => {
        this.#writer = undefined;
      },
    };
  }

  #endInput(): void {
    if (this.#early !== undefined) this.#early.isEnded = true;
    if (this.#isInputOver || this.#early !== undefined) return;
    this.#isInputOver = true;
    this.#started.stdin.end();
    this.#writer?.ready();
  }

  #listen(source: Source): void {
    const { stream } = source;
    const ended = (): void => {
      source.ended = true;
      this.#conclude();
    };
    stream.on("data", (bytes: Buffer) => {
      const rest = this.#early === undefined ? bytes : this.#readHead(this.#early, bytes);
      if (rest.length > 0) this.#handOn(source, rest);
    });
    stream.once("end", ended);
    stream.once("close", ended);
    stream.on("error", ended);
  }

  #handOn({ name, stream }: Source, bytes: Buffer): void {
    this.#settling?.refresh();
    for (const { reader, held } of this.#readings) if (!reader.output(name, bytes)) held.add(name);
    if (this.#isHeld()) stream.pause();
  }

  /** The line that says that the terminal is raw is for us; the command has not started before it. */
  #readHead(early: Early, bytes: Buffer): Buffer {
    early.head += bytes.toString("latin1");
    const line = /^ready\r?\n/.exec(early.head);
    const isOther = early.head.length > 200;
    if (line === null && !isOther) return Buffer.alloc(0);
    this.#early = undefined;
    for (const chunk of early.chunks) this.#started.stdin.write(chunk);
    if (early.isEnded) this.#endInput();
    this.#writer?.ready();
    return Buffer.from(early.head.slice(line?.[0].length ?? 0), "latin1");
  }

  #isHeld(): boolean {
    return [...this.#readings].some(({ held }) => held.size > 0);
  }

  #flow(): void {
    if (this.#isHeld()) return;
    this.#settling?.refresh();
    for (const { stream, ended } of this.#sources) if (!ended) stream.resume();
  }

  #exited(exit: TaskExit): void {
    if (this.#exit !== undefined) return;
    const killedBy = this.#killedBy;
    const isKill = killedBy !== undefined && exit.kind === "code" && exit.code === 128 + killedBy;
    this.#exit = isKill ? { kind: "signal", signal: killedBy } : exit;
    this.#events.exited();
    this.#settling = setTimeout(() => this.#giveUp(), SETTLE_MS);
    this.#conclude();
  }

  /** Something that left the session holds a pipe open; it will not be read any more. */
  #giveUp(): void {
    if (this.#isHeld()) return void this.#settling?.refresh();
    for (const { stream } of this.#sources) stream.destroy();
  }

  #conclude(): void {
    if (this.#exit === undefined || this.#isOver || this.#sources.some(({ ended }) => !ended)) return;
    this.#isOver = true;
    const rest = lastWordsIn(this.#started.logFile);
    if (rest.length > 0) for (const { reader } of this.#readings) reader.output("stdout", rest);
    clearTimeout(this.#settling);
    this.#isInputOver = true;
    this.#started.stdin.destroy();
    this.#sizes?.close();
    for (const { reader } of [...this.#readings]) reader.ended();
    this.#readings.clear();
    this.#writer?.ended();
    this.#writer = undefined;
    this.#events.ended(this.#exit);
  }
}

/** Runtimes exit with the command's code, or with 128 and the signal that ended it. */
function exitOf(code: number | null, signal: NodeJS.Signals | null): TaskExit {
  return code === null ? { kind: "signal", signal: signal === "SIGTERM" ? 15 : 9 } : { kind: "code", code };
}
