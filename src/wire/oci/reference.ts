/**
 * Names of images in registries, as people write them: `[host[:port]/]path[:tag][@digest]`.
 *
 * Owns their grammar and what is meant by what is left out. Which registry stands behind a name without a
 * host is its reader's business.
 */

import { type Read, read, unreadable } from "./result.ts";

export type ImageReference = {
  /** `host` or `host:port`, in small letters; undefined: the reader's own. */
  readonly registry: string | undefined;
  readonly repository: string;
  /** `latest` where neither tag nor digest was written. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

const lengthMax = 1_024;
const repositoryLengthMax = 255;
const host = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;
const path = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (text: string): boolean => digestForm.test(text);

export function parseReference(text: string): Read<ImageReference> {
  if (text.length > lengthMax) return unreadable(`is longer than ${lengthMax} characters`);
  if (text.includes("://")) return unreadable("must be the name of an image, not an address with ://");
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0) return unreadable("has more than one @");
  if (digest !== undefined && !isDigest(digest))
    return unreadable("has a digest that is not sha256: and 64 hexadecimal digits");
  const { registry, rest } = splitHost(named);
  if (registry !== undefined && !isHost(registry))
    return unreadable(`names the registry ${JSON.stringify(registry)}, which is no host name`);
  const colon = rest.indexOf(":");
  const repository = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? undefined : rest.slice(colon + 1);
  if (repository === "" || repository.length > repositoryLengthMax || !path.test(repository))
    return unreadable(
      "must be [host/]path[:tag][@digest], its path of small letters, digits and single separators",
    );
  if (tag !== undefined && !tagForm.test(tag))
    return unreadable("has a tag with other characters than letters, digits, _, . and -, or a long one");
  return read({
    registry,
    repository,
    tag: tag ?? (digest === undefined ? "latest" : undefined),
    digest,
  });
}

/** A first segment is a host if it could be nothing else: a dot, a port, or `localhost`. */
function splitHost(named: string): { readonly registry: string | undefined; readonly rest: string } {
  const slash = named.indexOf("/");
  const first = slash === -1 ? "" : named.slice(0, slash);
  if (first !== "localhost" && !/[.:[]/.test(first)) return { registry: undefined, rest: named };
  return { registry: first.toLowerCase(), rest: named.slice(slash + 1) };
}

/** A host name, perhaps with a port, in small letters. */
export function isHost(text: string): boolean {
  const port = /:(\d+)$/.exec(text.replace(/^\[[^\]]*\]/, ""))?.[1];
  return text.length <= 255 && host.test(text) && (port === undefined || isPort(Number(port)));
}

const isPort = (number: number): boolean => number >= 1 && number <= 65_535;

/** The canonical text. */
export function formatReference({ registry, repository, tag, digest }: ImageReference): string {
  const name = registry === undefined ? repository : `${registry}/${repository}`;
  return `${name}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
