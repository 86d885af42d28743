/** The cursor of an enlarged map, moved by the arrow keys. */

export type Move = readonly [right: number, down: number];

export const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Where the cursor of a plane comes to lie; the first position where it was nowhere. */
export function moveInPlane(
  from: number,
  [right, down]: Move,
  { width, height }: { readonly width: number; readonly height: number },
): number {
  if (from < 0) return 0;
  const x = clamp((from % width) + right, width);
  const y = clamp(Math.floor(from / width) + down, height);
  return y * width + x;
}

/** Along a list of positions, such as words without padding: either way of an arrow is one on. */
export function moveInRow(from: number, [right, down]: Move, order: readonly number[]): number {
  const index = order.indexOf(from);
  return order[index < 0 ? 0 : clamp(index + right + down, order.length)] ?? -1;
}

function clamp(value: number, size: number): number {
  return Math.min(Math.max(value, 0), size - 1);
}
