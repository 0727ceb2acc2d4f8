/**
 * What a registry asks for before it answers (`WWW-Authenticate`), and what its token service gives.
 */

import { Type } from "typebox";
import { documentReader, type Read, read, unreadable } from "./result.ts";

export type Challenge = {
  /** In small letters. */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
};

/** All challenges of one header; of what cannot be read, nothing. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const piece =
    /\s*,?\s*(?:([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([!#$%&'*+.^_`|~\w-]+))/y;
  while (piece.lastIndex < header.length) {
    const match = piece.exec(header);
    if (match === null) break;
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      const value = quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1");
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
    }
  }
  return challenges;
}

export type RegistryToken = { readonly token: string; readonly expiresInSeconds: number };

/** What the specification says of a token that does not say how long it lasts. */
const defaultExpirySeconds = 60;

const readToken = documentReader(
  Type.Object({
    token: Type.Optional(Type.String()),
    access_token: Type.Optional(Type.String()),
    expires_in: Type.Optional(Type.Number()),
  }),
);

export function parseToken(bytes: Uint8Array): Read<RegistryToken> {
  const document = readToken(bytes);
  if (!document.ok) return document;
  const token = document.value.token || document.value.access_token;
  if (token === undefined || token === "") return unreadable("has no token in it");
  if (/[^\x21-\x7e]/.test(token)) return unreadable("has a token that no header can hold");
  return read({ token, expiresInSeconds: document.value.expires_in ?? defaultExpirySeconds });
}

const readErrors = documentReader(
  Type.Object({
    errors: Type.Array(
      Type.Object({ code: Type.Optional(Type.String()), message: Type.Optional(Type.String()) }),
    ),
  }),
);

/** A registry's own words on why it refused; empty when it gave none. */
export function registryWords(bytes: Uint8Array): string {
  const document = readErrors(bytes);
  if (!document.ok) return "";
  return document.value.errors
    .map(({ code, message }) =>
      [code, message].filter((part) => part !== undefined && part !== "").join(": "),
    )
    .join("; ")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .slice(0, 300);
}
