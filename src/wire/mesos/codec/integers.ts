/**
 * Which integers each type of field can hold.
 */

export const fitsInt32 = (value: number): boolean => (value | 0) === value;

export const fitsUint32 = (value: number): boolean => value >>> 0 === value;

export const fitsInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

export const fitsUint64 = (value: bigint): boolean => BigInt.asUintN(64, value) === value;
