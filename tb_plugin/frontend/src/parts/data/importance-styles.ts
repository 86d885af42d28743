/** The look of what is known of importance. */

import { css } from "lit";

export const importanceStyles = css`
  :host {
    display: block;
    min-height: 0;
    overflow: auto;
    padding: 8px 16px 16px;
    container: data / inline-size;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 24px;
    align-items: flex-start;
    margin-bottom: 8px;
  }
  .headlines {
    flex: 1 1 420px;
    font-size: 14px;
  }
  .headlines .muted {
    font-size: 12px;
  }
  .headlines .who {
    vertical-align: bottom;
    max-width: 260px;
  }
  .controls {
    display: flex;
    gap: 14px;
  }
  .controls label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .parts {
    display: grid;
    grid-template: "list" auto "rows" auto "hiding" auto / minmax(0, 1fr);
    align-items: start;
    gap: 16px 28px;
  }
  /* Of pictures, where it looks comes first. */
  .parts.place {
    grid-template: "rows" auto "list" auto "hiding" auto / minmax(0, 1fr);
  }
  .list {
    grid-area: list;
  }
  .rows {
    grid-area: rows;
  }
  .rows > section + section {
    margin-top: 12px;
  }
  .hiding {
    grid-area: hiding;
  }
  .dependence {
    margin-top: 16px;
  }
  @container data (min-width: 1100px) {
    .parts {
      grid-template: "list rows" auto "hiding rows" 1fr / minmax(0, max-content) minmax(0, 1fr);
    }
    .parts.place {
      grid-template: "rows list" auto "hiding list" 1fr / minmax(0, 1fr) minmax(0, max-content);
    }
  }
  section {
    min-width: 0;
    max-width: 100%;
  }
  section > p {
    font-size: 12px;
    max-width: 640px;
  }
  .told {
    max-width: 520px;
    margin-bottom: 4px;
  }
  table {
    margin-top: 4px;
  }
  tbody th {
    max-width: 170px;
    color: var(--text);
    font-weight: 400;
  }
  tbody th .cut {
    display: block;
  }
  .value {
    display: flex;
    align-items: center;
    gap: 6px;
    line-height: 16px;
    white-space: nowrap;
  }
  .track {
    position: relative;
    flex: none;
    width: 110px;
    height: 11px;
    background: var(--card);
  }
  .track span,
  .track b,
  .track i {
    position: absolute;
  }
  .track span {
    top: 0;
    bottom: 0;
  }
  .track b {
    top: -2px;
    bottom: -2px;
    width: 1px;
    background: var(--muted);
  }
  .track i {
    top: 3px;
    height: 5px;
    border: solid var(--text);
    border-width: 0 1px;
    background: linear-gradient(var(--text), var(--text)) center / 100% 1px no-repeat;
  }
  .epochs svg {
    display: block;
    background: var(--card);
  }
  .epochs path {
    fill: none;
    stroke-width: 1.5;
  }
  .epochs .now {
    stroke: var(--muted);
    stroke-width: 1;
  }
  .scale {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    white-space: nowrap;
    color: var(--text);
  }
  .ramp {
    display: inline-block;
    width: 90px;
    height: 9px;
  }
  .maps,
  .words,
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 16px;
    align-items: flex-start;
  }
  .words th:first-child {
    width: 150px;
  }
  h3 {
    margin: 6px 0 2px;
  }
`;
