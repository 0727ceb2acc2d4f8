/**
 * What the rooms' chance starts from, out of the system's generator: a seed, so that no two starts draw the
 * same ids, and secrets, which no seed would keep.
 */

import { randomBytes } from "node:crypto";

/** 52 bits: as many as a number holds exactly. */
export const randomSeed = (): number => Number(randomBytes(8).readBigUInt64BE() >> 12n);

/** 256 bits, safe in a header and in an environment. */
export const randomSecret = (): string => randomBytes(32).toString("base64url");
