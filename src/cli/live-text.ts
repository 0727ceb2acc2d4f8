/**
 * Text that changes in place on a terminal, and becomes plain lines, one for each change, elsewhere.
 */

import type { CliOutput } from "./command.ts";
import { visibleLength } from "./style.ts";

export class LiveText {
  readonly #output: CliOutput;
  #shownLines = 0;
  #lastPlain = "";

  constructor(output: CliOutput) {
    this.#output = output;
  }

  /**
   * `lines` replace what was shown; `plain` is what a log gets, if it differs from the last in more than times.
   */
  show(lines: readonly string[], plain: string): void {
    if (this.#output.isTerminal) {
      const fitting = lines.map((line) => cut(line, Math.max(20, this.#output.columns - 1)));
      this.#output.write(`${this.#erase()}${fitting.join("\n")}`);
      this.#shownLines = fitting.length;
      return;
    }
    // A log wants no line for every second that is left of something.
    const key = plain.replaceAll(/\b\d+(?:\.\d+)? (?:ms|s|m|h)\b/g, "");
    if (key !== this.#lastPlain) {
      this.#output.write(`${plain}\n`);
      this.#lastPlain = key;
    }
  }

  /** Takes away what is shown on a terminal; plain lines stay. */
  clear(): void {
    if (this.#output.isTerminal && this.#shownLines > 0) this.#output.write(this.#erase());
    this.#shownLines = 0;
  }

  #erase(): string {
    const up = this.#shownLines > 1 ? `\u001b[${this.#shownLines - 1}A` : "";
    return `\r${up}\u001b[J`;
  }
}

/** Too long a line would wrap, and then be erased only in part. Colours end at the cut. */
function cut(line: string, columns: number): string {
  if (visibleLength(line) <= columns) return line;
  let shown = 0;
  let at = 0;
  while (at < line.length && shown < columns - 1) {
    if (line[at] === "\u001b") at = line.indexOf("m", at) + 1;
    else {
      shown += 1;
      at += 1;
    }
  }
  return `${line.slice(0, at)}\u001b[0m…`;
}
