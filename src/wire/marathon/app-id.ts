/**
 * Ids of apps as clients write them, absolute or relative, to the absolute path that the model keeps.
 *
 * Each segment is a list of DNS labels joined by dots; `.` and `..` are taken as in a path. Doubled and
 * trailing slashes are forgiven, since clients send them.
 */

import { limits } from "#base/limits.ts";
import { type AppId, appId } from "#model/ids.ts";

export type ParsedId =
  | { readonly ok: true; readonly id: AppId }
  | { readonly ok: false; readonly error: string };

const segmentForm = /^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$/;

/** They end the paths of an app's own endpoints, so an app of such a name could not be addressed. */
const reservedNames = ["restart", "tasks", "versions"];

/** `web`, `/web` and `//web/` are all `/web`; `base` is what relative ids begin from. */
export function parseAppId(text: string, base = "/"): ParsedId {
  const path = parseSegments(text, base);
  if (!path.ok) return path;
  const { segments } = path;
  if (path.isAbove) return { ok: false, error: "leads above the root" };
  const name = segments.at(-1);
  if (name === undefined) return { ok: false, error: "names no app: the path is empty" };
  if (reservedNames.includes(name)) {
    return {
      ok: false,
      error: `must not end in ${name}: the names ${reservedNames.join(", ")} are reserved`,
    };
  }
  return { ok: true, id: appId(`/${segments.join("/")}`) };
}

const faultOfSegment = (segment: string): string =>
  `has the segment ${JSON.stringify(segment.slice(0, 64))}; a segment is made of lower case letters, digits, ` +
  "hyphens and dots, and begins and ends with a letter or a digit";

/** Of a group, or of something that another depends on: `..` at the root stays there, as it does in Marathon. */
export function parsePath(text: string, base = "/"): ParsedPath {
  const path = parseSegments(text, base);
  return path.ok ? { ok: true, path: `/${path.segments.join("/")}` } : path;
}

export type ParsedPath =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly error: string };

type Segments =
  | { readonly ok: true; readonly segments: readonly string[]; readonly isAbove: boolean }
  | { readonly ok: false; readonly error: string };

function parseSegments(text: string, base: string): Segments {
  if (text.length > limits.appIdLengthMax)
    return { ok: false, error: `is longer than ${limits.appIdLengthMax} characters` };
  const segments: string[] = [];
  let isAbove = false;
  for (const segment of [...(text.startsWith("/") ? [] : base.split("/")), ...text.split("/")]) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") isAbove ||= segments.pop() === undefined;
    else if (segmentForm.test(segment)) segments.push(segment);
    else return { ok: false, error: faultOfSegment(segment) };
  }
  return { ok: true, segments, isAbove };
}
