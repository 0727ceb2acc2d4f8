/**
 * Whether what clients saw of a few registers can have happened in one order, each operation at some moment between its
 * request and its answer: linearizability, decided by Wing and Gong's search with Lowe's memory of what was tried.
 *
 * Registers are checked one by one, which is enough. Every value is written at most once. An operation without an answer
 * may have happened at any time since, or never. Of a removal that was done it is not told whether something was there.
 */

export type RegisterOperation = {
  readonly key: string;
  readonly startMs: number;
  /** Undefined: nobody knows what came of it. Reads without an answer are left out. */
  readonly endMs: number | undefined;
  readonly call:
    | { readonly type: "write"; readonly value: string }
    /** Undefined: there was nothing. */
    | { readonly type: "read"; readonly value: string | undefined }
    | { readonly type: "remove" }
    /** What a removal is refused with when nothing is there. */
    | { readonly type: "remove-nothing" };
};

export type Verdict =
  | { readonly ok: true }
  /** `reached`: the operations that could be ordered, at best; `stuck`: the one that then had no place. */
  | { readonly ok: false; readonly key: string; readonly reached: number; readonly stuck: RegisterOperation };

export function checkLinearizable(history: readonly RegisterOperation[]): Verdict {
  for (const key of new Set(history.map((operation) => operation.key))) {
    const verdict = checkRegister(history.filter((operation) => operation.key === key));
    if (!verdict.ok) return verdict;
  }
  return { ok: true };
}

type Value = string | undefined;

function checkRegister(all: readonly RegisterOperation[]): Verdict {
  const operations = withoutUnseen(all).toSorted((left, right) => left.startMs - right.startMs);
  const search = new Search(operations);
  return search.run();
}

/** A write of which nobody heard or saw anything changes nothing if it never was. */
function withoutUnseen(operations: readonly RegisterOperation[]): readonly RegisterOperation[] {
  const seen = new Set(operations.flatMap(({ call }) => (call.type === "read" ? [call.value] : [])));
  return operations.filter(
    ({ call, endMs }) => endMs !== undefined || call.type !== "write" || seen.has(call.value),
  );
}

/** `index` beyond the last operation: one of the open removals. */
type Step = { readonly index: number; readonly before: Value };

class Search {
  readonly #operations: readonly RegisterOperation[];
  /** Removals without an answer are all alike: the one that began first will do, and the fewer are used the better. */
  readonly #removals: readonly RegisterOperation[];
  readonly #isDone: boolean[];
  /** With how few removals so much was done before. */
  readonly #tried = new Map<string, number>();
  readonly #steps: Step[] = [];
  #value: Value;
  #removed = 0;
  /** All before it are done; and none after the last that ever was. */
  #first = 0;
  #lastDone = -1;
  #best = { reached: -1, stuck: 0 };

  constructor(operations: readonly RegisterOperation[]) {
    const isOpenRemoval = ({ call, endMs }: RegisterOperation): boolean =>
      call.type === "remove" && endMs === undefined;
    this.#removals = operations.filter(isOpenRemoval);
    this.#operations = operations.filter((each) => !isOpenRemoval(each));
    this.#isDone = this.#operations.map(() => false);
  }

  run(): Verdict {
    let from = 0;
    for (;;) {
      const endsFirst = this.#endsFirst();
      if (endsFirst === undefined) return { ok: true };
      const next = this.#next(from, this.#end(endsFirst));
      if (next !== undefined) {
        this.#do(next);
        from = this.#first;
        continue;
      }
      if (this.#steps.length > this.#best.reached)
        this.#best = { reached: this.#steps.length, stuck: endsFirst };
      const undone = this.#undo();
      if (undone === undefined) return this.#failure();
      from = undone + 1;
    }
  }

  /** From an index on, one that may be done now: what began after another's end comes after it. */
  #next(from: number, deadlineMs: number): number | undefined {
    for (let index = Math.max(from, this.#first); index < this.#operations.length; index += 1) {
      const operation = this.#operations[index];
      if (operation === undefined || operation.startMs > deadlineMs) break;
      if (!this.#isDone[index] && this.#fits(operation) && this.#isNew(index)) return index;
    }
    const removal = this.#removals[this.#removed];
    const removing = this.#operations.length;
    const mayRemove = from <= removing && removal !== undefined && removal.startMs <= deadlineMs;
    return mayRemove && this.#value !== undefined && this.#isNew(removing) ? removing : undefined;
  }

  /** Of those that still have to be done. */
  #endsFirst(): number | undefined {
    let first: number | undefined;
    for (let index = this.#first; index < this.#operations.length; index += 1) {
      const operation = this.#operations[index];
      if (operation === undefined || this.#isDone[index] || operation.endMs === undefined) continue;
      if (first !== undefined && operation.startMs > this.#end(first)) break;
      if (first === undefined || operation.endMs < this.#end(first)) first = index;
    }
    return first;
  }

  #end(index: number): number {
    return this.#operations[index]?.endMs ?? Number.POSITIVE_INFINITY;
  }

  #fits({ call }: RegisterOperation): boolean {
    if (call.type === "read") return call.value === this.#value;
    return call.type !== "remove-nothing" || this.#value === undefined;
  }

  #isNew(index: number): boolean {
    const isRemoval = index === this.#operations.length;
    const after = this.#valueAfter(index);
    let first = this.#first;
    while (this.#isDone[first] || first === index) first += 1;
    let key = `${after === undefined ? "-" : `=${after}`}\0${first}`;
    for (let each = first + 1; each <= Math.max(isRemoval ? 0 : index, this.#lastDone); each += 1) {
      if (this.#isDone[each] || each === index) key += `,${each}`;
    }
    const removed = this.#removed + (isRemoval ? 1 : 0);
    if ((this.#tried.get(key) ?? Number.POSITIVE_INFINITY) <= removed) return false;
    this.#tried.set(key, removed);
    return true;
  }

  /** A read leaves what it saw. */
  #valueAfter(index: number): Value {
    const call = this.#operations[index]?.call;
    return call?.type === "write" || call?.type === "read" ? call.value : undefined;
  }

  #do(index: number): void {
    this.#steps.push({ index, before: this.#value });
    this.#value = this.#valueAfter(index);
    if (index === this.#operations.length) {
      this.#removed += 1;
      return;
    }
    this.#isDone[index] = true;
    this.#lastDone = Math.max(this.#lastDone, index);
    while (this.#isDone[this.#first]) this.#first += 1;
  }

  #undo(): number | undefined {
    const step = this.#steps.pop();
    if (step === undefined) return undefined;
    this.#value = step.before;
    if (step.index === this.#operations.length) this.#removed -= 1;
    else {
      this.#isDone[step.index] = false;
      this.#first = Math.min(this.#first, step.index);
    }
    return step.index;
  }

  #failure(): Verdict {
    const stuck = this.#operations[this.#best.stuck];
    if (stuck === undefined) throw new Error("nothing can be stuck in an empty history");
    return { ok: false, key: stuck.key, reached: this.#best.reached, stuck };
  }
}
