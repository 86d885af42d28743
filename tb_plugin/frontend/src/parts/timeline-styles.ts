/** The look of the timeline. */

import { css } from "lit";

export const timelineStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr) min(var(--values, 258px), 34%);
    background: var(--panel);
    border-top: 1px solid var(--line);
    user-select: none;
  }
  .bar {
    grid-column: 1 / -1;
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 6px 16px 2px;
  }
  .play {
    width: 34px;
    height: 26px;
    padding: 0;
    display: grid;
    place-items: center;
  }
  .play svg {
    width: 12px;
    height: 12px;
    fill: currentcolor;
  }
  .epoch {
    contain: layout style;
    font-weight: 600;
    width: 130px;
  }
  .tracks {
    position: relative;
    padding-left: 8px;
    cursor: ew-resize;
    touch-action: none;
    min-width: 0;
    /* In a window made narrower, the playhead is for a moment where it was. */
    overflow: hidden;
  }
  .u-over {
    cursor: ew-resize;
  }
  .uplot {
    position: relative;
  }
  .title {
    position: absolute;
    right: 30px;
    top: 8px;
    padding: 0 4px;
    border-radius: 3px;
    background: color-mix(in srgb, var(--panel) 75%, transparent);
    font-size: 11px;
    line-height: 14px;
    color: var(--muted);
    pointer-events: none;
  }
  /* Where the curves of a training that goes well leave room. */
  .title.accuracy {
    top: auto;
    bottom: 8px;
  }
  /* Similarity starts high on the left, and falls. */
  .title.drift {
    right: auto;
    left: 70px;
    top: auto;
    bottom: 22px;
  }
  .strokes {
    margin-left: auto;
  }
  :host([still]) {
    grid-template-columns: minmax(0, 1fr);
  }
  :host([still]) .tracks {
    display: none;
  }
  :host([still]) .values {
    contain: content;
    min-height: 0;
    padding-left: 16px;
  }
  :host([still]) .values table {
    width: auto;
  }
  .rail {
    position: relative;
    height: 16px;
    margin-bottom: 6px;
  }
  .rail canvas {
    display: block;
  }
  .playhead {
    position: absolute;
    top: 0;
    bottom: 4px;
    left: 0;
    width: 2px;
    margin-left: -1px;
    background: var(--accent);
    pointer-events: none;
    /* A layer of its own: moving it must not lay the others out anew. */
    will-change: transform;
  }
  .playhead::after {
    content: "";
    position: absolute;
    bottom: 2px;
    left: -5px;
    width: 12px;
    height: 12px;
    border-radius: 50%;
    background: var(--accent);
    border: 2px solid var(--panel);
  }
  .values {
    contain: strict;
    min-height: 100px;
    padding: 0 14px 6px 6px;
    overflow: auto;
    max-height: 172px;
    font-size: 12px;
  }
  .values table {
    width: 100%;
  }
  td,
  th {
    padding: 0 0 0 8px;
    line-height: 17px;
    text-align: right;
    white-space: nowrap;
  }
  th:first-child {
    text-align: left;
    padding-left: 0;
  }
  tbody th {
    font-weight: 400;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    max-width: 84px;
    vertical-align: bottom;
  }
  .none {
    padding: 10px 16px 14px;
    color: var(--muted);
  }
`;
