/** The look of the table of kernels. */

import { css } from "lit";

export const tableStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 16px;
    padding: 4px 16px;
    min-height: 34px;
    font-size: 12px;
  }
  .when {
    font-weight: 600;
    min-width: 130px;
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    cursor: pointer;
  }
  .download {
    margin-left: auto;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
    padding: 0 16px 8px;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  table {
    font-size: 12px;
    min-width: 100%;
    border-collapse: separate;
    border-spacing: 0;
  }
  th,
  td {
    padding: 2px 14px 2px 0;
    line-height: 18px;
    white-space: nowrap;
    border-bottom: 1px solid color-mix(in srgb, var(--line) 60%, transparent);
  }
  thead th {
    position: sticky;
    top: 0;
    z-index: 2;
    background: var(--panel);
    border-color: var(--line);
  }
  th:first-child {
    padding-left: 6px;
  }
  .number {
    text-align: right;
  }
  button {
    border: 0;
    background: none;
    padding: 0;
    color: inherit;
    font-weight: inherit;
  }
  thead button:hover {
    color: var(--text);
  }
  thead [aria-sort="ascending"],
  thead [aria-sort="descending"] {
    color: var(--accent);
  }
  .download {
    border: 1px solid var(--line);
    padding: 3px 10px;
  }
  .kernel {
    display: block;
    max-width: 320px;
    color: var(--text);
    text-align: left;
  }
  tbody tr {
    cursor: pointer;
  }
  tbody tr:hover {
    background: color-mix(in srgb, var(--accent-soft) 50%, transparent);
  }
  tbody tr.chosen {
    background: var(--accent-soft);
  }
  tr.chosen .kernel {
    color: var(--accent);
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    max-width: 160px;
  }
  tfoot th,
  tfoot td {
    border-bottom: 0;
    padding-top: 4px;
    font-weight: 600;
    color: var(--text);
  }
  tfoot .of td {
    padding: 0 0 2px 6px;
    font-weight: 400;
    color: var(--muted);
    white-space: normal;
  }
  p {
    padding: 8px 0;
  }
`;
