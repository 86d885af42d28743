/** How large maps can be for blocks of them to fill the lines of a room. */

const LEAST = 112;
const MOST = 288;
const STEP = 4;

/** On how many lines blocks stand that follow one another; one wider than the room takes several. */
export function linesOf(widths: readonly number[], room: number, gap: number): number {
  let [lines, left] = [0, 0];
  for (const width of widths) {
    if (left >= width + gap) {
      left -= width + gap;
    } else {
      lines += Math.max(1, Math.ceil(width / room));
      left = Math.max(0, room - width);
    }
  }
  return lines;
}

/** The largest size of a map that takes no more lines than small ones do, and is not above `most`. */
export function fittingSize(
  widthsOf: (size: number) => readonly number[],
  room: number,
  gap: number,
  most: number,
): number {
  const lines = linesOf(widthsOf(LEAST), room, gap);
  let size = LEAST;
  while (
    size + STEP <= Math.min(most, MOST) &&
    linesOf(widthsOf(size + STEP), room, gap) <= lines
  ) {
    size += STEP;
  }
  return size;
}
