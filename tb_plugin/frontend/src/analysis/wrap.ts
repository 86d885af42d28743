/** Words on lines, as a book sets them. */

export interface WordBox {
  readonly index: number;
  readonly x: number;
  readonly line: number;
  readonly width: number;
}

export interface Wrapped {
  readonly boxes: readonly WordBox[];
  readonly lines: number;
  /** How many words are empty: padding, which is left out. */
  readonly padding: number;
}

/** `words` in lines of `width`; one that is wider than a line is cut to it. */
export function wrap(
  words: readonly string[],
  widthOf: (word: string) => number,
  width: number,
  space: number,
): Wrapped {
  const boxes: WordBox[] = [];
  let [x, line, padding] = [0, 0, 0];
  for (const [index, word] of words.entries()) {
    if (word === "") {
      padding++;
      continue;
    }
    const own = Math.min(widthOf(word), width);
    if (x > 0 && x + own > width) {
      x = 0;
      line++;
    }
    boxes.push({ index, x, line, width: own });
    x += own + space;
  }
  return { boxes, lines: boxes.length > 0 ? line + 1 : 0, padding };
}
