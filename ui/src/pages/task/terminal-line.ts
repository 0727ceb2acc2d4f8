/**
 * The line between a terminal in the browser and its session at the agent: output as one streamed answer, input as
 * requests one after another, so that nothing overtakes. What is typed while one is under way goes together.
 */

import type { TerminalEvent, TerminalInput, TerminalRequest } from "#console/session.ts";
import { reach, send, wordsOf } from "../../session/send.ts";

type Reader = {
  readonly output: (bytes: Uint8Array) => void;
  readonly ended: (why: string) => void;
};

export class TerminalLine {
  readonly #path: string;
  readonly #reader: Reader;
  #id: string | undefined;
  #typed = "";
  #size: TerminalInput["size"];
  #number = 0;
  #isSending = false;
  #isClosed = false;
  #body: ReadableStreamDefaultReader<string> | undefined;

  constructor(nodeId: string, request: TerminalRequest, reader: Reader) {
    this.#path = `/agent/${encodeURIComponent(nodeId)}/unum/v1/terminals`;
    this.#reader = reader;
    void this.#open(request);
  }

  type(text: string): void {
    this.#typed += text;
    void this.#flush();
  }

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    void this.#flush();
  }

  /** The command ends when nobody reads it. */
  close(): void {
    this.#isClosed = true;
    void this.#body?.cancel().catch(() => undefined);
  }

  async #open(request: TerminalRequest): Promise<void> {
    try {
      const answer = await reach("POST", this.#path, request);
      if (!answer.ok || answer.body === null) throw new Error(await wordsOfAnswer(answer));
      this.#body = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      if (this.#isClosed) return this.close();
      await this.#read(this.#body);
      if (!this.#isClosed) this.#reader.ended("The line to the node was cut, and the shell ended with it.");
    } catch (error) {
      if (!this.#isClosed) this.#reader.ended(`No terminal: ${wordsOf(error)}`);
    }
  }

  async #read(body: ReadableStreamDefaultReader<string>): Promise<void> {
    let rest = "";
    for (;;) {
      const { value, done } = await body.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") this.#take(JSON.parse(line));
    }
  }

  #take(event: TerminalEvent): void {
    switch (event.type) {
      case "opened":
        this.#id = event.terminal;
        return void this.#flush();
      case "output":
        return this.#reader.output(Uint8Array.fromBase64(event.data));
      case "exited":
        this.#isClosed = true;
        return this.#reader.ended(
          event.signal === null
            ? `The shell ended with ${event.code}.`
            : `The shell was ended by signal ${event.signal}.`,
        );
      case "heartbeat":
        return undefined;
      default:
        return event satisfies never;
    }
  }

  async #flush(): Promise<void> {
    if (this.#isSending || this.#id === undefined) return;
    this.#isSending = true;
    try {
      while (!this.#isClosed && (this.#typed !== "" || this.#size !== undefined)) {
        const input = this.#next();
        await send("POST", `${this.#path}/${encodeURIComponent(this.#id)}/input`, input);
      }
    } catch (error) {
      if (!this.#isClosed) this.#reader.ended(`What was typed did not arrive: ${wordsOf(error)}`);
    } finally {
      this.#isSending = false;
    }
  }

  #next(): TerminalInput {
    this.#number += 1;
    const input: TerminalInput = {
      number: this.#number,
      ...(this.#typed === "" ? {} : { data: new TextEncoder().encode(this.#typed).toBase64() }),
      ...(this.#size === undefined ? {} : { size: this.#size }),
    };
    this.#typed = "";
    this.#size = undefined;
    return input;
  }
}

async function wordsOfAnswer(answer: Response): Promise<string> {
  const text = await answer.text();
  const found = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return found ?? (text.slice(0, 300) || `status ${answer.status}`);
}
