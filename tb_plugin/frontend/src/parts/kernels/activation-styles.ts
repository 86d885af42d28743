/** The look of what quantization does to activations. */

import { css } from "lit";

export const activationStyles = css`
  .when {
    font-weight: 600;
  }
  .key {
    flex: none;
    width: 18px;
    height: 10px;
    margin-left: 8px;
  }
  .key.kernel {
    width: 3px;
  }
  .key.own {
    height: 6px;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
    padding: 0 16px 12px;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  table {
    border-collapse: separate;
    border-spacing: 0;
  }
  th,
  td {
    padding: 1px 18px 1px 0;
    height: 23px;
    text-align: left;
    white-space: nowrap;
    font-weight: 400;
  }
  tr.first > * {
    border-top: 1px solid color-mix(in srgb, var(--line) 60%, transparent);
  }
  thead th {
    position: sticky;
    top: 0;
    z-index: 2;
    background: var(--panel);
    color: var(--muted);
    padding-top: 5px;
    padding-bottom: 4px;
  }
  thead .wide {
    min-width: 300px;
  }
  .number {
    text-align: right;
  }
  tbody th {
    max-width: 260px;
    vertical-align: top;
  }
  tbody th button {
    display: block;
    width: 100%;
    border: 0;
    background: none;
    padding: 2px 4px;
    text-align: left;
  }
  tbody tr {
    cursor: pointer;
  }
  tbody tr:hover td {
    background: color-mix(in srgb, var(--accent-soft) 50%, transparent);
  }
  tr.chosen > * {
    background: var(--accent-soft);
  }
  tr.chosen th button {
    color: var(--accent);
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    max-width: 160px;
  }
  .worst {
    color: var(--bad);
    font-weight: 600;
  }
  .lost {
    text-align: right;
  }
  .measure,
  .ranges {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .room {
    position: relative;
    flex: none;
    width: 200px;
    height: 14px;
  }
  .measure .room {
    background: var(--card);
    border-radius: 2px;
  }
  .room > * {
    position: absolute;
  }
  .fill {
    border-radius: 2px;
  }
  .room .fill {
    inset: 2px auto 2px 0;
  }
  /* As long as the longest, but none of these: there is no error. */
  .fill.exact {
    opacity: 0.35;
  }
  .kernel {
    background: var(--text);
  }
  .room .kernel {
    top: 0;
    bottom: 0;
    width: 2px;
    margin-left: -1px;
  }
  .float {
    border: 1px solid var(--muted);
    border-radius: 2px;
    background: var(--card);
  }
  .room .float {
    top: 1px;
    bottom: 1px;
    min-width: 2px;
  }
  .room .own {
    top: 4px;
    bottom: 4px;
    min-width: 2px;
  }
  .limits {
    border: 2px solid var(--text);
    border-width: 0 2px;
  }
  .room .limits {
    top: -1px;
    bottom: -1px;
    min-width: 4px;
  }
  .zero {
    top: 1px;
    bottom: 1px;
    width: 1px;
    background: var(--muted);
  }
  .track {
    display: block;
  }
  .track path {
    fill: none;
    stroke: var(--accent);
    stroke-width: 1.5;
  }
  .track circle {
    fill: var(--text);
  }
  p {
    padding: 8px 0;
  }
  @container (max-width: 1040px) {
    .room {
      width: 110px;
    }
    thead .wide {
      min-width: 0;
    }
    th,
    td {
      padding-right: 12px;
    }
  }
`;
