/**
 * Tidiness of one file: length, header, name, words, and which rooms it imports.
 *
 * Pure functions from a path and a text to complaints; `tidy.test.ts` runs them over the repository and over
 * planted offences. Style that Biome can judge is Biome's (see biome.json), not repeated here.
 */

import { roomOf } from "./rooms.ts";
import { lineAt, scanSource } from "./source.ts";

const fileLinesMax = 400;
const headerLinesMin = 3;
const headerLinesMax = 8;

/** Words that say "not finished", split so that this file passes its own check. */
const unfinishedWords = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"];

export function checkLength(path: string, text: string): readonly string[] {
  const lines = text.trimEnd().split("\n").length;
  return lines > fileLinesMax
    ? [`${path}: ${lines} lines, at most ${fileLinesMax}: split it by concept`]
    : [];
}

/** A block comment on the first line, of 3 lines or more (a short file may do with one), 8 of them text. */
export function checkHeader(path: string, text: string): readonly string[] {
  const body = text.startsWith("#!") ? text.slice(text.indexOf("\n") + 1) : text;
  const header = /^\/\*\*[\s\S]*?\*\//.exec(body)?.[0];
  if (header === undefined)
    return [`${path}:1: no header: open with /** what it owns, what it never does */`];
  const lines = header.split("\n").length;
  const textLines = header.split("\n").filter((line) => /\w/.test(line)).length;
  const short = text.split("\n").length < 30;
  if (textLines > headerLinesMax)
    return [`${path}:1: header of ${textLines} lines: say it in ${headerLinesMax}`];
  if (lines < headerLinesMin && !short) return [`${path}:1: header of ${lines} lines: say what it owns`];
  return [];
}

export function checkName(path: string): readonly string[] {
  const name = path.split("/").at(-1) ?? "";
  return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*$/.test(name) ? [] : [`${path}: name it in kebab-case`];
}

export function checkWords(path: string, text: string): readonly string[] {
  const pattern = new RegExp(`\\b(?:${unfinishedWords.join("|")})\\b`, "g");
  return [...text.matchAll(pattern)].map(
    (match) => `${path}:${lineAt(text, match.index)}: ${match[0]}: finish it, or open an issue`,
  );
}

/** Imports that the table of rooms does not allow, and relative ones that leave their room. */
export function checkImports(path: string, text: string): readonly string[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  const isTest = path.endsWith(".test.ts");
  return importsOf(text).flatMap(({ specifier, line }) => {
    const where = `${path}:${line}: imports ${specifier}: `;
    if (specifier.startsWith("#")) {
      const target = roomOf(specifier.slice(1));
      if (target === undefined) return [`${where}that is no room of checks/rooms.ts`];
      if (target === room || isTest || room.mayImport.includes(target.name)) return [];
      return [`${where}src/${room.name} may not know src/${target.name}`];
    }
    if (specifier.startsWith(".")) {
      const target = resolveFrom(path, specifier);
      return roomOf(target) === room || (isTest && target.startsWith("test/"))
        ? []
        : [`${where}it leaves its room; write #room/file.ts`];
    }
    if (isTest || !room.pure || room.name === "wire" || room.name === "doors") return [];
    return [`${where}a pure room imports no package`];
  });
}

/** Links of a Markdown file to files of this repository, as paths from the root. */
export function linksOf(
  path: string,
  text: string,
): readonly { readonly target: string; readonly line: number }[] {
  const links = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)];
  return links
    .filter((match) => !/^[a-z]+:/.test(match[1] ?? ""))
    .map((match) => ({
      target: resolveFrom(path, match[1] ?? ""),
      line: lineAt(text, match.index),
    }));
}

function importsOf(text: string): readonly { readonly specifier: string; readonly line: number }[] {
  const { code, strings } = scanSource(text);
  return strings
    .filter(({ offset }) => /(?:\bfrom|\bimport|\bimport\s*\()\s*$/.test(code.slice(0, offset)))
    .map((piece) => ({ specifier: piece.text, line: lineAt(text, piece.offset) }));
}

/** `src/a/b.ts` and `../c.ts` make `src/c.ts`. */
function resolveFrom(path: string, relative: string): string {
  if (relative.startsWith("/")) return relative.slice(1);
  const parts = path.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
