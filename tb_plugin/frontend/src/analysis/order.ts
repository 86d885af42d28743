/** In which order features are listed: so that it stands still while epochs go by. */

/** The numbers 0 to `count` - 1, those with the largest magnitude in any of the rows first. */
export function orderBySize(rows: readonly ArrayLike<number>[], count: number): number[] {
  const most = new Float64Array(count);
  for (const row of rows) {
    for (let i = 0; i < count; i++) {
      const size = Math.abs(row[i] as number);
      if (size > (most[i] as number) && size < Number.POSITIVE_INFINITY) most[i] = size;
    }
  }
  const order = Array.from(most.keys());
  return order.sort((a, b) => (most[b] as number) - (most[a] as number) || a - b);
}
