/** The look of the layer strips; rows are as high as `ROW` of draw/strip.ts. */

import { css } from "lit";

export const stripStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
  }
  .line {
    display: flex;
    width: max-content;
    min-width: 100%;
    padding: 0 16px;
    background: var(--panel);
  }
  .head,
  .foot {
    position: sticky;
    z-index: 2;
    font-size: 12px;
    line-height: 20px;
  }
  .head {
    top: 0;
  }
  .foot {
    bottom: 0;
    font-size: 11px;
  }
  .corner,
  ul {
    width: var(--names);
    flex: none;
  }
  ul {
    list-style: none;
  }
  li {
    height: 22px;
  }
  li button {
    scroll-margin: 30px 0;
    display: block;
    width: 100%;
    height: 21px;
    padding: 0 8px 0 6px;
    border: 0;
    border-radius: 3px;
    background: none;
    text-align: left;
    font-size: 12px;
    line-height: 20px;
  }
  li button:hover {
    color: var(--accent);
  }
  li button[aria-pressed="true"] {
    background: var(--accent-soft);
    color: var(--accent);
    font-weight: 500;
  }
  li button:focus-visible {
    outline-offset: -2px;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    margin-right: 10px;
    font-weight: 600;
  }
  .who .from {
    margin-left: auto;
    font-weight: 400;
    font-size: 11px;
    white-space: nowrap;
    contain: layout style;
  }
  .strip {
    position: relative;
    cursor: crosshair;
    overflow: hidden;
    flex: none;
  }
  canvas {
    display: block;
  }
  .chosen {
    position: absolute;
    left: 0;
    right: 0;
    height: 21px;
    border: 2px solid var(--accent);
    pointer-events: none;
  }
  /* Never opaque: see timeline-styles.ts. */
  .playhead {
    --ink: color-mix(in srgb, var(--accent) 98%, transparent);
    --edge: color-mix(in srgb, var(--panel) 98%, transparent);
    position: absolute;
    inset: 0;
    background: linear-gradient(to right, var(--edge) 1px, var(--ink) 1px 3px, var(--edge) 3px)
      0 0 / 4px 100% no-repeat;
    pointer-events: none;
  }
  .values {
    width: 66px;
    margin-right: 10px;
    flex: none;
    font-size: 11.5px;
  }
  .values span {
    display: block;
    contain: strict;
    height: 22px;
    line-height: 21px;
    padding-left: 8px;
    white-space: nowrap;
  }
  .ticks {
    position: relative;
    height: 18px;
    margin-right: 10px;
    flex: none;
    color: var(--muted);
  }
  .ticks span {
    position: absolute;
    transform: translateX(-50%);
  }
  .more {
    padding: 4px 16px;
  }
`;
