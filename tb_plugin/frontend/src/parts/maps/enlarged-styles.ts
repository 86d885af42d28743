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
    padding: 5px 16px;
    background: var(--panel);
    border-bottom: 1px solid var(--line);
  }
  h2 {
    font-size: 14px;
    font-weight: 600;
  }
  .steps {
    display: inline-flex;
    gap: 6px;
    margin-left: auto;
    white-space: nowrap;
  }
  .who {
    display: flex;
    align-items: center;
    gap: 6px;
    height: 24px;
    font-weight: 600;
  }
  .who tfx-prediction {
    margin-left: auto;
    gap: 6px;
    font-weight: 400;
  }
  .maps {
    display: flex;
    flex-wrap: wrap;
    gap: 10px 18px;
    padding: 8px 16px 0;
  }
  .input {
    order: -1;
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
    font-size: 12px;
    line-height: 18px;
    color: var(--warn);
    width: 0;
    min-width: 100%;
  }
  .facts {
    display: grid;
    grid-template-columns: minmax(200px, 340px) minmax(220px, 380px) minmax(0, 1fr);
    gap: 24px;
    padding: 4px 16px 16px;
  }
  @media (max-width: 900px) {
    .facts {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  dl {
    font-size: 12.5px;
    line-height: 20px;
    margin: 0;
  }
  .readout {
    margin: 6px 16px;
    padding: 3px 10px;
    border-radius: 6px;
    background: var(--card);
    min-height: 25px;
    overflow: hidden;
    text-overflow: ellipsis;
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
    padding: 0 16px 4px;
  }
`;
