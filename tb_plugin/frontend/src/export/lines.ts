/** The lines that a text of the page is broken into, and where they stand. */

import { cutText } from "../draw/palette.ts";

export interface Line {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly baseline: number;
}

interface Room {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** `measuring` has the text's font; what is out of `room` is left out, or cut with an ellipsis. */
export function linesOf(
  node: Text,
  measuring: CanvasRenderingContext2D,
  room: Room,
  isCut: boolean,
): Line[] {
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = measuring.measureText("x");
  return rowsOf(node).flatMap(({ text, rect }) => {
    const middle = (rect.top + rect.bottom) / 2;
    if (middle < room.top || middle > room.bottom) return [];
    if (rect.left >= room.right || rect.right <= room.left) return [];
    const isLong = rect.right > room.right + 1;
    const shown = isCut && isLong ? cutText(measuring, text, room.right - rect.left) : text;
    const baseline = middle + (up - down) / 2;
    const right = isLong ? Math.min(rect.right, room.right) : rect.right;
    const { left, top, bottom } = rect;
    return shown === "" ? [] : [{ text: shown, left, top, right, bottom, baseline }];
  });
}

interface Row {
  text: string;
  rect: { left: number; top: number; right: number; bottom: number };
}

/** Word by word: only the browser knows where it breaks a line. */
function rowsOf(node: Text): Row[] {
  const rows: Row[] = [];
  const range = document.createRange();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    // A word that is longer than its line has several boxes: it is written in its first.
    const [box] = range.getClientRects();
    if (!box || box.width === 0) continue;
    const last = rows.at(-1);
    if (last && Math.abs(last.rect.top - box.top) < box.height / 2) {
      last.text += ` ${word}`;
      last.rect.right = box.right;
    } else {
      const { left, top, right, bottom } = box;
      rows.push({ text: word, rect: { left, top, right, bottom } });
    }
  }
  return rows;
}
