/**
 * What translating a message into our own terms leads to: a value, or a sentence that says what is wrong
 * with it.
 *
 * The sentences are Mesos's where it has one for the case, because frameworks look at them.
 */

export type Untranslated = { readonly ok: false; readonly fault: string };
export type Translated<Value> = { readonly ok: true; readonly value: Value } | Untranslated;

export const translated = <Value>(value: Value): Translated<Value> => ({ ok: true, value });
export const untranslated = (fault: string): Untranslated => ({ ok: false, fault });

/** All of them, or the first fault. */
export function translateAll<Item, Value>(
  items: Iterable<Item>,
  translate: (item: Item) => Translated<Value>,
): Translated<readonly Value[]> {
  const values: Value[] = [];
  for (const item of items) {
    const result = translate(item);
    if (!result.ok) return result;
    values.push(result.value);
  }
  return translated(values);
}
