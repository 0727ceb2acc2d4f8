/**
 * A table of any length that scrolls smoothly: only the rows in sight are in the document, and only a window of
 * all rows is in the browser. The server sorts, filters and counts; this shows, and says which window it needs.
 *
 * Up and down move through the rows, Enter follows a row's first link.
 */

import { type KeyboardEvent, memo, type ReactNode, useEffect, useRef } from "react";
import { Skeleton } from "./basics.tsx";
import { rowHeight, useRowsInSight, windowFor, windowStep } from "./rows-in-sight.ts";

export type Column<Row> = {
  readonly key: string;
  readonly title: string;
  /** As CSS writes the width of a grid's column: `100px`, or `minmax(100px, 1fr)`. */
  readonly width: string;
  readonly isNumber?: boolean;
  /** The server sorts by it. */
  readonly isSortable?: boolean;
  readonly cell: (row: Row) => ReactNode;
};

export type Sort = { readonly by: string; readonly descending: boolean };

type Props<Row> = {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  /** How many there are in all, and at which place `rows` begins. */
  readonly total?: number;
  readonly offset?: number;
  readonly onWindow?: (offset: number) => void;
  readonly rowKey: (row: Row) => string;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
  readonly empty: ReactNode;
  /** As high as the page lets it be, instead of as high as its rows. */
  readonly fill?: boolean;
};

/** Whoever drags the bar passes more windows than anyone reads: where they stop is asked for. */
const settledMs = 120;

export function DataTable<Row>(props: Props<Row>) {
  const total = props.total ?? props.rows?.length ?? 0;
  if (props.rows === undefined) return <Skeleton rows={8} />;
  if (total === 0) return <>{props.empty}</>;
  return <Filled {...props} rows={props.rows} total={total} />;
}

type FilledProps<Row> = Props<Row> & { readonly rows: readonly Row[]; readonly total: number };

function Filled<Row>(props: FilledProps<Row>) {
  const { label, columns, rows, total, rowKey, fill = false, offset = 0, onWindow } = props;
  const box = useRef<HTMLDivElement>(null);
  const { first, end } = useRowsInSight(box, total);
  const wanted = windowFor(first);
  useEffect(() => {
    if (onWindow === undefined || wanted === offset) return undefined;
    const isNear = Math.abs(wanted - offset) <= windowStep;
    const timer = setTimeout(() => onWindow(wanted), isNear ? 0 : settledMs);
    return () => clearTimeout(timer);
  }, [onWindow, wanted, offset]);
  return (
    <div
      ref={box}
      className={`table-box${fill ? " fill" : ""}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <div
        className="table"
        role="table"
        aria-label={label}
        aria-rowcount={total + 1}
        style={{
          gridTemplateColumns: columns.map(({ width }) => width).join(" "),
          minWidth: columns.reduce((sum, { width }) => sum + leastWidth(width), 0),
        }}
        onKeyDown={moveByKey}
      >
        <Heads columns={columns} sort={props.sort} onSort={props.onSort} />
        <div className="space" role="presentation" style={{ height: first * rowHeight }} />
        {Array.from({ length: end - first }, (_, place) => {
          const index = first + place;
          const row = rows[index - offset];
          return row === undefined ? (
            <div key={index} role="row" aria-rowindex={index + 2}>
              <span role="cell" className="soft">
                …
              </span>
            </div>
          ) : (
            <TableRow
              key={rowKey(row)}
              row={row}
              columns={columns as readonly Column<unknown>[]}
              index={index}
            />
          );
        })}
        <div className="space" role="presentation" style={{ height: (total - end) * rowHeight }} />
      </div>
    </div>
  );
}

/** Known without looking at any cell, so that rows which come and go lay out nothing but themselves. */
const leastWidth = (width: string): number => Number(/\d+(?=px)/.exec(width)?.[0] ?? 0);

type RowProps = {
  readonly row: unknown;
  readonly columns: readonly Column<unknown>[];
  readonly index: number;
};

const TableRow = memo(
  ({ row, columns, index }: RowProps) => (
    <div role="row" aria-rowindex={index + 2}>
      {columns.map(({ key, cell, isNumber }, place) => (
        <div
          key={key}
          role={place === 0 ? "rowheader" : "cell"}
          className={isNumber === true ? "number" : ""}
        >
          {cell(row)}
        </div>
      ))}
    </div>
  ),
  // Another window brings the same rows as new objects: to compare them is cheaper than to draw them.
  (old, next) =>
    old.index === next.index &&
    old.columns === next.columns &&
    (old.row === next.row || JSON.stringify(old.row) === JSON.stringify(next.row)),
);

type HeadsProps = {
  readonly columns: readonly {
    readonly key: string;
    readonly title: string;
    readonly isNumber?: boolean;
    readonly isSortable?: boolean;
  }[];
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
};

const Heads = ({ columns, sort, onSort }: HeadsProps) => (
  <div className="heads" role="row" aria-rowindex={1}>
    {columns.map(({ key, title, isNumber, isSortable }) => {
      const isBy = sort?.by === key;
      const order = isBy ? (sort.descending ? "descending" : "ascending") : undefined;
      const isUsable = isSortable === true && onSort !== undefined;
      return (
        <div key={key} role="columnheader" aria-sort={order} className={isNumber === true ? "number" : ""}>
          {isUsable ? (
            <button
              type="button"
              onClick={() => onSort({ by: key, descending: isBy ? !sort.descending : isNumber === true })}
            >
              {title}
              {isBy ? (sort.descending ? " ↓" : " ↑") : ""}
            </button>
          ) : (
            title
          )}
        </div>
      );
    })}
  </div>
);

function moveByKey(event: KeyboardEvent<HTMLDivElement>): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const row = event.target instanceof Element ? event.target.closest("[role=row]") : null;
  if (step === 0 || row === null) return;
  let next = step === 1 ? row.nextElementSibling : row.previousElementSibling;
  while (next !== null && next.querySelector("a") === null)
    next = step === 1 ? next.nextElementSibling : next.previousElementSibling;
  const link = next?.querySelector("a");
  if (link === null || link === undefined) return;
  event.preventDefault();
  link.focus();
}
