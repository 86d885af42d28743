/** The layout of a figure: what is in sight, below it the scales that it does not tell, the caption. */

import { type Font, type Ink, type Mark, moved, rectPath, type Stop } from "./marks.ts";
import type { Sheet } from "./svg.ts";

/** A colour scale. */
export interface Key {
  readonly name: string;
  readonly stops: readonly Stop[];
  /** What lies under the colours where they are clear. */
  readonly ground: Ink;
  /** The numbers below: at its left end, in the middle where there are three, at its right end. */
  readonly ends: readonly string[];
  readonly scope: string;
}

export interface Contents<S> {
  readonly marks: readonly Mark<S>[];
  readonly width: number;
  readonly height: number;
  readonly keys: readonly Key[];
  /** A paragraph each; the first one is set in bold. */
  readonly caption: readonly string[];
}

export type Measure = (text: string, font: Font) => number;

const MARGIN = 16;
const LEAST_WIDTH = 520;
const TEXT: Ink = { hex: "#1b2230", alpha: 1 };
const MUTED: Ink = { hex: "#596475", alpha: 1 };
const RULE: Ink = { hex: "#dde1e7", alpha: 1 };
const NAME: Font = { size: 12, weight: 600 };
const SMALL: Font = { size: 11, weight: 400 };
const KEY_WIDTH = 260;
const KEY_GAP = 24;
const LINE = 16;

export function sheetOf<S>(contents: Contents<S>, measure: Measure): Sheet<S> {
  const width = Math.max(contents.width, LEAST_WIDTH);
  const keys = keysBlock<S>(contents.keys, width, measure);
  const below = contents.height + 14;
  const caption = captionBlock<S>(contents.caption, width, measure);
  const marks = [
    ...contents.marks,
    ...keys.marks.map((mark) => moved(mark, 0, below)),
    ...caption.marks.map((mark) => moved(mark, 0, below + keys.height)),
  ];
  return {
    width: Math.ceil(width + 2 * MARGIN),
    height: Math.ceil(below + keys.height + caption.height + 2 * MARGIN),
    title: contents.caption.join("\n"),
    marks: marks.map((mark) => moved(mark, MARGIN, MARGIN)),
  };
}

interface Block<S> {
  readonly marks: readonly Mark<S>[];
  readonly height: number;
}

/** As many beside each other as there is room for. */
function keysBlock<S>(keys: readonly Key[], width: number, measure: Measure): Block<S> {
  const across = Math.max(1, Math.floor((width + KEY_GAP) / (KEY_WIDTH + KEY_GAP)));
  const marks: Mark<S>[] = [];
  let height = 0;
  for (let i = 0; i < keys.length; i += across) {
    const row = keys.slice(i, i + across).map((key) => keyBlock<S>(key, measure));
    for (const [column, block] of row.entries()) {
      const x = column * (KEY_WIDTH + KEY_GAP);
      marks.push(...block.marks.map((mark) => moved(mark, x, height)));
    }
    height += Math.max(...row.map((block) => block.height)) + 8;
  }
  return { marks, height };
}

function keyBlock<S>(key: Key, measure: Measure): Block<S> {
  const name = paragraph<S>(key.name, 11, NAME, TEXT, KEY_WIDTH, measure);
  const top = name.height + 4;
  const scope = paragraph<S>(key.scope, top + 36, SMALL, MUTED, KEY_WIDTH, measure);
  const bar = rectPath(0, top, KEY_WIDTH, 8);
  const fill = { from: [0, top], to: [KEY_WIDTH, top], stops: key.stops } as const;
  const last = key.ends.length - 1;
  const ends = key.ends.map((text, i): Mark<S> => {
    const anchor = i === 0 ? "start" : i === last ? "end" : "middle";
    const x = last > 0 ? (KEY_WIDTH * i) / last : 0;
    return { kind: "text", text, x, y: top + 20, font: SMALL, ink: MUTED, anchor };
  });
  return {
    marks: [
      ...name.marks,
      { kind: "path", d: bar, fill: key.ground },
      { kind: "path", d: bar, fill },
      ...ends,
      ...scope.marks,
    ],
    height: top + 24 + scope.height,
  };
}

function captionBlock<S>(paragraphs: readonly string[], width: number, measure: Measure): Block<S> {
  const marks: Mark<S>[] = [{ kind: "path", d: rectPath(0, 0, width, 1), fill: RULE }];
  let height = 6;
  for (const [i, text] of paragraphs.entries()) {
    const font = i === 0 ? NAME : SMALL;
    const block = paragraph<S>(text, height + 14, font, TEXT, width, measure);
    marks.push(...block.marks);
    height += block.height + 2;
  }
  return { marks, height };
}

/** `y` is the baseline of the first line. */
function paragraph<S>(
  text: string,
  y: number,
  font: Font,
  ink: Ink,
  width: number,
  measure: Measure,
): Block<S> {
  const lines = wrapped(text, width, (line) => measure(line, font));
  const marks = lines.map(
    (line, i): Mark<S> => ({
      ...{ kind: "text", text: line, x: 0, y: y + i * LINE, font, ink, anchor: "start" },
    }),
  );
  return { marks, height: lines.length * LINE };
}

/** Lines that are no wider than `width`: also of words that are wider, as names of runs may be. */
export function wrapped(text: string, width: number, measure: (line: string) => number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").flatMap((one) => pieces(one, width, measure))) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || measure(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function pieces(word: string, width: number, measure: (line: string) => number): string[] {
  if (measure(word) <= width) return [word];
  const parts = [""];
  for (const letter of word) {
    const longer = parts[parts.length - 1] + letter;
    if (parts.at(-1) !== "" && measure(longer) > width) parts.push(letter);
    else parts[parts.length - 1] = longer;
  }
  return parts;
}
