/** The look of the graph of layers. */

import { css } from "lit";

export const graphStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    font-size: 12px;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
    padding: 0 16px 6px;
  }
  input[type="search"] {
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--panel);
    padding: 3px 8px;
    width: 150px;
  }
  .zoom {
    display: inline-flex;
    gap: 4px;
    margin-left: auto;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
    background: var(--bg);
    border-top: 1px solid var(--line);
    cursor: grab;
    touch-action: pan-x pan-y;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  .scroll.moved {
    cursor: grabbing;
    user-select: none;
  }
  .sized {
    position: relative;
    margin: 0 auto;
    overflow: hidden;
  }
  .plane {
    position: absolute;
    inset: 0 auto auto 0;
    transform-origin: 0 0;
    /* Enlarging it lays nothing out. */
    contain: strict;
  }
  svg {
    position: absolute;
    inset: 0;
    overflow: visible;
    pointer-events: none;
  }
  .edges {
    fill: none;
    stroke: var(--muted);
    stroke-width: 1.2;
  }
  marker path {
    fill: var(--muted);
  }
  .node,
  .group {
    position: absolute;
  }
  .group {
    border: 1px solid color-mix(in srgb, var(--muted) 50%, transparent);
    border-radius: 8px;
    background: color-mix(in srgb, var(--card) 55%, transparent);
  }
  .group button {
    position: absolute;
    /* Edges cross the box, not its name. */
    z-index: 1;
    left: 4px;
    top: 2px;
    max-width: calc(100% - 8px);
    border: 0;
    background: var(--panel);
    padding: 0 6px;
    font-size: 11px;
    line-height: 16px;
    color: var(--muted);
  }
  .group button:hover {
    color: var(--accent);
  }
  .stub {
    position: absolute;
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: 3px;
    padding-right: 3px;
    font-size: 10.5px;
    color: var(--muted);
  }
  .node {
    scroll-margin: 24px;
    display: flex;
    flex-direction: column;
    justify-content: flex-start;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--panel);
    padding: 3px 8px 0;
    text-align: left;
    line-height: 15px;
    overflow: hidden;
  }
  .node.folded {
    box-shadow: 3px 3px 0 -1px var(--panel), 3px 3px 0 0 var(--line);
  }
  .node .first,
  .node .second {
    display: flex;
    gap: 6px;
    justify-content: space-between;
    min-width: 0;
  }
  .node .first {
    font-weight: 500;
  }
  .node .second {
    font-size: 10.5px;
    line-height: 14px;
    color: var(--muted);
  }
  .node .second span:last-child {
    flex: none;
  }
  .node .value {
    flex: none;
    font-weight: 400;
  }
  .node .colour[hidden] {
    display: none;
  }
  .node .colour {
    position: absolute;
    left: 0;
    right: 0;
    bottom: 0;
    height: 6px;
  }
  .node .colour.unknown {
    background: repeating-linear-gradient(
      135deg,
      color-mix(in srgb, var(--muted) 45%, var(--card)) 0 1px,
      var(--card) 1px 4px
    );
  }
  .node[aria-pressed="true"],
  .node.holds {
    border-color: var(--accent);
    outline: 1px solid var(--accent);
  }
  .node[aria-pressed="true"] {
    background: var(--accent-soft);
  }
  .node:focus-visible {
    outline: 2px solid var(--accent);
  }
  .faint {
    opacity: 0.3;
  }
  table {
    border-collapse: collapse;
    margin: 4px 16px;
  }
  th,
  td {
    padding: 2px 14px 2px 0;
    line-height: 18px;
    text-align: left;
    white-space: nowrap;
    font-weight: 400;
    border-bottom: 1px solid var(--line);
  }
  thead th {
    position: sticky;
    top: 0;
    background: var(--bg);
    font-weight: 600;
  }
  .number {
    text-align: right;
  }
  td.reads {
    white-space: normal;
    min-width: 180px;
  }
`;
