/** The look of the drift panel. */

import { css } from "lit";

export const driftStyles = css`
  :host {
    --texts: 236px;
    --band: color-mix(in srgb, var(--muted) 24%, transparent);
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
    padding: 4px 16px;
    font-size: 12px;
    min-height: 34px;
    border-bottom: 1px solid var(--line);
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
  }
  .meaning {
    flex: 1 1 200px;
  }
  .both {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(330px, 41%);
  }
  .runs,
  .lists {
    overflow: auto;
    padding: 0 16px;
  }
  .lists {
    border-left: 1px solid var(--line);
  }
  .key {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
    padding-top: 6px;
    font-size: 11.5px;
    color: var(--muted);
  }
  .swatch {
    display: inline-block;
    width: 14px;
    height: 10px;
    background: var(--band);
    border-radius: 2px;
  }
  .axis {
    position: sticky;
    bottom: 0;
    z-index: 1;
    display: grid;
    grid-template-columns: var(--texts) minmax(0, 1fr);
    column-gap: 8px;
    background: var(--panel);
    font-size: 11px;
    line-height: 18px;
    color: var(--muted);
  }
  .axis div {
    position: relative;
    height: 18px;
    margin: 0 8px;
  }
  .axis div span {
    position: absolute;
    transform: translateX(-50%);
  }
  details {
    padding: 6px 0 10px;
    font-size: 12px;
  }
  summary {
    cursor: pointer;
    color: var(--muted);
  }
  .empty {
    padding: 24px;
    color: var(--muted);
  }
  .empty button {
    margin-left: 8px;
    color: var(--text);
  }
`;
