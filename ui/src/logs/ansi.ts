/**
 * Text with terminal colours as pieces with a style. Pure.
 *
 * Colours and weights (SGR) are kept, also from one line to the next; every other sequence is dropped, and what a
 * carriage return would have overwritten on a terminal is gone here, too.
 */

export type Style = {
  /** 0 to 15 of the palette, or `#rrggbb`. */
  readonly ink?: number | string;
  readonly ground?: number | string;
  readonly isBold?: boolean;
  readonly isFaint?: boolean;
  readonly isItalic?: boolean;
  readonly isUnderlined?: boolean;
};

export type Piece = { readonly text: string; readonly style: Style };

export const plain: Style = {};

const esc = String.fromCharCode(27);
const bell = String.fromCharCode(7);
/** CSI sequences, OSC sequences up to their end, and two-letter escapes. */
const sequences = new RegExp(
  `${esc}(?:\\[([0-9;:]*)([@-~])|\\[[0-?]*[ -/]*[@-~]|\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)?|[@-Z\\\\^_])`,
  "g",
);

/** One line, with the style that the line before ended in; the answer has the style that this one ends in. */
export function parseLine(
  line: string,
  begin: Style,
): { readonly pieces: readonly Piece[]; readonly end: Style } {
  const text = overwritten(line);
  if (!text.includes(esc)) return { pieces: text === "" ? [] : [{ text, style: begin }], end: begin };
  const pieces: Piece[] = [];
  let style = begin;
  let from = 0;
  for (const match of text.matchAll(sequences)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), style });
    from = match.index + match[0].length;
    if (match[2] === "m") style = restyle(style, match[1] ?? "");
  }
  if (from < text.length) pieces.push({ text: text.slice(from), style });
  return { pieces, end: style };
}

function overwritten(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.includes("\r") ? text.slice(text.lastIndexOf("\r") + 1) : text;
}

function restyle(style: Style, codes: string): Style {
  const list = codes.split(/[;:]/).map(Number);
  let next = style;
  for (let at = 0; at < list.length; at += 1) {
    const code = list[at] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extended(list.slice(at + 1));
      at += used;
      if (colour !== undefined) next = { ...next, [code === 38 ? "ink" : "ground"]: colour };
    } else next = simple(next, code);
  }
  return next;
}

function simple(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isFaint: true };
  if (code === 3) return { ...style, isItalic: true };
  if (code === 4) return { ...style, isUnderlined: true };
  if (code === 22) return without(style, "isBold", "isFaint");
  if (code === 23) return without(style, "isItalic");
  if (code === 24) return without(style, "isUnderlined");
  if (code === 39) return without(style, "ink");
  if (code === 49) return without(style, "ground");
  if (code >= 30 && code <= 37) return { ...style, ink: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, ink: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, ground: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, ground: code - 92 };
  return style;
}

function without(style: Style, ...names: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([name]) => !names.some((one) => one === name)));
}

/** `5;N` of 256 colours, `2;R;G;B`. */
function extended([kind, ...rest]: readonly number[]): {
  readonly colour: number | string | undefined;
  readonly used: number;
} {
  if (kind === 5) return { colour: of256(rest[0] ?? 0), used: 2 };
  if (kind !== 2) return { colour: undefined, used: 1 };
  const [red = 0, green = 0, blue = 0] = rest;
  return { colour: hex(red, green, blue), used: 4 };
}

function of256(index: number): number | string {
  if (index < 16) return index;
  if (index >= 232) return hex(...triple(8 + 10 * (index - 232)));
  const level = (part: number): number => (part === 0 ? 0 : 55 + 40 * part);
  const cube = index - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

const triple = (value: number): [number, number, number] => [value, value, value];

const hex = (...parts: readonly [number, number, number]): string =>
  `#${parts.map((part) => Math.min(255, Math.max(0, part)).toString(16).padStart(2, "0")).join("")}`;
