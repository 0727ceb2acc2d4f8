/**
 * Base64 as Mesos reads and writes it: written with padding, read leniently.
 *
 * Reading skips white space, stops at the first `=`, and does not ask for padding. Decoding says the first
 * character that does not belong, as Mesos does.
 */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Int8Array(128).fill(-1);
for (let index = 0; index < alphabet.length; index += 1) values[alphabet.charCodeAt(index)] = index;
const whiteSpace: ReadonlySet<string> = new Set(" \t\n\v\f\r");

export function base64Text(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const first = bytes[index] ?? 0;
    const second = bytes[index + 1] ?? 0;
    const third = bytes[index + 2] ?? 0;
    const group = (first << 16) | (second << 8) | third;
    text += letter(group >> 18) + letter(group >> 12);
    text += index + 1 < bytes.length ? letter(group >> 6) : "=";
    text += index + 2 < bytes.length ? letter(group) : "=";
  }
  return text;
}

const letter = (bits: number): string => alphabet.charAt(bits & 63);

export type Base64 = { readonly bytes: Uint8Array } | { readonly invalid: string };

export function bytesOfBase64(text: string): Base64 {
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let held = 0;
  for (const character of text) {
    if (character === "=") break;
    if (whiteSpace.has(character)) continue;
    const value = values[character.codePointAt(0) ?? 0] ?? -1;
    if (value < 0) return { invalid: character };
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[length] = (bits >> held) & 255;
      length += 1;
    }
  }
  return { bytes: bytes.slice(0, length) };
}
