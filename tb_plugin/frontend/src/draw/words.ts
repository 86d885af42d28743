/** A text with its words coloured: under each a bar, solid for evidence, dashed against it. */

import { blend, rgbOf, textColourOn } from "../analysis/contrast.ts";
import type { InputValues } from "../analysis/input-values.ts";
import { memoBy } from "../analysis/memo.ts";
import { short } from "../analysis/numbers.ts";
import { type Wrapped, wrap } from "../analysis/wrap.ts";
import type { Context2D, Rect } from "./canvas.ts";
import { cutText, FONT, type Palette } from "./palette.ts";
import { type Colouring, type Paint, type Plane, paintOf, valueAt } from "./plane.ts";

interface Type {
  readonly size: number;
  readonly line: number;
  readonly pad: number;
}

/** From the largest letters to the smallest that can be read. */
const TYPES: readonly Type[] = [
  { size: 14, line: 24, pad: 4 },
  { size: 12, line: 20, pad: 3 },
  { size: 10.5, line: 17, pad: 2 },
];
const LARGE: Type = { size: 17, line: 32, pad: 5 };
const GAP = 2;
/** A shorter bar looks like a full stop. */
const SHORTEST = 8;
const FOOT = 16;

interface Set {
  readonly type: Type;
  readonly wrapped: Wrapped;
}

/** Words as they are set in a box; as long as nothing changes, they are measured once. */
function setWords(context: Context2D, words: readonly string[], box: Rect, large: boolean): Set {
  const size = `${Math.round(box.width)} ${large || Math.round(box.height)}`;
  return fittingSet(words, size, context, box, large ? [LARGE] : TYPES);
}

const fittingSet = memoBy(firstThatFits);

function firstThatFits(
  words: readonly string[],
  _size: string,
  context: Context2D,
  box: Rect,
  types: readonly Type[],
): Set {
  const all = types.map((type): Set => {
    context.font = `${type.size}px ${FONT}`;
    const widthOf = (word: string): number => context.measureText(word).width + 2 * type.pad;
    return { type, wrapped: wrap(words, widthOf, box.width, GAP) };
  });
  const fits = all.find(({ type, wrapped }) => wrapped.lines * type.line + FOOT <= box.height);
  return fits ?? (all.at(-1) as Set);
}

/** How high a whole text is in large letters, or in a cell that is no higher than `most`. */
export function textHeight(
  context: Context2D,
  words: readonly string[],
  width: number,
  most?: number,
): number {
  const box = { x: 0, y: 0, width, height: most ?? 0 };
  const { wrapped, type } = setWords(context, words, box, most === undefined);
  return Math.min(wrapped.lines * type.line + FOOT, most ?? Number.POSITIVE_INFINITY);
}

export interface Text {
  readonly input: InputValues | undefined;
  readonly plane: Plane | undefined;
  readonly colouring: Colouring;
  readonly marked: number;
  readonly large: boolean;
  /** Nothing enlarges it. */
  readonly isFixed?: boolean;
  readonly palette: Palette;
}

/** Draw a text; answers which word lies under a point, -1 for none. */
export function drawWords(
  context: Context2D,
  box: Rect,
  text: Text,
): (x: number, y: number) => number {
  const words = wordsOf(text);
  const { type, wrapped } = setWords(context, words, box, text.large);
  const room = Math.floor((box.height - FOOT) / type.line);
  context.clearRect(box.x, box.y, box.width, box.height);
  context.fillStyle = text.palette.card;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.font = `${type.size}px ${FONT}`;
  context.textAlign = "left";
  const drawn = wrapped.boxes.filter(({ line }) => line < room);
  for (const { index, x, line, width } of drawn) {
    const rect = { x: box.x + x, y: box.y + line * type.line, width, height: type.line - GAP };
    drawWord(context, rect, words[index] ?? "", index, type, text);
  }
  drawFoot(context, box, wrapped.boxes.length - drawn.length, wrapped.padding, text, words);
  return (x, y) => {
    const line = Math.floor((y - box.y) / type.line);
    const hit = drawn.find((w) => w.line === line && x >= box.x + w.x && x < box.x + w.x + w.width);
    return hit?.index ?? -1;
  };
}

/** Where the words are not known, their numbers. */
function wordsOf({ input, plane }: Text): readonly string[] {
  if (input && input.words.length > 0) return input.words;
  return numbersUpTo(plane?.width ?? 0);
}

const numbered = new Map<number, readonly string[]>();

function numbersUpTo(count: number): readonly string[] {
  const names = numbered.get(count) ?? Array.from({ length: count }, (_, i) => `[${i}]`);
  numbered.set(count, names);
  return names;
}

function drawWord(
  context: Context2D,
  rect: Rect,
  word: string,
  index: number,
  type: Type,
  { plane, colouring, marked, palette }: Text,
): void {
  const under = rgbOf(palette.card);
  const paint = plane ? paintOf(plane, index, colouring) : undefined;
  const alpha = paint?.alpha ?? 0;
  const colour = paint ? blend(paint.rgb, under, alpha) : under;
  if (alpha > 0) {
    context.fillStyle = `rgb(${colour.join(" ")})`;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
  }
  context.fillStyle = alpha > 0 ? textColourOn(colour) : palette.text;
  const shown = cutText(context, word, rect.width - 2 * type.pad + 1);
  context.fillText(shown, rect.x + type.pad, rect.y + type.size + (type.line - type.size) / 4);
  if (paint && alpha > 0) drawBar(context, rect, paint, context.fillStyle);
  if (index !== marked) return;
  context.strokeStyle = palette.accent;
  context.lineWidth = 2;
  context.strokeRect(rect.x + 1, rect.y + 1, rect.width - 2, rect.height - 2);
}

/** As long as the word is strong: what colour says, for those who do not see it. */
function drawBar(
  context: Context2D,
  rect: Rect,
  { share }: Paint,
  colour: string | CanvasGradient | CanvasPattern,
): void {
  const length = Math.min(1, Number.isNaN(share) ? 1 : Math.abs(share)) * (rect.width - 4);
  if (length < SHORTEST) return;
  const y = rect.y + rect.height - 2;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.setLineDash(share < 0 ? [2, 2] : Number.isNaN(share) ? [1, 4] : []);
  context.beginPath();
  context.moveTo(rect.x + 2, y);
  context.lineTo(rect.x + 2 + length, y);
  context.stroke();
  context.setLineDash([]);
}

/** What is not drawn: words for which there is no room, and padding with what it adds up to. */
function drawFoot(
  context: Context2D,
  box: Rect,
  hidden: number,
  padding: number,
  { plane, palette, isFixed }: Text,
  words: readonly string[],
): void {
  const parts: string[] = [];
  if (hidden > 0) parts.push(`${hidden} more words${isFixed ? "" : ": enlarge"}`);
  if (padding > 0) {
    const sum = plane ? paddingSum(plane, words) : 0;
    parts.push(`${padding} × padding${sum === 0 ? "" : `, ${short(sum, 2)} in sum`}`);
  }
  if (parts.length === 0) return;
  context.font = `11px ${FONT}`;
  context.fillStyle = palette.muted;
  const told = cutText(context, parts.join(" · "), box.width - 6);
  context.fillText(told, box.x + 3, box.y + box.height - 4);
}

function paddingSum(plane: Plane, words: readonly string[]): number {
  let sum = 0;
  for (const [i, word] of words.entries()) if (word === "") sum += valueAt(plane, i);
  return sum;
}
