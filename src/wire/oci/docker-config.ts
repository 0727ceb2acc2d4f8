/**
 * Docker's `config.json`, of which only `auths` is read: who somebody is at which registry.
 *
 * Helpers that it names (`credHelpers`, `credsStore`) are programs; none is ever run.
 */

import { Type } from "typebox";
import { decodeUtf8 } from "../json/text.ts";
import { bytesOfBase64 } from "../mesos/codec/json/base64.ts";
import { documentReader, type Read, read, unreadable } from "./result.ts";

export type Credential =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** To be exchanged for an access token. */
  | { readonly kind: "identity"; readonly token: string }
  /** Sent as it is. */
  | { readonly kind: "bearer"; readonly token: string };

/** By the registry's `host` or `host:port`. */
export type Credentials = ReadonlyMap<string, Credential>;

const readConfig = documentReader(
  Type.Object({
    auths: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({
          auth: Type.Optional(Type.String()),
          username: Type.Optional(Type.String()),
          password: Type.Optional(Type.String()),
          identitytoken: Type.Optional(Type.String()),
          registrytoken: Type.Optional(Type.String()),
        }),
      ),
    ),
  }),
);

type Entry = {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
};

export function parseDockerConfig(bytes: Uint8Array): Read<Credentials> {
  const document = readConfig(bytes);
  if (!document.ok) return document;
  const credentials = new Map<string, Credential>();
  for (const [name, entry] of Object.entries(document.value.auths ?? {})) {
    const credential = credentialOf(entry);
    if (!credential.ok) return unreadable(`has an entry for ${name} that ${credential.fault}`);
    if (credential.value !== undefined) credentials.set(registryOf(name), credential.value);
  }
  return read(credentials);
}

/** Keys are hosts, or addresses such as `https://index.docker.io/v1/`. */
const registryOf = (name: string): string =>
  name
    .replace(/^https?:\/\//, "")
    .replace(/\/.*$/s, "")
    .toLowerCase();

function credentialOf(entry: Entry): Read<Credential | undefined> {
  const { auth, username, password, identitytoken, registrytoken } = entry;
  if (registrytoken !== undefined && registrytoken !== "")
    return read({ kind: "bearer", token: registrytoken });
  if (identitytoken !== undefined && identitytoken !== "")
    return read({ kind: "identity", token: identitytoken });
  if (auth !== undefined && auth !== "") {
    const decoded = bytesOfBase64(auth);
    const text = "invalid" in decoded ? undefined : decodeUtf8(decoded.bytes);
    const colon = text?.indexOf(":") ?? -1;
    if (text === undefined || colon < 0) return unreadable("is not user:password in base64");
    // Some tools pad with NUL.
    return read({
      kind: "password",
      user: text.slice(0, colon),
      password: text.slice(colon + 1).replace(/\0+$/, ""),
    });
  }
  if (username !== undefined && username !== "" && password !== undefined)
    return read({ kind: "password", user: username, password });
  return read(undefined);
}
