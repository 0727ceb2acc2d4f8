/**
 * Artifacts: files that an agent fetches into a sandbox before anything starts there.
 *
 * Owns what may be asked for: which addresses, under which names. Whether an agent has it, and lets it be had, is
 * found by the agent.
 */

import { limits } from "#base/limits.ts";

export type Artifact = {
  /**
   * `http:`, `https:` or `file:` with a path, a path on the agent, or `docker:` or `oci:` with the name of an image
   * (`docker://registry.local/web:1`), which is a directory, or a tarball when it is not extracted. A fragment `#sha256=<64 digits>` says what
   * its bytes must be; it is not sent.
   */
  readonly uri: string;
  /** Unpacks what its name says is an archive or compressed. */
  readonly extract: boolean;
  /** Makes it executable, and does not unpack it. */
  readonly executable: boolean;
  /** Kept at the agent for whoever asks for the same. */
  readonly cache: boolean;
  /** Its path in the sandbox; absent: the last part of the address. */
  readonly outputFile?: string | undefined;
};

export type ArtifactPlace =
  | { readonly kind: "web"; readonly url: string }
  | { readonly kind: "file"; readonly path: string }
  /** What is in an image of a registry, as one tree. */
  | { readonly kind: "image"; readonly reference: string };

export type ParsedArtifactUri = {
  readonly place: ArtifactPlace;
  /** The last part of the address, with its query, as Mesos takes it. */
  readonly name: string;
  /** Hexadecimal. */
  readonly sha256: string | undefined;
};

/** The parts of an address, or what is wrong with it. */
export function parseArtifactUri(uri: string): ParsedArtifactUri | { readonly fault: string } {
  if (uri.length > limits.artifactUriLengthMax)
    return { fault: `is longer than ${limits.artifactUriLengthMax} characters` };
  if (hasControl(uri) || /[\\'\s]/.test(uri))
    return { fault: "has a blank, a quote, a backslash or the like" };
  const hash = uri.indexOf("#");
  const bare = hash === -1 ? uri : uri.slice(0, hash);
  const sum = hash === -1 ? undefined : checksumOf(uri.slice(hash + 1));
  if (sum === null) return { fault: "has a checksum that is not sha256= and 64 hexadecimal digits" };
  const place = placeOf(bare);
  if ("fault" in place) return place;
  const last = bare.slice(bare.lastIndexOf("/") + 1);
  const name = place.kind === "image" ? last.replace(/[:@].*$/, "") : last;
  if (place.kind === "image" && sum !== undefined)
    return { fault: "names an image: say its digest behind an @, and no checksum" };
  if (!isFileName(name)) return { fault: "names no file: its last part is empty, or no name" };
  return { place, name, sha256: sum };
}

export function artifactFault({ uri, executable, outputFile }: Artifact): string | undefined {
  const parsed = parseArtifactUri(uri);
  if ("fault" in parsed) return `URI ${JSON.stringify(shortUri(uri))} ${parsed.fault}`;
  const target = outputFile ?? parsed.name;
  const segments = target.split("/");
  const isInside =
    segments.every(isFileName) && !hasControl(target) && target.length <= limits.artifactPathLengthMax;
  if (!isInside)
    return `URI output file ${JSON.stringify(target.slice(0, 200))} must be within the sandbox directory: a plain relative path`;
  if (parsed.place.kind === "image" && executable)
    return `URI ${JSON.stringify(shortUri(uri))} is an image, which is not executable`;
  return reserved.has(target)
    ? `URI output file ${JSON.stringify(target)} would take the place of the task's output; name another`
    : undefined;
}

/** For people: without what may be secret in it. */
export const shortUri = (uri: string): string =>
  uri
    .replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1")
    .replace(/[?#].*$/s, "")
    .slice(0, 300);

const reserved: ReadonlySet<string> = new Set(["stdout", "stderr", "tasks"]);

/** The longest name that Linux takes. */
const nameLengthMax = 255;

const isFileName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && name.length <= nameLengthMax;

function placeOf(uri: string): ArtifactPlace | { readonly fault: string } {
  const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri) ?? [];
  switch (scheme?.toLowerCase()) {
    case "http":
    case "https":
      return /^https?:\/\/[^/?#]+\/./i.test(uri)
        ? { kind: "web", url: uri }
        : { fault: "is malformed: missing path" };
    case "file":
      return filePlace(uri.slice("file:".length).replace(/^\/\/(?:localhost)?(?=\/)/i, ""));
    case "docker":
    case "oci":
      return /^[a-z]+:\/\/[^/?#]./i.test(uri)
        ? { kind: "image", reference: uri.slice(uri.indexOf("://") + 3) }
        : { fault: "names no image: write docker://name:tag" };
    case undefined:
      return uri.startsWith("/")
        ? filePlace(uri)
        : { fault: "is relative: agents have no place of their own for files" };
    default:
      return {
        fault: `has the scheme ${JSON.stringify(scheme)}, which agents cannot fetch: use http, https, file, docker or oci`,
      };
  }
}

function filePlace(path: string): ArtifactPlace | { readonly fault: string } {
  if (!path.startsWith("/") || path.startsWith("//"))
    return { fault: "is no absolute path: write file:///path" };
  const segments = path.split("/");
  return segments.includes("..") || segments.includes(".")
    ? { fault: "must not have the segments . or .." }
    : { kind: "file", path };
}

/** Undefined: none. Null: one that is none. */
function checksumOf(fragment: string): string | undefined | null {
  if (!fragment.startsWith("sha256")) return undefined;
  const [, digits] = /^sha256=([0-9a-f]{64})$/i.exec(fragment) ?? [];
  return digits === undefined ? null : digits.toLowerCase();
}

const hasControl = (text: string): boolean =>
  [...text].some((character) => character < " " || character === "\x7f");
