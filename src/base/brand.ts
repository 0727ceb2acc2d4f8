/**
 * Branded types: a `TaskId` is a string to the machine and a type of its own to the compiler.
 *
 * Values get their brand at a door (after validation) or from a room that made them, nowhere else.
 */

declare const brand: unique symbol;

export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
