/**
 * How values are written in parameters of `docker run`: amounts, flags, addresses, capabilities.
 */

import { capabilityNames } from "#model/capabilities.ts";

const units: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Such as `64m`, `1.5g` or `4096`; undefined: it is none. */
export function bytesOf(text: string): number | undefined {
  const [, number, unit = "b"] = /^(\d{1,15}(?:\.\d{1,6})?)\s?([bkmgt])?(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const amount = Math.round(Number(number) * (units[unit.toLowerCase()] ?? 1));
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** A flag may be given without a value. */
export function flagOf(text: string): boolean | undefined {
  if (["", "true", "1", "t", "True", "TRUE"].includes(text)) return true;
  return ["false", "0", "f", "False", "FALSE"].includes(text) ? false : undefined;
}

export function wholeOf(text: string, least: number, most: number): number | undefined {
  if (!/^-?\d{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
}

/** Without `CAP_` and in capitals; `ALL` is one too. */
export function capabilityOf(text: string): string | undefined {
  const name = text.toUpperCase().replace(/^CAP_/, "");
  return name === "ALL" || capabilityNames.includes(name) ? name : undefined;
}

export const isAbsolute = (path: string): boolean =>
  path.startsWith("/") &&
  path
    .slice(1)
    .replace(/\/$/, "")
    .split("/")
    .every((segment) => !["", ".", ".."].includes(segment));

/** By its form alone: four numbers, or the hexadecimal one. */
export function isAddress(text: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return text.split(".").every((part) => Number(part) <= 255);
  const halves = text.split("::");
  const groups = text.split(":").filter((group) => group !== "");
  const isHexadecimal = groups.every((group) => /^[\da-f]{1,4}$/i.test(group));
  if (!text.includes(":") || !isHexadecimal || halves.length > 2) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}
