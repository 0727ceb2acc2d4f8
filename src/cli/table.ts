/**
 * Tables: columns aligned by what is visible, numbers to the right, two spaces between.
 */

import { type Style, visibleLength } from "./style.ts";

export type Column<Row> = {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May hold colours of `style`; an empty text is shown as `-`. */
  readonly text: (row: Row) => string;
};

/** Lines without a line end; titles first. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  style: Style,
): string {
  const cells = rows.map((row) => columns.map((column) => column.text(row) || "-"));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => visibleLength(line[index] ?? ""))),
  );
  const format = (line: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(line[index] ?? "", widths[index] ?? 0, align))
      .join("  ")
      .trimEnd();
  const titles = columns.map(({ title }, index) =>
    pad(title.toUpperCase(), widths[index] ?? 0, columns[index]?.align),
  );
  return [style.dim(titles.join("  ").trimEnd()), ...cells.map(format)].join("\n");
}

function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const blank = " ".repeat(Math.max(0, width - visibleLength(text)));
  return align === "right" ? `${blank}${text}` : `${text}${blank}`;
}

/** Names and values below each other, as `app show` has them. Values of several lines are indented. */
export function formatFields(
  fields: readonly (readonly [string, string | undefined])[],
  style: Style,
): string {
  const shown = fields.filter(
    (field): field is readonly [string, string] => field[1] !== undefined && field[1] !== "",
  );
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  const indent = `\n${" ".repeat(width + 2)}`;
  return shown
    .map(([name, value]) => `${style.dim(name.padEnd(width))}  ${value.replaceAll("\n", indent)}`)
    .join("\n");
}
