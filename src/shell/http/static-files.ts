/**
 * The console's files as they were built: read once, kept in memory, sent as they are or as they were compressed.
 *
 * A request never becomes a path of the file system: only what was found when the directory was read is served. A page's
 * own address (`/services/shop`) gets the page. It knows no endpoint, and is asked only where there is none.
 */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { limits } from "#base/limits.ts";
import type { BodyAnswer, Headers } from "#ports/door.ts";

export type StaticRequest = {
  readonly path: string;
  readonly accept: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string | undefined;
};

export interface StaticFiles {
  /** Undefined: nothing of ours. */
  answer(request: StaticRequest): BodyAnswer | undefined;
}

type Encoding = "br" | "gzip";
type Served = {
  readonly type: string;
  readonly bytes: Buffer;
  readonly encoded: ReadonlyMap<Encoding, Buffer>;
  readonly etag: string;
};

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/** Nothing but our own files is loaded, nothing may frame the page, and it tells nobody where one came from. */
const safety: Headers = {
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** Where files lie. Below other paths a dot means nothing: names of services and tasks have them. */
const filePath = /^\/(?:assets\/.*|[^/]*\.[a-z0-9]{2,12})$|\/[./]/;

/** `isOurs`: paths below which the API is, so that what is unknown there is not found rather than the page. */
export function createStaticFiles(directory: string, isOurs: (path: string) => boolean): StaticFiles {
  let files = new Map<string, Served>();
  let readAtMs = -1;
  const indexPath = join(directory, "index.html");

  /** Built anew: the page names other files now. Those of before may still be asked for by pages that are open. */
  const look = (): void => {
    const changedMs = existsSync(indexPath) ? statSync(indexPath).mtimeMs : -1;
    if (changedMs === readAtMs) return;
    readAtMs = changedMs;
    files = changedMs === -1 ? new Map() : readFiles(directory);
  };

  return {
    answer: ({ path, accept, acceptEncoding, ifNoneMatch }) => {
      const isPage = accept.includes("text/html") && !isOurs(path) && !filePath.test(path);
      if (path === "/" || isPage || files.size === 0) look();
      const file = path === "/index.html" ? undefined : files.get(path);
      if (file !== undefined) return send(file, path, acceptEncoding, ifNoneMatch);
      if (path !== "/" && !isPage) return undefined;
      const index = files.get("/index.html");
      return index === undefined ? notBuilt : send(index, "/", acceptEncoding, ifNoneMatch);
    },
  };
}

/** Below the first segments of all that is served: what is unknown there is somebody's mistake, and no page. */
export function belowRoutes(routes: readonly { readonly path: string }[]): (path: string) => boolean {
  const segments = new Set(routes.map(({ path }) => path.split("/")[1] ?? ""));
  return (path) => segments.has(path.split("/")[1] ?? "");
}

function send(
  file: Served,
  path: string,
  acceptEncoding: string,
  ifNoneMatch: string | undefined,
): BodyAnswer {
  const encoding = (["br", "gzip"] as const).find(
    (each) => file.encoded.has(each) && acceptsEncoding(acceptEncoding, each),
  );
  const headers: Headers = {
    ...safety,
    "Content-Type": file.type,
    // The build puts a hash of the content into the names of these.
    "Cache-Control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    ETag: file.etag,
    Vary: "Accept-Encoding",
    ...(encoding === undefined ? {} : { "Content-Encoding": encoding }),
  };
  if (ifNoneMatch === file.etag) return { kind: "body", status: 304, headers, body: "" };
  const body = (encoding === undefined ? undefined : file.encoded.get(encoding)) ?? file.bytes;
  return { kind: "body", status: 200, headers, body };
}

/** `gzip;q=0` says no. */
const acceptsEncoding = (header: string, encoding: Encoding): boolean =>
  header.split(",").some((part) => {
    const [name = "", quality = ""] = part.trim().split(";", 2);
    return name.trim() === encoding && !/^q=0(\.0*)?$/.test(quality.trim());
  });

const notBuilt: BodyAnswer = {
  kind: "body",
  status: 503,
  headers: { ...safety, "Content-Type": "text/plain; charset=utf-8" },
  body:
    "The console is not built. Build it in the directory of Unum with\n\n    scripts/setup\n\n" +
    "and load this page again. The command line and the APIs work without it.\n",
};

/** What is not a usual file, hidden, or beyond the bound is left out. */
function readFiles(directory: string): Map<string, Served> {
  const files = new Map<string, Served>();
  let left: number = limits.consoleFilesBytesMax;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined || entry.name.startsWith(".")) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const encoded = new Map<Encoding, Buffer>();
    for (const [encoding, suffix] of [
      ["br", ".br"],
      ["gzip", ".gz"],
    ] as const)
      if (existsSync(`${path}${suffix}`)) encoded.set(encoding, readFileSync(`${path}${suffix}`));
    left -= bytes.length;
    if (left < 0) break;
    const etag = `"${bytes.length.toString(36)}-${Math.trunc(statSync(path).mtimeMs).toString(36)}"`;
    files.set(path.slice(directory.length).replaceAll("\\", "/"), { type, bytes, encoded, etag });
  }
  return files;
}
