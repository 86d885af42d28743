/** A small curve of one function or one number: a line, the axes that it crosses, its ends in numbers. */

import { css, html, svg } from "lit";
import { short } from "../analysis/numbers.ts";

export interface Line {
  /** In rising order. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** What readers who do not see it are told. */
  readonly label: string;
  /** Whether equal ratios are equally high; of what is above zero only. */
  readonly isLog?: boolean;
}

const SIZE = { width: 132, height: 66 } as const;
/** So that a line at the edge is seen whole. */
const EDGE = 2;

export const lineStyles = css`
  .line-figure {
    display: inline-grid;
    grid-template-columns: auto auto auto;
    gap: 0 5px;
    font-size: 10.5px;
    line-height: 13px;
    color: var(--muted);
  }
  .line-figure svg {
    grid-row: 1 / span 2;
    grid-column: 2 / span 2;
    border: 1px solid var(--line);
    background: var(--panel);
  }
  .line-figure .most,
  .line-figure .least {
    grid-column: 1;
    text-align: right;
  }
  .line-figure .least {
    align-self: end;
  }
  .line-figure .first {
    grid-column: 2;
  }
  .line-figure .last {
    grid-column: 3;
    text-align: right;
  }
  .line-figure path {
    fill: none;
  }
  .line-figure .axes {
    stroke: var(--line);
  }
  .line-figure .curve {
    stroke: var(--accent);
    stroke-width: 1.5;
  }
`;

export function lineFigure({ points, label, isLog = false }: Line) {
  const drawn = points.filter(([, y]) => Number.isFinite(y) && (y > 0 || !isLog));
  const [xs, ys] = [drawn.map(([x]) => x), drawn.map(([, y]) => y)];
  const [first, last] = [xs[0] ?? 0, xs.at(-1) ?? 0];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const across = placeOn(first, last, SIZE.width);
  const up = isLog
    ? placeOn(Math.log(low), Math.log(high), SIZE.height)
    : placeOn(low, high, SIZE.height);
  const place = ([x, y]: readonly [number, number]): string =>
    `${across(x).toFixed(2)} ${(SIZE.height - up(isLog ? Math.log(y) : y)).toFixed(2)}`;
  const isCrossed = (from: number, to: number): boolean => !isLog && from < 0 && to > 0;
  const axes = [
    ...(isCrossed(low, high)
      ? [`M0 ${SIZE.height - up(0)}L${SIZE.width} ${SIZE.height - up(0)}`]
      : []),
    ...(isCrossed(first, last) ? [`M${across(0)} 0L${across(0)} ${SIZE.height}`] : []),
  ];
  return html`<span class="line-figure" role="img" aria-label=${label}>
    <span class="most">${endText(high)}</span>
    <svg width=${SIZE.width} height=${SIZE.height}>
      ${axes.map((d) => svg`<path class="axes" d=${d} />`)}
      <path class="curve" d="M${drawn.map(place).join("L")}" />
    </svg>
    <span class="least">${low < high ? endText(low) : ""}</span>
    <span class="first">${endText(first)}</span><span class="last">${endText(last)}</span>
  </span>`;
}

function endText(value: number): string {
  return Number.isInteger(value) ? String(value).replace("-", "−") : short(value);
}

/** From a value to a place; what does not vary lies in the middle. */
function placeOn(low: number, high: number, size: number): (value: number) => number {
  const room = size - 2 * EDGE;
  return (value) => EDGE + (low < high ? ((value - low) / (high - low)) * room : room / 2);
}
