/** The look of one map enlarged. */

import { css } from "lit";

export const enlargedStyles = css`
  :host {
    display: block;
    overflow: auto;
    min-width: 0;
  }
  header {
    position: sticky;
    top: 0;
    z-index: 2;
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 8px 16px;
    background: var(--panel);
    border-bottom: 1px solid var(--line);
  }
  h2 {
    font-size: 14px;
    font-weight: 600;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .body {
    display: flex;
    flex-wrap: wrap;
    gap: 24px;
    padding: 16px;
  }
  .stage {
    position: relative;
    flex: none;
    max-width: 100%;
  }
  .stage canvas {
    display: block;
    border-radius: 3px;
    background: var(--card);
    cursor: crosshair;
  }
  .stage.channels canvas {
    background: none;
    cursor: pointer;
  }
  .flag {
    margin-top: 6px;
    font-size: 12px;
    color: var(--warn);
    min-height: 18px;
  }
  .side {
    flex: 1;
    min-width: 260px;
    max-width: 460px;
  }
  dl {
    font-size: 13px;
    line-height: 22px;
    margin-top: 12px;
  }
  .readout {
    margin-top: 12px;
    padding: 8px 12px;
    border-radius: 6px;
    background: var(--card);
    min-height: 36px;
  }
  details {
    margin-top: 14px;
  }
  summary {
    cursor: pointer;
    color: var(--accent);
  }
  .scroll {
    overflow: auto;
    max-height: 320px;
    margin-top: 6px;
    font-size: 11.5px;
  }
  .scroll td,
  .scroll th {
    text-align: right;
    padding: 1px 8px;
    white-space: nowrap;
  }
  tfx-film-strip {
    padding: 0 16px 16px;
  }
`;
