/** The look of who pays for a compression. */

import { css } from "lit";

export const payersStyles = css`
  .headline {
    margin: 0 0 8px;
    font-size: 13px;
    max-width: 95ch;
  }
  .room {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr) minmax(330px, 41%);
  }
  .scroll,
  .side {
    overflow: auto;
    min-height: 0;
    padding: 8px 16px 12px;
  }
  .scroll:focus-visible,
  .side:focus-visible {
    outline-offset: -2px;
  }
  h3 {
    font-size: 13px;
    font-weight: 600;
    margin: 0 0 2px;
  }
  tfx-exemplars + section {
    margin-top: 16px;
  }
  .costs {
    width: 100%;
  }
  .costs td,
  .costs th {
    padding: 1px 12px 1px 0;
    vertical-align: middle;
  }
  .costs .part {
    width: 1%;
    max-width: 170px;
    font-weight: 500;
    color: var(--text);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .costs .rows {
    width: 1%;
    text-align: right;
    white-space: nowrap;
    color: var(--muted);
  }
  .costs .kind th {
    padding-top: 8px;
    color: var(--muted);
  }
  .head {
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    min-width: 0;
    color: var(--text);
  }
  .below {
    margin-top: 8px;
  }
  select {
    max-width: 280px;
  }
  .ends {
    display: flex;
    justify-content: space-between;
    margin-right: 52px;
    font-weight: 400;
    font-size: 11px;
  }
  .cell {
    display: grid;
    grid-template-columns: minmax(70px, 1fr) 46px;
    align-items: center;
    gap: 6px;
  }
  .cell > span:last-child {
    text-align: right;
    white-space: nowrap;
  }
  .worse > span:last-child {
    font-weight: 700;
    color: var(--bad);
  }
  .better > span:last-child {
    font-weight: 700;
    color: var(--good);
  }
  .track {
    position: relative;
    height: 18px;
    background: color-mix(in srgb, var(--card) 55%, transparent);
  }
  .track i {
    position: absolute;
    display: block;
  }
  .band,
  .legend .swatch {
    background: color-mix(in srgb, var(--muted) 32%, transparent);
  }
  .band {
    top: 0;
    bottom: 0;
    min-width: 3px;
  }
  .zero {
    top: 0;
    bottom: 0;
    width: 1px;
    background: var(--muted);
  }
  .interval {
    top: 8px;
    height: 2px;
    background: var(--text);
  }
  .value {
    top: 4px;
    width: 10px;
    height: 10px;
    margin-left: -5px;
    border-radius: 50%;
    border: 1px solid var(--panel);
  }
  .worse .value {
    box-shadow: 0 0 0 2px var(--bad);
  }
  .better .value {
    box-shadow: 0 0 0 2px var(--good);
  }
  .legend .swatch {
    width: 16px;
    height: 12px;
  }
  .legend .line {
    width: 18px;
    height: 2px;
    background: var(--text);
  }
  .legend .ring {
    width: 8px;
    height: 8px;
    margin: 2px;
    border-radius: 50%;
    box-shadow: 0 0 0 2px var(--bad);
  }
  .more {
    margin: 6px 0;
  }
  ol {
    list-style: none;
    margin: 4px 0 0;
    padding: 0;
  }
  li button,
  li .row {
    display: grid;
    grid-template-columns: 30px minmax(0, 1fr);
    align-items: center;
    gap: 8px;
    width: 100%;
    min-height: 34px;
    padding: 1px 6px;
    border: 0;
    border-radius: 4px;
    background: none;
    text-align: left;
  }
  li button:hover,
  li button[aria-pressed="true"] {
    background: var(--accent-soft);
  }
  li .row {
    color: var(--muted);
  }
  .masks td,
  .masks th {
    padding: 1px 12px 1px 0;
  }
  .masks .number {
    text-align: right;
  }
  @container (max-width: 840px) {
    .room {
      grid-template: minmax(0, 1fr) minmax(0, 1fr) / minmax(0, 1fr);
    }
    .side {
      border-left: 0;
      border-top: 1px solid var(--line);
    }
  }
`;
