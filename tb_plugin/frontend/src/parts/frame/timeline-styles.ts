/**
 * The look of the timeline.
 *
 * Playheads are as large as what they move over, and let a trace of it through: whenever the
 * bounds or the opaque part of something change, Chromium makes the compositor's layers anew,
 * which took a third of a frame.
 */

import { css } from "lit";

export const timelineStyles = css`
  :host([hidden]) {
    display: none;
  }
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr) min(var(--values, 258px), max(38%, 226px));
    background: var(--panel);
    user-select: none;
    min-height: 0;
    align-content: start;
  }
  :host([folded]) {
    grid-template-columns: minmax(0, 1fr);
    border-top: 1px solid var(--line);
  }
  :host([folded]) .values {
    display: none;
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
  /* At the side of the curves: it covers none. */
  .title {
    position: absolute;
    left: 8px;
    top: 5px;
    width: 62px;
    font-size: 11px;
    line-height: 12px;
    color: var(--text);
    pointer-events: none;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    overflow: hidden;
    overflow-wrap: anywhere;
  }
  .selection {
    position: absolute;
    inset-block: 0 17px;
    background: color-mix(in srgb, var(--accent) 18%, transparent);
    pointer-events: none;
  }
  .alarm {
    flex: none;
    padding: 1px 8px;
    font-size: 12px;
  }
  .alarm-line {
    position: absolute;
    inset-block: 0 17px;
    border-left: 2px dashed;
    pointer-events: none;
  }
  .all {
    flex: none;
    padding: 1px 8px;
    font-size: 12px;
    color: var(--accent);
  }
  .choose {
    flex: none;
    padding: 1px 8px;
    font-size: 12px;
  }
  .strokes + .choose {
    margin-left: 0;
  }
  [popover] {
    inset: auto;
    margin: 0;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--panel);
    color: var(--text);
    padding: 10px 14px;
    box-shadow: 0 6px 24px rgb(0 0 0 / 22%);
    max-height: 60vh;
    max-width: 340px;
    overflow: auto;
  }
  [popover] label {
    white-space: normal;
    display: flex;
    gap: 8px;
    align-items: baseline;
    padding: 2px 0;
  }
  [popover] button {
    margin-top: 8px;
    padding: 1px 8px;
    font-size: 12px;
  }
  .bar .muted {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .strokes,
  .choose {
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
    min-height: 60px;
    padding: 0 14px 6px 6px;
    overflow: auto;
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
  /* Of which epoch a number is stands below it where there is no room beside it. */
  .value {
    white-space: normal;
  }
  .value > span {
    display: inline-block;
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
