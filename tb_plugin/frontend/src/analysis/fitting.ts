/** How large maps can be for blocks of them to fill the lines of a room. */

const LEAST = 112;
const MOST = 288;
const STEP = 4;

/**
 * How many lines each block begins, of blocks that follow one another: 0 beside the one before it,
 * 1 on a line of its own, more where it is wider than the room.
 */
export function linesOf(widths: readonly number[], room: number, gap: number): number[] {
  let left = 0;
  return widths.map((width) => {
    if (left >= width + gap) {
      left -= width + gap;
      return 0;
    }
    left = Math.max(0, room - width);
    return Math.max(1, Math.ceil(width / room));
  });
}

/** The largest size of a map that leaves blocks on the lines where small ones are, up to `most`. */
export function fittingSize(
  widthsOf: (size: number) => readonly number[],
  room: number,
  gap: number,
  most: number,
): number {
  const lines = (size: number): string => linesOf(widthsOf(size), room, gap).join();
  const wanted = lines(LEAST);
  let size = LEAST;
  while (size + STEP <= Math.min(most, MOST) && lines(size + STEP) === wanted) size += STEP;
  return size;
}
