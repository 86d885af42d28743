/**
 * The look of the timeline.
 *
 * Playheads are as large as what they move over, and let a trace of it through: whenever the
 * bounds or the opaque part of something change, Chromium makes the compositor's layers anew,
 * which took a third of a frame.
 */

import { css } from "lit";

export const timelineStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr) min(var(--values, 258px), max(34%, 226px));
    background: var(--panel);
    border-top: 1px solid var(--line);
    user-select: none;
  }
  .bar {
    grid-column: 1 / -1;
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 4px 16px 0;
    overflow: hidden;
    white-space: nowrap;
  }
  .play {
    flex: none;
    width: 34px;
    height: 24px;
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
    flex: 0 0 130px;
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
    max-width: calc(100% - 100px);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
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
  .bar .muted {
    overflow: hidden;
    text-overflow: ellipsis;
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
  :host([still]) td,
  :host([still]) th {
    padding-right: 14px;
  }
  .rail {
    position: relative;
    height: 12px;
    margin-bottom: 5px;
  }
  .rail canvas {
    display: block;
  }
  .playhead {
    --ink: color-mix(in srgb, var(--accent) 98%, transparent);
    --edge: color-mix(in srgb, var(--panel) 98%, transparent);
    position: absolute;
    inset: 0 0 4px;
    background:
      radial-gradient(circle, var(--ink) 4px, var(--edge) 4.5px 6px, transparent 6.5px)
        calc(var(--x) - 7px) 100% / 14px 14px,
      linear-gradient(var(--ink), var(--ink)) calc(var(--x) - 1px) 0 / 2px 100%;
    background-repeat: no-repeat;
    pointer-events: none;
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
  .from {
    font-size: 11px;
    font-weight: 400;
  }
  .from:not(:empty) {
    margin-left: 6px;
  }
  .none {
    padding: 10px 16px 14px;
    color: var(--muted);
  }
`;
