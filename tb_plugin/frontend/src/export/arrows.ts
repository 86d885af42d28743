/** Lines that an SVG element of the page draws, with the arrowheads at their ends, as marks at their places. */

import { inkOf } from "./inks.ts";
import { coordinate, type Mark } from "./marks.ts";

/** Of an arrowhead, relative to the width of its line. */
const HEAD = 6;

/** `scale` is how much larger the element is shown than it is laid out. */
export function arrowMarks(svg: SVGSVGElement, scale: number): Mark[] {
  const { left, top } = svg.getBoundingClientRect();
  const place = (x: number, y: number): string =>
    `${coordinate(left + scale * x)} ${coordinate(top + scale * y)}`;
  const lines = [...svg.querySelectorAll<SVGPathElement>("path")];
  return lines.flatMap((line): Mark[] => {
    if (line.closest("marker")) return [];
    const { stroke, strokeWidth, opacity } = getComputedStyle(line);
    const own = inkOf(stroke);
    const ink = { ...own, alpha: own.alpha * Number(opacity) };
    const width = scale * Number.parseFloat(strokeWidth);
    const d = line.getAttribute("d") ?? "";
    const placed = d.replace(/(-?[\d.]+) (-?[\d.]+)/g, (_, x, y) => place(Number(x), Number(y)));
    const mark: Mark = { kind: "path", d: placed, stroke: { ink, width, dash: [] } };
    const head = line.hasAttribute("marker-end")
      ? headOf(line, HEAD * Number.parseFloat(strokeWidth), place)
      : "";
    return head ? [mark, { kind: "path", d: head, fill: ink }] : [mark];
  });
}

/** A triangle that ends where the line ends, in the line's direction there. */
function headOf(
  line: SVGPathElement,
  size: number,
  place: (x: number, y: number) => string,
): string {
  const length = line.getTotalLength();
  if (length === 0) return "";
  const [end, before] = [length, length - 1].map((at) => line.getPointAtLength(at)) as [
    DOMPoint,
    DOMPoint,
  ];
  const [dx, dy] = [end.x - before.x, end.y - before.y];
  const norm = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [(dx / norm) * size, (dy / norm) * size];
  const corner = (side: number): string =>
    place(end.x - ux - (side * uy) / 2, end.y - uy + (side * ux) / 2);
  return `M${place(end.x, end.y)}L${corner(1)}L${corner(-1)}z`;
}
