/** How the wall of samples looks. */

import { css } from "lit";

export const wallStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    padding: 12px 16px 8px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    margin-bottom: 8px;
    font-size: 12px;
  }
  h2 {
    font-size: 13px;
    font-weight: 600;
  }
  select {
    padding: 1px 4px;
  }
  .runs {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    margin-left: auto;
    min-width: 0;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    min-width: 0;
  }
  .room {
    flex: 1;
    min-height: 0;
    overflow: hidden auto;
    position: relative;
  }
  .wall {
    position: relative;
    cursor: pointer;
  }
  .wall:focus-visible {
    outline: none;
  }
  canvas {
    display: block;
  }
`;
