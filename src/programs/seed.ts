/**
 * A seed for the rooms' chance: from the system's generator, so that no two starts draw the same ids.
 */

import { randomBytes } from "node:crypto";

/** 52 bits: as many as a number holds exactly. */
export const randomSeed = (): number => Number(randomBytes(8).readBigUInt64BE() >> 12n);
