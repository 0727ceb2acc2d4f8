/**
 * Work over many things, put down again and again so that no turn of the loop is long: a generator that yields where a
 * turn may end.
 *
 * What it looks at may change in between: it takes first what it needs of the state, as values, and once.
 */

export type Slices<Value> = Generator<undefined, Value, undefined>;

/** Things that are looked at between two places where the work may be put down: much less than a turn. */
export const sliceItems = 2_000;

/** Works until the turn is over, which is asked at each place; undefined: there is more to do. */
export function runSlice<Value>(
  work: Slices<Value>,
  isOver: () => boolean,
): { readonly value: Value } | undefined {
  do {
    const { done, value } = work.next();
    if (done === true) return { value };
  } while (!isOver());
  return undefined;
}

/** For what is known to be short. */
export function runAll<Value>(work: Slices<Value>): Value {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
