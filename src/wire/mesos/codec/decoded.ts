/**
 * What decoding a body leads to: a message, or why there is none.
 *
 * `why` is the sentence that Mesos answers with, word for word where it was recorded; `detail` says what
 * exactly was wrong, for logs and for tests.
 */

export type Undecoded = { readonly ok: false; readonly why: string; readonly detail: string };

export type Decoded<Value> = { readonly ok: true; readonly value: Value } | Undecoded;

export const decoded = <Value>(value: Value): Decoded<Value> => ({ ok: true, value });

export const undecoded = (why: string, detail: string): Undecoded => ({ ok: false, why, detail });

/** The name by which Mesos calls a message in its sentences: `scheduler.Call` is `Call`. */
export const shortName = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
