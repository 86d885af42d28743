/** The look of the stages of a model. */

import { css } from "lit";

export const ladderStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    font-size: 12px;
    container-type: inline-size;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 14px;
    padding-left: 16px;
  }
  tfx-metric-bar {
    flex: 1 1 560px;
    padding-left: 0;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
    border-top: 1px solid var(--line);
    padding: 0 16px 8px;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  th,
  td {
    padding: 3px 28px 3px 0;
    vertical-align: middle;
  }
  thead th {
    position: sticky;
    top: 0;
    z-index: 2;
    background: var(--panel);
    white-space: nowrap;
  }
  thead .head {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  thead .from {
    font-weight: 400;
  }
  tbody th {
    max-width: 220px;
    line-height: 16px;
  }
  tbody th button {
    display: block;
    max-width: 100%;
    border-color: transparent;
    background: none;
    padding: 1px 6px;
    margin-left: -7px;
    color: var(--text);
    text-align: left;
  }
  tr.chosen th button {
    border-color: var(--accent);
    background: var(--accent-soft);
  }
  tbody th .muted {
    display: block;
    white-space: nowrap;
    font-size: 11px;
    font-weight: 400;
  }
  .cell {
    display: grid;
    grid-template-columns: repeat(3, max-content);
    align-items: center;
    gap: 12px;
  }
  /* The spine goes on from row to row. */
  .spine {
    position: relative;
    width: 96px;
    align-self: stretch;
    display: grid;
    place-items: center;
  }
  .spine::before {
    content: "";
    position: absolute;
    inset: -3px auto;
    width: 2px;
    background: var(--line);
  }
  .width {
    position: relative;
    height: 100%;
    min-height: 20px;
    min-width: 4px;
    border: 1px solid color-mix(in srgb, var(--muted) 60%, transparent);
  }
  .width.unknown {
    background: repeating-linear-gradient(
      135deg,
      color-mix(in srgb, var(--muted) 45%, var(--card)) 0 1px,
      var(--card) 1px 4px
    );
  }
  .facts {
    display: grid;
    gap: 1px;
    white-space: nowrap;
    line-height: 16px;
  }
  .facts .flag {
    max-width: 150px;
    white-space: normal;
    color: var(--warn);
  }
  .facts span:empty {
    display: none;
  }
  .alike {
    white-space: nowrap;
  }
  .meter {
    display: block;
    width: 64px;
    height: 6px;
    margin-top: 3px;
    border: 1px solid var(--line);
    background: linear-gradient(to right, var(--accent) var(--share, 0%), transparent 0);
  }
  tfx-prediction {
    max-width: 220px;
  }
  .empty {
    padding: 16px;
    color: var(--muted);
  }
  @container (max-width: 900px) {
    th,
    td {
      padding-right: 14px;
    }
    .spine {
      width: 48px;
    }
  }
`;
