/** The look of the selected kernel. */

import { css } from "lit";

export const kernelStyles = css`
  :host {
    display: grid;
    min-width: 0;
    min-height: 0;
    border-left: 1px solid var(--line);
    font-size: 12px;
  }
  .scroll {
    overflow: auto;
    min-width: 0;
    padding: 8px 14px;
  }
  .scroll:focus-visible {
    outline-offset: -2px;
  }
  h2 {
    font-size: 13px;
    font-weight: 600;
    line-height: 20px;
    margin-bottom: 4px;
  }
  .both.beside {
    display: flex;
    gap: 16px;
    align-items: flex-start;
  }
  .both.beside > div {
    flex: none;
  }
  .charts {
    display: flex;
    gap: 16px;
  }
  .segments {
    margin-bottom: 4px;
  }
  .facts {
    min-width: 0;
    flex: 1;
    font-size: 11.5px;
  }
  .facts th,
  .facts td {
    line-height: 17px;
    padding: 0 10px 0 0;
  }
  .facts thead th {
    color: var(--text);
  }
  .facts thead .from {
    display: block;
    font-weight: 400;
    font-size: 11px;
  }
  .facts .section th {
    padding-top: 6px;
    font-weight: 600;
    color: var(--text);
  }
  .facts .wide:has([data-fact]:empty) {
    display: none;
  }
  .facts tbody th {
    font-weight: 400;
  }
  .facts td {
    contain: layout style;
    min-width: 58px;
    overflow-wrap: anywhere;
  }
  .facts tr > :last-child {
    padding-right: 0;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    max-width: 78px;
  }
`;
