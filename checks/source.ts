/**
 * A small scanner for TypeScript: which characters of a file are code, and which only text.
 *
 * Blanks comments, strings, the text of templates, and regular expressions, keeping every offset and line, so
 * that the checks can search the rest without being fooled by prose. It does not parse and never refuses:
 * what it cannot tell apart (a `/` after `)`) it takes for a division, so that more stays visible, not less.
 */

export type Piece = { readonly offset: number; readonly text: string };

export type Source = {
  /** As long as the file; quotes stay, what is between them is blank. */
  readonly code: string;
  /** Contents of string literals and of templates without substitutions. */
  readonly strings: readonly Piece[];
  readonly comments: readonly Piece[];
};

/** Words after which a `/` begins a regular expression, though they look like names. */
const regexAfterWords = new Set(
  "return typeof case in of do else void delete throw new instanceof yield await extends".split(" "),
);

export function scanSource(text: string): Source {
  const scanner = new Scanner(text);
  scanner.scanCode(false);
  return { code: scanner.code.join(""), strings: scanner.strings, comments: scanner.comments };
}

/** 1-based. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

class Scanner {
  readonly code: string[];
  readonly strings: Piece[] = [];
  readonly comments: Piece[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.code = text.split("");
    if (text.startsWith("#!")) this.#blankTo(this.#endOfLine());
  }

  /** Scans to the end of the file, or, inside a template's substitution, past its closing brace. */
  scanCode(inSubstitution: boolean): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (two === "//") this.#comment(this.#endOfLine());
      else if (two === "/*") this.#comment(this.#indexAfter("*/", this.#at + 2));
      else if (char === '"' || char === "'") this.#string(char);
      else if (char === "`") this.#template();
      else if (char === "/" && this.#regexCanBegin()) this.#regex();
      else {
        if (char === "{") depth += 1;
        if (char === "}" && inSubstitution && depth === 0) return;
        if (char === "}") depth -= 1;
        this.#at += 1;
      }
    }
  }

  #comment(end: number): void {
    this.comments.push({ offset: this.#at, text: this.#text.slice(this.#at, end) });
    this.#blankTo(end);
  }

  #string(quote: string): void {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== quote && this.#text[end] !== "\n") {
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    this.strings.push({ offset: start, text: this.#text.slice(start + 1, end) });
    this.#at = start + 1;
    this.#blankTo(end);
    this.#at = end + 1;
  }

  #template(): void {
    const start = this.#at;
    let chunk = start + 1;
    let end = chunk;
    let whole = true;
    while (end < this.#text.length && this.#text[end] !== "`") {
      if (this.#text.startsWith("${", end)) {
        whole = false;
        this.#at = chunk;
        this.#blankTo(end);
        this.#at = end + 2;
        this.scanCode(true);
        chunk = this.#at + 1;
        end = chunk;
      } else end += this.#text[end] === "\\" ? 2 : 1;
    }
    if (whole) this.strings.push({ offset: start, text: this.#text.slice(start + 1, end) });
    this.#at = chunk;
    this.#blankTo(end);
    this.#at = end + 1;
  }

  #regex(): void {
    let end = this.#at + 1;
    let inClass = false;
    while (end < this.#text.length && this.#text[end] !== "\n" && (inClass || this.#text[end] !== "/")) {
      if (this.#text[end] === "[") inClass = true;
      if (this.#text[end] === "]") inClass = false;
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    this.#at += 1;
    this.#blankTo(end);
    this.#at = end + 1;
  }

  /** Whether the last thing before `/` cannot end an expression. */
  #regexCanBegin(): boolean {
    const before = this.code
      .slice(Math.max(0, this.#at - 200), this.#at)
      .join("")
      .trimEnd();
    const word = /[\p{ID_Continue}$]+$/u.exec(before)?.[0];
    if (word !== undefined) return regexAfterWords.has(word) && !before.endsWith(`.${word}`);
    return !/[)\]}"'`/]$/.test(before);
  }

  #blankTo(end: number): void {
    for (; this.#at < Math.min(end, this.code.length); this.#at += 1) {
      if (this.code[this.#at] !== "\n") this.code[this.#at] = " ";
    }
  }

  #endOfLine(): number {
    const end = this.#text.indexOf("\n", this.#at);
    return end < 0 ? this.#text.length : end;
  }

  #indexAfter(mark: string, from: number): number {
    const found = this.#text.indexOf(mark, from);
    return found < 0 ? this.#text.length : found + mark.length;
  }
}
