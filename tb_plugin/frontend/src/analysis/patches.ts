/** Tokens that are the patches of a picture. */

export interface Patches {
  readonly rows: number;
  readonly columns: number;
  /** Tokens in front that are none, such as a class token. */
  readonly before: number;
}

/** How `count` tokens lie on a picture: as many rows and columns as give its proportions. */
export function patchesOf(count: number, width: number, height: number): Patches | undefined {
  for (const before of [0, 1]) {
    const patches = count - before;
    const rows = Math.round(Math.sqrt((patches * height) / width));
    const columns = rows > 0 ? patches / rows : 0;
    const isGrid = Number.isInteger(columns) && columns > 1 && rows * width === columns * height;
    if (isGrid) return { rows, columns, before };
  }
  return undefined;
}
