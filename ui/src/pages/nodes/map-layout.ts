/**
 * Where each node lies on the map: a block for each group, cells as large as the space allows. Pure.
 *
 * From ten nodes to ten thousand on one canvas: the cells shrink, and lose their gaps before they lose each other.
 */

export type Block = {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  /** Index of its first node, and how many it has. */
  readonly first: number;
  readonly many: number;
};

export type Layout = { readonly cell: number; readonly blocks: readonly Block[]; readonly height: number };

const labelHeight = 18;
const blockGap = 14;
const cellMost = 44;
const cellLeast = 3;

/** `groups`: names with counts, in the order of the nodes. */
export function layOut(
  groups: readonly { readonly name: string; readonly many: number }[],
  width: number,
  height: number,
): Layout {
  for (let cell = cellMost; cell > cellLeast; cell -= cell > 12 ? 2 : 1) {
    const layout = withCells(groups, width, cell);
    if (layout.height <= height) return layout;
  }
  return withCells(groups, width, cellLeast);
}

function withCells(
  groups: readonly { readonly name: string; readonly many: number }[],
  width: number,
  cell: number,
): Layout {
  const blocks: Block[] = [];
  const widest = Math.max(1, Math.floor(width / cell));
  let [x, y, rowHeight, first] = [0, 0, 0, 0];
  for (const { name, many } of groups) {
    // Broader than high; as broad as all there is when it is the only one.
    const ideal = groups.length === 1 ? widest : Math.ceil(Math.sqrt(many * 2.2));
    const columns = Math.max(
      Math.min(many, widest, ideal),
      Math.min(widest, Math.ceil(labelWidth(name) / cell)),
    );
    const blockWidth = columns * cell;
    if (x > 0 && x + blockWidth > width) {
      x = 0;
      y += rowHeight + blockGap;
      rowHeight = 0;
    }
    blocks.push({ name, x, y, columns, first, many });
    rowHeight = Math.max(rowHeight, labelHeight + Math.ceil(many / columns) * cell);
    x += blockWidth + blockGap;
    first += many;
  }
  return { cell, blocks, height: y + rowHeight };
}

const labelWidth = (name: string): number => Math.min(140, name.length * 7 + 36);

/** The upper left corner of a node's cell. */
export function placeOf({ cell, blocks }: Layout, index: number): { readonly x: number; readonly y: number } {
  const block = blockOf(blocks, index);
  if (block === undefined) return { x: 0, y: 0 };
  const inside = index - block.first;
  return {
    x: block.x + (inside % block.columns) * cell,
    y: block.y + labelHeight + Math.floor(inside / block.columns) * cell,
  };
}

/** The node at a point of the canvas. */
export function nodeAt({ cell, blocks }: Layout, x: number, y: number): number | undefined {
  for (const block of blocks) {
    const column = Math.floor((x - block.x) / cell);
    const row = Math.floor((y - block.y - labelHeight) / cell);
    if (column < 0 || row < 0 || column >= block.columns) continue;
    const inside = row * block.columns + column;
    if (inside < block.many) return block.first + inside;
  }
  return undefined;
}

/** The node that lies in a direction, for the arrow keys. */
export function neighbourOf(layout: Layout, index: number, key: string): number {
  const block = blockOf(layout.blocks, index);
  const columns = block?.columns ?? 1;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key] ?? 0;
  const last = layout.blocks.at(-1);
  return Math.min(Math.max(0, index + step), last === undefined ? 0 : last.first + last.many - 1);
}

const blockOf = (blocks: readonly Block[], index: number): Block | undefined =>
  blocks.findLast(({ first }) => first <= index);
