/** The look: colours as tokens for two themes, and what every part builds with. */

import { css } from "lit";

export const theme = css`
  :host {
    color-scheme: light;
    --bg: #f5f6f8;
    --panel: #ffffff;
    --card: #eef0f3;
    --line: #dde1e7;
    --text: #1b2230;
    --muted: #596475;
    --accent: #1a66c9;
    --accent-soft: #e5eefb;
    --on-accent: #ffffff;
    --warn: #8a4f00;
    --warn-soft: #fff3dc;
    --bad: #b82a24;
    --good: #17724a;
  }
  :host([dark]) {
    color-scheme: dark;
    --bg: #15181d;
    --panel: #1c2026;
    --card: #272c34;
    --line: #343b45;
    --text: #e4e8ee;
    --muted: #9ba6b5;
    --accent: #7db5ff;
    --accent-soft: #21314a;
    --on-accent: #0d1420;
    --warn: #f2b861;
    --warn-soft: #33291a;
    --bad: #ff8b83;
    --good: #67cc98;
  }
`;

export const base = css`
  :host {
    box-sizing: border-box;
    font: 13px/1.4 Roboto, system-ui, -apple-system, "Segoe UI", sans-serif;
    font-variant-numeric: tabular-nums;
    color: var(--text);
  }
  *,
  *::before,
  *::after {
    /* Not inherited: else each change of an element's style has all that is in it styled anew. */
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul {
    margin: 0;
    padding: 0;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button {
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--panel);
    padding: 3px 10px;
    cursor: pointer;
  }
  button:hover:enabled {
    border-color: var(--accent);
  }
  button:disabled {
    color: var(--muted);
    cursor: default;
  }
  select {
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--panel);
    padding: 3px 6px;
    max-width: 200px;
  }
  input[type="range"] {
    accent-color: var(--accent);
    width: 80px;
    margin: 0;
  }
  input[type="checkbox"] {
    accent-color: var(--accent);
    margin: 0;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .muted {
    color: var(--muted);
  }
  .help {
    border-radius: 50%;
    width: 18px;
    height: 18px;
    padding: 0;
    font-size: 11px;
    line-height: 1;
    flex: none;
  }
  .dot {
    display: inline-block;
    width: 9px;
    height: 9px;
    border-radius: 50%;
    flex: none;
  }
  .cut {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    min-width: 0;
  }
  .path {
    display: flex;
    min-width: 0;
    white-space: pre;
  }
  .path .cut {
    white-space: pre;
  }
  .path .end {
    overflow: hidden;
    text-overflow: ellipsis;
    flex: none;
    max-width: 100%;
  }
  .segments {
    display: inline-flex;
    border: 1px solid var(--line);
    border-radius: 6px;
    overflow: hidden;
  }
  .segments label {
    position: relative;
    padding: 3px 9px;
    background: var(--panel);
    cursor: pointer;
    white-space: nowrap;
  }
  .segments label + label {
    border-left: 1px solid var(--line);
  }
  .segments input {
    position: absolute;
    opacity: 0;
    inset: 0;
    margin: 0;
    cursor: pointer;
  }
  .segments label:has(:checked) {
    background: var(--accent-soft);
    color: var(--accent);
  }
  .segments label:has(:focus-visible) {
    outline: 2px solid var(--accent);
    outline-offset: -2px;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  table {
    border-collapse: collapse;
  }
  th {
    text-align: left;
    font-weight: 500;
    color: var(--muted);
  }
  td,
  th {
    padding: 2px 12px 2px 0;
    vertical-align: top;
  }
`;

export const facts = css`
  dl {
    font-size: 11px;
    line-height: 17px;
    margin-top: 4px;
    contain: layout style;
  }
  /* Each line has its own share for name and number: one long number cuts no other name. */
  dt {
    float: left;
    clear: left;
    max-width: 60%;
    color: var(--muted);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  dd {
    text-align: right;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
`;

/** A map that can be opened, with a flag over it for what the colours do not say. */
export const mapButton = css`
  .frame {
    position: relative;
    width: fit-content;
  }
  .map {
    display: block;
    padding: 0;
    border: 0;
    /* Square: rounded corners would give each canvas a mask of its own to composite. */
    border-radius: 0;
    background: var(--card);
    line-height: 0;
    cursor: zoom-in;
  }
  .map:hover:enabled {
    box-shadow: 0 0 0 2px var(--accent);
  }
  canvas {
    display: block;
  }
  .flag {
    position: absolute;
    left: 4px;
    right: 4px;
    bottom: 4px;
    pointer-events: none;
    padding: 2px 6px;
    border-radius: 4px;
    background: rgb(16 20 28 / 86%);
    color: #fff;
    font-size: 11px;
    line-height: 15px;
    text-align: left;
  }
  /* Words and bars leave no room that nothing stands in. */
  .words .flag {
    position: static;
    display: block;
    box-sizing: border-box;
    width: 0;
    min-width: 100%;
    margin-top: 4px;
  }
  .flag:empty,
  .words .flag:empty {
    display: none;
  }
`;
