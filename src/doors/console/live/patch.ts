/**
 * From one value of a view to the next: what changed, by member and by row.
 *
 * Rows that are the same object are not looked at; others are compared as text, since that is what would be sent.
 */

export type Diff = {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly rows?: {
    readonly upsert: readonly unknown[];
    readonly remove: readonly string[];
    readonly order?: readonly string[];
  };
};

type KnownRow = { readonly row: unknown; text: string | undefined };

/** What was sent last of one view. */
export class Sent {
  #members = new Map<string, { readonly member: unknown; text: string | undefined }>();
  #rows = new Map<string, KnownRow>();
  #value: unknown;

  /** Undefined: nothing changed. `whole`: the value itself is to be sent, for it cannot be told as a patch. */
  next(value: unknown): Diff | "whole" | undefined {
    const before = this.#value;
    this.#value = value;
    if (!isRecord(value) || !isRecord(before)) {
      this.#take(value);
      return before === value ? undefined : "whole";
    }
    const set = this.#changedMembers(value);
    if (set === undefined) {
      this.#take(value);
      return "whole";
    }
    const rows = this.#changedRows(value.rows);
    if (Object.keys(set).length === 0 && rows === undefined) return undefined;
    return { ...(Object.keys(set).length === 0 ? {} : { set }), ...(rows === undefined ? {} : { rows }) };
  }

  #take(value: unknown): void {
    this.#members = new Map();
    this.#rows = new Map();
    if (!isRecord(value)) return;
    for (const [name, member] of Object.entries(value))
      if (name !== "rows") this.#members.set(name, { member, text: undefined });
    for (const row of rowsOf(value.rows)) this.#rows.set(keyOf(row), { row, text: undefined });
  }

  /** Undefined: a member is gone, which no patch says. */
  #changedMembers(value: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
    for (const name of this.#members.keys()) if (!Object.hasOwn(value, name)) return undefined;
    const set: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      if (name === "rows") continue;
      const known = this.#members.get(name);
      if (known !== undefined && known.member === member) continue;
      const text = JSON.stringify(member);
      if (known === undefined || textOf(known.member, known) !== text) set[name] = member;
      this.#members.set(name, { member, text });
    }
    return set;
  }

  #changedRows(value: unknown): Diff["rows"] {
    const upsert: unknown[] = [];
    const rows = new Map<string, KnownRow>();
    for (const row of rowsOf(value)) {
      const key = keyOf(row);
      const known = this.#rows.get(key);
      if (known !== undefined && known.row === row) {
        rows.set(key, known);
        continue;
      }
      const text = JSON.stringify(row);
      rows.set(key, { row, text });
      if (known === undefined || textOf(known.row, known) !== text) upsert.push(row);
    }
    const remove = [...this.#rows.keys()].filter((key) => !rows.has(key));
    const isInOrder = sameOrder(this.#rows, rows);
    this.#rows = rows;
    if (upsert.length === 0 && remove.length === 0 && isInOrder) return undefined;
    return { upsert, remove, ...(isInOrder ? {} : { order: [...rows.keys()] }) };
  }
}

/** Whether those that stay stand as they stood, with new ones behind them. */
function sameOrder(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): boolean {
  const stayed = [...before.keys()].filter((key) => after.has(key));
  let index = 0;
  for (const key of after.keys()) {
    if (index < stayed.length && key !== stayed[index]) return false;
    index += 1;
  }
  return true;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const rowsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const keyOf = (row: unknown): string => {
  if (Array.isArray(row)) return String(row[0]);
  return isRecord(row) ? String(row.key) : String(row);
};

function textOf(value: unknown, known: { text: string | undefined }): string {
  known.text ??= JSON.stringify(value);
  return known.text ?? "";
}
