/**
 * A treemap's rectangles: areas as the weights, sides as equal as can be (squarified). Pure.
 */

export type Tile = {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** Weights in descending order; those that are not positive have no tile. */
export function squarify(weights: readonly number[], width: number, height: number): readonly Tile[] {
  const positive = weights.map((weight, index) => ({ weight, index })).filter(({ weight }) => weight > 0);
  const total = positive.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= 0 || width <= 0 || height <= 0) return [];
  const scale = (width * height) / total;
  const areas = positive.map(({ weight, index }) => ({ area: weight * scale, index }));
  const tiles: Tile[] = [];
  let space = { x: 0, y: 0, width, height };
  for (let from = 0; from < areas.length; ) {
    const side = Math.min(space.width, space.height);
    let many = 1;
    while (
      from + many < areas.length &&
      worst(areas.slice(from, from + many + 1), side) <= worst(areas.slice(from, from + many), side)
    )
      many += 1;
    const row = areas.slice(from, from + many);
    space = place(row, space, tiles);
    from += many;
  }
  return tiles;
}

type Area = { readonly area: number; readonly index: number };
type Space = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** The longest of the row's tiles, as a ratio of its sides. */
function worst(row: readonly Area[], side: number): number {
  const sum = row.reduce((total, { area }) => total + area, 0);
  const thickness = sum / side;
  return Math.max(
    ...row.map(({ area }) => Math.max(thickness / (area / thickness), area / thickness / thickness)),
  );
}

/** Puts the row along the shorter side; the answer is what is left. */
function place(row: readonly Area[], { x, y, width, height }: Space, tiles: Tile[]): Space {
  const sum = row.reduce((total, { area }) => total + area, 0);
  const isUpright = width >= height;
  const thickness = sum / (isUpright ? height : width);
  let at = 0;
  for (const { area, index } of row) {
    const length = area / thickness;
    tiles.push(
      isUpright
        ? { index, x, y: y + at, width: thickness, height: length }
        : { index, x: x + at, y, width: length, height: thickness },
    );
    at += length;
  }
  return isUpright
    ? { x: x + thickness, y, width: width - thickness, height }
    : { x, y: y + thickness, width, height: height - thickness };
}
