/**
 * The one way in for JSON bodies: bytes to a plain value that is safe to handle, or a problem in words.
 *
 * Safe means: valid UTF-8, nested at most `limits.jsonDepthMax` deep (looked at before it is parsed), every
 * number finite, every text well-formed Unicode without NUL, and no member called `__proto__` anywhere. Of
 * repeated members the last counts. Never throws.
 */

import { limits } from "#base/limits.ts";
import { failed, type Parsed, parsed } from "./problem.ts";
import { decodeUtf8 } from "./text.ts";

/** A member of this name is harmless as parsed, and a trap for whoever copies it by assignment. */
const prototypeName = "__proto__";

export function parseJson(body: Uint8Array): Parsed<unknown> {
  if (body.length === 0) return malformed("the body is empty; a JSON document is needed");
  if (body.length > limits.requestBodyBytesMax) {
    return malformed(`the body has ${body.length} bytes; at most ${limits.requestBodyBytesMax} are taken`);
  }
  const text = decodeUtf8(body);
  if (text === undefined) return malformed("the body is not valid UTF-8");
  const tooDeepAt = findTooDeep(text, limits.jsonDepthMax);
  if (tooDeepAt !== undefined) {
    return malformed(`nested deeper than ${limits.jsonDepthMax} levels at ${placeOf(text, tooDeepAt)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(describeSyntaxError(text, error));
  }
  return clean(value);
}

const malformed = (why: string): Parsed<never> =>
  failed({ status: 400, message: "Invalid JSON", details: why });

/** The position at which the text opens one level too many; brackets inside strings do not count. */
export function findTooDeep(text: string, depthMax: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c /* \ */) index += 1;
      else if (code === 0x22 /* " */) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x5b /* [ */ || code === 0x7b /* { */) {
      depth += 1;
      if (depth > depthMax) return index;
    } else if (code === 0x5d /* ] */ || code === 0x7d /* } */) {
      depth -= 1;
    }
  }
  return undefined;
}

/** The engine's own words, with line and column in place of its position; never the whole body. */
function describeSyntaxError(text: string, error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const position = /at position (\d+)/.exec(words)?.[1];
  const short = words.replace(/ (in JSON )?at position \d+.*$/s, "").slice(0, 200);
  return position === undefined ? short : `${short} at ${placeOf(text, Number(position))}`;
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  return `line ${line}, column ${position - before.lastIndexOf("\n")}`;
}

/** Depth is bounded by now, so the recursion is too. */
function clean(root: unknown): Parsed<unknown> {
  const problems: { path: string; errors: string[] }[] = [];
  const visit = (value: unknown, path: string): void => {
    if (problems.length >= 10) return;
    if (typeof value === "number" && !Number.isFinite(value)) {
      problems.push({ path: path || "/", errors: ["the number is out of range"] });
    } else if (typeof value === "string") {
      const fault = faultOfText(value);
      if (fault !== undefined) problems.push({ path: path || "/", errors: [fault] });
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1) visit(value[index], `${path}(${index})`);
    } else if (typeof value === "object" && value !== null) {
      const members = value as Record<string, unknown>;
      Reflect.deleteProperty(members, prototypeName);
      for (const key of Object.keys(members)) {
        const fault = faultOfText(key);
        if (fault !== undefined) problems.push({ path: path || "/", errors: [`a member's name: ${fault}`] });
        else visit(members[key], `${path}/${key}`);
      }
    }
  };
  visit(root, "");
  return problems.length === 0
    ? parsed(root)
    : failed({ status: 400, message: "Invalid JSON", details: problems });
}

function faultOfText(text: string): string | undefined {
  if (!text.isWellFormed()) return "the text has a lone surrogate, which is not Unicode";
  if (text.includes("\0")) return "the text has a NUL character";
  return undefined;
}
