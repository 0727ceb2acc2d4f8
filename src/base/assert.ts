/**
 * Assertions for our own bugs.
 *
 * An assertion that fails is a defect of Unum, never of its user: the process stops and its supervisor
 * starts it again from the store. Users' mistakes are values (`Rejection`), never exceptions.
 */

export class AssertionFailure extends Error {
  override readonly name = "AssertionFailure";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Unwraps a value that must be there; the message says which invariant promised it. */
export function present<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new AssertionFailure(message);
  return value;
}

/** Closes a `switch` over a union: a new member does not compile until it is handled. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`);
}
