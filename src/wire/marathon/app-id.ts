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
  if (text.length > limits.appIdLengthMax)
    return { ok: false, error: `is longer than ${limits.appIdLengthMax} characters` };
  const segments: string[] = [];
  for (const segment of [...(text.startsWith("/") ? [] : base.split("/")), ...text.split("/")]) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (segments.pop() === undefined) return { ok: false, error: "leads above the root" };
    } else if (segmentForm.test(segment)) {
      segments.push(segment);
    } else {
      return { ok: false, error: faultOfSegment(segment) };
    }
  }
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
