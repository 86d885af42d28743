/** What a box of the page looks like without what is in it: its background and borders. */

import type { Rect } from "../draw/canvas.ts";
import { gradientOf, inkOf } from "./inks.ts";
import { type Ink, type Mark, type Ramp, rectPath } from "./marks.ts";
import { circlePath } from "./recorder.ts";

const PAGE = ["--bg", "--panel"] as const;

/** Lines along single sides only where `isParted`; `scale` is how much larger it is than laid out. */
export function boxMarks(
  style: CSSStyleDeclaration,
  box: Rect,
  isParted: boolean,
  scale = 1,
): Mark[] {
  if (box.width === 0 || box.height === 0) return [];
  const isRound = style.borderTopLeftRadius === "50%";
  const d = isRound
    ? circlePath(box.x + box.width / 2, box.y + box.height / 2, box.width / 2)
    : rectPath(box.x, box.y, box.width, box.height);
  const colour = inkOf(style.backgroundColor);
  const marks: Mark[] = isSurface(style, colour) ? [] : [{ kind: "path", d, fill: colour }];
  return [...marks, ...imageMarks(style, box, scale), ...borderMarks(style, box, isParted, scale)];
}

/** The page's own surfaces are white in a figure. */
function isSurface(style: CSSStyleDeclaration, { hex, alpha }: Ink): boolean {
  if (alpha === 0) return true;
  return PAGE.some((name) => inkOf(style.getPropertyValue(name)).hex === hex);
}

function imageMarks(style: CSSStyleDeclaration, box: Rect, scale: number): Mark[] {
  const { backgroundImage: image } = style;
  if (image.includes("repeating-linear-gradient(")) return hatched(image, box, scale);
  const tile = tileOf(style, box);
  const gradient = gradientOf(image, tile.width, tile.height);
  if (!gradient) return [];
  const { x, y, width, height } = tile;
  const end = gradient.isUpright ? ([x, y + height] as const) : ([x + width, y] as const);
  const fill: Ramp = { from: [x, y], to: end, stops: gradient.stops };
  return [{ kind: "path", d: rectPath(x, y, width, height), fill }];
}

/** Where a background that is not repeated lies. */
function tileOf({ backgroundSize, backgroundPosition }: CSSStyleDeclaration, box: Rect): Rect {
  const [w = "auto", h = "auto"] = backgroundSize.split(" ");
  const [x = "0px", y = "0px"] = backgroundPosition.split(" ");
  const width = lengthOf(w, box.width, box.width);
  const height = lengthOf(h, box.height, box.height);
  return {
    x: box.x + lengthOf(x, box.width - width, 0),
    y: box.y + lengthOf(y, box.height - height, 0),
    width,
    height,
  };
}

function lengthOf(text: string, whole: number, usual: number): number {
  const value = Number.parseFloat(text);
  if (Number.isNaN(value)) return usual;
  return text.endsWith("%") ? (value / 100) * whole : value;
}

/** Stripes of the first of their colours on the last. */
function hatched(image: string, { x, y, width, height }: Rect, scale: number): Mark[] {
  const colours = image.match(/(rgba?|color)\([^)]*\)/g) ?? [];
  const d = rectPath(x, y, width, height);
  const lines: string[] = [];
  for (let at = x - height; at < x + width; at += 5 * scale) {
    lines.push(`M${at} ${y + height}L${at + height} ${y}`);
  }
  const stroke = { ink: inkOf(colours[0] ?? ""), width: 1.2 * scale, dash: [] };
  return [
    { kind: "path", d, fill: inkOf(colours.at(-1) ?? "") },
    { kind: "path", d: lines.join(""), stroke, clips: [d] },
  ];
}

const SIDES = ["Top", "Right", "Bottom", "Left"] as const;

function borderMarks(
  style: CSSStyleDeclaration,
  { x, y, width, height }: Rect,
  isParted: boolean,
  scale: number,
): Mark[] {
  const [top, right, bottom, left] = SIDES.map((side) =>
    style[`border${side}Style`] === "none"
      ? 0
      : scale * Number.parseFloat(style[`border${side}Width`]),
  ) as [number, number, number, number];
  if (!isParted && [top, right, bottom, left].includes(0)) return [];
  const rects = [
    [x, y, width, top],
    [x + width - right, y, right, height],
    [x, y + height - bottom, width, bottom],
    [x, y, left, height],
  ] as const;
  return SIDES.flatMap((side, i) => {
    const [a, b, w, h] = rects[i] ?? [0, 0, 0, 0];
    const ink = inkOf(style[`border${side}Color`]);
    return w > 0 && h > 0 && ink.alpha > 0
      ? [{ kind: "path" as const, d: rectPath(a, b, w, h), fill: ink }]
      : [];
  });
}
