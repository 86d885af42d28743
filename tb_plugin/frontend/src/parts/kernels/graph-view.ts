/** Which part of a graph is in sight, and how large all of it may be. */

import { type Box, type Layout, meet } from "../../analysis/graph-layout.ts";

/** How large a layout may be so that all of it is in sight; no smaller than `least`. */
export function fitting(scroll: Element, { width, height }: Layout, least: number): number {
  const { clientWidth, clientHeight } = scroll;
  const zoom = Math.min(clientWidth / width || 1, clientHeight / height || 1, 1);
  return Math.max(zoom, least);
}

/** The part that can be seen, or soon: half as much again on each side. */
export function nearSight(scroll: Element, zoom: number): (box: Box) => boolean {
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = scroll;
  const [width, height] = [clientWidth / zoom, clientHeight / zoom];
  const [left, top] = [scrollLeft / zoom - width / 2, scrollTop / zoom - height / 2];
  const view = { left, top, width: 2 * width, height: 2 * height };
  return (box) => meet(box, view);
}
