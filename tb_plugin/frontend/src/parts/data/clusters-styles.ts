/** The look of clusters of maps. */

import { css } from "lit";

export const clustersStyles = css`
  .runs {
    display: flex;
    flex-wrap: wrap;
    gap: 16px 32px;
    align-items: flex-start;
  }
  .run {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 24px;
    flex: 1 1 480px;
    min-width: 0;
  }
  .run > h2 {
    flex: 1 0 100%;
  }
  .classes {
    flex: 1 1 300px;
    min-width: 0;
  }
  .class {
    display: grid;
    grid-template: auto / 52px minmax(0, 1fr);
    gap: 0 8px;
    padding: 6px 0;
    border-bottom: 1px solid var(--line);
  }
  .class > .link {
    font-weight: 600;
    align-self: start;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .cards {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 6px;
  }
  .card {
    display: block;
    width: 102px;
    padding: 4px;
    text-align: left;
    font-size: 12px;
    line-height: 16px;
    background: none;
    border: 1px solid transparent;
    border-radius: 4px;
  }
  .card:hover {
    border-color: var(--line);
  }
  .card[aria-pressed="true"] {
    border-color: var(--accent);
    background: var(--accent-soft);
  }
  .card b {
    display: flex;
    gap: 6px;
    align-items: center;
  }
  .card .value {
    max-width: 94px;
  }
  .members {
    max-height: 320px;
    overflow: auto;
    margin-top: 8px;
  }
`;
