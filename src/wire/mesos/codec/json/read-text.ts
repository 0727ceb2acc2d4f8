/**
 * JSON text to values, without loss: an integer that a double cannot hold comes as a `bigint`.
 *
 * Fast for what is usual: the engine's own parser reads every text that has no long integer. The
 * parser below reads the others, and tells what is wrong with a text as Mesos tells it: the line, and what
 * stands there. Nested at most `limits.jsonDepthMax` deep. Objects may have members of any name, `__proto__`
 * too: look members up by names of your own, or by `Object.keys`. Of repeated members the last counts.
 */

import { limits } from "#base/limits.ts";
import { findTooDeep } from "../../../json/parse-json.ts";
import { decodeUtf8 } from "../../../json/text.ts";
import { numberFromText } from "./number-text.ts";

export type Text =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

const quote = 0x22;
const backslash = 0x5c;

/** Sixteen digits that are no fraction may be more than a double holds. */
const longInteger = /(?<![\d.])\d{16}/;

/** So much of a faulty line is told. */
const nearLengthMax = 200;

export function readJsonText(body: Uint8Array): Text {
  if (body.length > limits.mesosMessageBytesMax) {
    return {
      ok: false,
      why: `the body has ${body.length} bytes; at most ${limits.mesosMessageBytesMax} are taken`,
    };
  }
  const text = decodeUtf8(body);
  if (text === undefined) return { ok: false, why: "the body is not valid UTF-8" };
  if (findTooDeep(text, limits.jsonDepthMax) !== undefined) {
    return { ok: false, why: `nested deeper than ${limits.jsonDepthMax} levels` };
  }
  if (!longInteger.test(text)) {
    try {
      return { ok: true, value: JSON.parse(text) };
    } catch {
      // The parser below says what is wrong with it.
    }
  }
  return new TextReader(text).read();
}

class TextReader {
  readonly #text: string;
  #at = 0;
  #failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Text {
    const value = this.#value();
    if (this.#failed) return { ok: false, why: this.#syntaxError() };
    this.#skipSpace();
    if (this.#at === this.#text.length) return { ok: true, value };
    const rest = this.#text.slice(this.#at).trimEnd().slice(0, nearLengthMax);
    return { ok: false, why: `Parsed JSON included non-whitespace trailing characters: ${rest}` };
  }

  #syntaxError(): string {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const rest = this.#text.slice(this.#at, this.#at + nearLengthMax).split("\n", 1)[0] ?? "";
    return `syntax error at line ${line} near: ${rest.replace(/\p{Cc}/gu, "")}`;
  }

  #value(): unknown {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default: {
        const number = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
        return number === undefined ? this.#fail() : numberFromText(number);
      }
    }
  }

  #object(): unknown {
    // Without a prototype, a member called __proto__ is one like any other.
    const members: Record<string, unknown> = Object.create(null);
    this.#at += 1;
    if (this.#take("}")) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') return this.#fail();
      const name = this.#string();
      if (!this.#take(":")) return this.#fail();
      members[name] = this.#value();
    } while (!this.#failed && this.#take(","));
    return this.#take("}") ? members : this.#fail();
  }

  #array(): unknown {
    const items: unknown[] = [];
    this.#at += 1;
    if (this.#take("]")) return items;
    do {
      items.push(this.#value());
    } while (!this.#failed && this.#take(","));
    return this.#take("]") ? items : this.#fail();
  }

  /** The engine undoes the escapes, once it is known where the string ends. */
  #string(): string {
    const start = this.#at;
    let index = start + 1;
    for (let code = this.#text.charCodeAt(index); code !== quote; code = this.#text.charCodeAt(index)) {
      if (Number.isNaN(code)) break;
      index += code === backslash ? 2 : 1;
    }
    try {
      const value = JSON.parse(this.#text.slice(start, index + 1)) as string;
      this.#at = index + 1;
      return value;
    } catch {
      this.#fail();
      return "";
    }
  }

  #literal<Value>(word: string, value: Value): Value | undefined {
    if (this.#text.startsWith(word, this.#at)) {
      this.#at += word.length;
      return value;
    }
    return this.#fail();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #take(character: string): boolean {
    if (this.#failed) return false;
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "none")) this.#at += 1;
  }

  #fail(): undefined {
    this.#failed = true;
    return undefined;
  }
}
