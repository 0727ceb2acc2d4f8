/**
 * The keys that end an attachment and not what it is attached to, found in what is typed.
 *
 * What might be their beginning is held back until the next key says whether it was; nothing of the rest is lost.
 */

import { usageError } from "./command.ts";

export class DetachKeys {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  read(bytes: Uint8Array): { readonly typed: Uint8Array; readonly isDetached: boolean } {
    if (this.#keys.length === 0) return { typed: bytes, isDetached: false };
    const typed: number[] = [];
    for (const byte of bytes) {
      if (byte !== this.#keys[this.#matched]) {
        typed.push(...this.#keys.slice(0, this.#matched));
        this.#matched = 0;
      }
      if (byte !== this.#keys[this.#matched]) {
        typed.push(byte);
        continue;
      }
      this.#matched += 1;
      if (this.#matched === this.#keys.length) {
        this.#matched = 0;
        return { typed: Uint8Array.from(typed), isDetached: true };
      }
    }
    return { typed: Uint8Array.from(typed), isDetached: false };
  }
}

/** `ctrl-p,ctrl-q`, or single characters; an empty text for none. */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(",").map((name) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(name)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
    if (name.length === 1 && name.charCodeAt(0) < 128) return name.charCodeAt(0);
    throw usageError(`"${name}" is no key: ctrl-a to ctrl-z, or one character`);
  });
}
