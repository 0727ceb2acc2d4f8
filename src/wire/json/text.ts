/**
 * Bytes and text: UTF-8 without Node's types, which this room does not have.
 *
 * The globals used here are in every JavaScript runtime; they are named once, in this file.
 */

type Globals = {
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new (
    label: string,
    options: { readonly fatal: boolean; readonly ignoreBOM?: boolean },
  ) => { decode(bytes: Uint8Array): string };
};

const globals = globalThis as unknown as Globals;
const encoder = new globals.TextEncoder();
const strictDecoder = new globals.TextDecoder("utf-8", { fatal: true });
const exactDecoder = new globals.TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const looseDecoder = new globals.TextDecoder("utf-8", { fatal: false });

export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text);

/** Undefined when the bytes are not UTF-8. A byte order mark is dropped. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** As `decodeUtf8`, but a byte order mark is a character like any other: for pieces of a message. */
export function decodeUtf8Exactly(bytes: Uint8Array): string | undefined {
  try {
    return exactDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes that are not UTF-8 become U+FFFD: for showing files, never for reading requests. */
export const decodeLoosely = (bytes: Uint8Array): string => looseDecoder.decode(bytes);
