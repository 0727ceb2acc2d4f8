/**
 * Whether a row that others' words make can be stored: one that cannot would end the master.
 */

import { limits } from "#base/limits.ts";
import { utf8Length } from "#base/utf8.ts";

export const isStorable = (row: object): boolean =>
  utf8Length(JSON.stringify(row)) <= limits.masterRowBytesMax;

/** To go behind what is too large. */
export const storableText = `than the ${limits.masterRowBytesMax} bytes that the master keeps of it`;
