/**
 * What differs between two JSON values, line by line as they are written out. Pure.
 *
 * The longest common subsequence of lines; definitions are short enough for the plain table.
 */

export type DiffLine = {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
  /** In the old text, or in the new one if it is only there. */
  readonly number: number;
};

const linesMost = 1_500;

export function diffLines(before: string, after: string): readonly DiffLine[] {
  const old = before.split("\n").slice(0, linesMost);
  const now = after.split("\n").slice(0, linesMost);
  const width = now.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = now.length - 1; column >= 0; column -= 1) {
      const at = row * width + column;
      common[at] =
        old[row] === now[column]
          ? (common[at + width + 1] ?? 0) + 1
          : Math.max(common[at + width] ?? 0, common[at + 1] ?? 0);
    }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < now.length) {
    const at = row * width + column;
    const [left, right] = [old[row], now[column]];
    if (left !== undefined && left === right) {
      lines.push({ kind: "same", text: left, number: row + 1 });
      row += 1;
      column += 1;
    } else if (
      left !== undefined &&
      (right === undefined || (common[at + width] ?? 0) >= (common[at + 1] ?? 0))
    ) {
      lines.push({ kind: "removed", text: left, number: row + 1 });
      row += 1;
    } else {
      lines.push({ kind: "added", text: right ?? "", number: column + 1 });
      column += 1;
    }
  }
  return lines;
}

/** Members in alphabetical order, so that only what is said differs and not how. */
export const written = (value: unknown): string => JSON.stringify(sorted(value), null, 2) ?? "";

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}
