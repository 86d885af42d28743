/** What the parts of the view of validation rows have in common. */

import { css } from "lit";

export const dataStyles = css`
  h2,
  h3 {
    font-size: 13px;
    font-weight: 600;
  }
  h3,
  .who {
    display: inline-flex;
    gap: 6px;
    align-items: center;
    min-width: 0;
  }
  .scroll {
    overflow: auto;
    min-width: 0;
    min-height: 0;
    padding: 10px 16px;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  caption {
    text-align: left;
    font-weight: 600;
    padding-bottom: 4px;
  }
  table {
    font-size: 12px;
  }
  .wrong {
    color: var(--bad);
  }
  tr.chosen,
  td.chosen {
    background: var(--accent-soft);
  }
  .rows th,
  .rows td {
    vertical-align: middle;
  }
  .rows .link {
    white-space: nowrap;
  }
  .thumb-text {
    display: block;
    max-width: 32ch;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .row-facts .thumb-text {
    max-width: 60ch;
    white-space: normal;
  }
  .number {
    text-align: right;
  }
  .link {
    border: 0;
    padding: 0;
    background: none;
    color: var(--accent);
    text-align: left;
  }
  .link:hover {
    text-decoration: underline;
  }
  /* An interval as a bar, and its number. */
  .rate {
    display: flex;
    align-items: center;
    gap: 6px;
    line-height: 16px;
    white-space: nowrap;
  }
  .range {
    position: relative;
    flex: none;
    width: 64px;
    height: 7px;
    background: var(--card);
  }
  .range span {
    position: absolute;
    top: 0;
    bottom: 0;
    opacity: 0.55;
  }
  .range b {
    position: absolute;
    top: -2px;
    bottom: -2px;
    width: 2px;
    margin-left: -1px;
    background: var(--text);
  }
`;
