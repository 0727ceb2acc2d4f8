/**
 * Deadlines by name: the earliest is known at once, any can be moved or dropped, all that are due can be
 * listed without changing anything (a room's `decide` only reads).
 *
 * A binary heap that knows where each name sits.
 */

export type Deadline = { readonly id: string; readonly atMs: number };

export class Deadlines {
  readonly #heap: Deadline[] = [];
  readonly #places = new Map<string, number>();

  get size(): number {
    return this.#heap.length;
  }

  get earliestMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  set(id: string, atMs: number): void {
    const place = this.#places.get(id);
    if (place === undefined) {
      this.#heap.push({ id, atMs });
      this.#rise(this.#heap.length - 1);
      return;
    }
    this.#heap[place] = { id, atMs };
    this.#sink(this.#rise(place));
  }

  delete(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    const last = this.#heap.pop() as Deadline;
    if (last.id === id) return;
    this.#heap[place] = last;
    this.#sink(this.#rise(place));
  }

  /** The names whose time has come, the earliest first; ties in the order of their names. */
  due(nowMs: number): readonly string[] {
    const found: Deadline[] = [];
    const look = [0];
    for (let place = look.pop(); place !== undefined; place = look.pop()) {
      const deadline = this.#heap[place];
      if (deadline === undefined || deadline.atMs > nowMs) continue;
      found.push(deadline);
      look.push(2 * place + 1, 2 * place + 2);
    }
    return found.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
  }

  #rise(from: number): number {
    const heap = this.#heap;
    const item = heap[from] as Deadline;
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = heap[parentPlace] as Deadline;
      if (parent.atMs <= item.atMs) break;
      this.#put(place, parent);
      place = parentPlace;
    }
    this.#put(place, item);
    return place;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const item = heap[from] as Deadline;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Deadline).atMs < (heap[child] as Deadline).atMs)
        child += 1;
      if ((heap[child] as Deadline).atMs >= item.atMs) break;
      this.#put(place, heap[child] as Deadline);
      place = child;
    }
    this.#put(place, item);
  }

  #put(place: number, item: Deadline): void {
    this.#heap[place] = item;
    this.#places.set(item.id, place);
  }
}
