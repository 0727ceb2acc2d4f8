/**
 * Whether two plain values (what JSON can hold, and undefined) say the same.
 *
 * The order of an object's keys says nothing, and a key with the value undefined is no key: values that
 * went through the store or through a client's own writer must still be equal to what they were.
 */

export function equalValues(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => equalValues(item, right[index]));
  }
  const ours = left as Readonly<Record<string, unknown>>;
  const theirs = right as Readonly<Record<string, unknown>>;
  // A key inherited from Object.prototype, such as `constructor`, is none of the value's.
  const read = (value: Readonly<Record<string, unknown>>, key: string): unknown =>
    Object.hasOwn(value, key) ? value[key] : undefined;
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].every((key) =>
    equalValues(read(ours, key), read(theirs, key)),
  );
}
