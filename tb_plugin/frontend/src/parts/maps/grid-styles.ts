/** The look of the grid. */

import { css } from "lit";

export const gridStyles = css`
  :host {
    display: block;
    overflow: auto;
    min-width: 0;
  }
  section {
    display: flex;
    gap: 18px;
    padding: 12px 16px 14px;
  }
  section + section {
    border-top: 1px solid var(--line);
  }
  .sample {
    width: 148px;
    flex: none;
  }
  .columns {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: 14px 18px;
  }
  .block {
    max-width: 100%;
  }
  tfx-legend {
    max-width: 420px;
    margin-bottom: 6px;
  }
  .cells {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: 10px 16px;
  }
  /* Sheets of tiles need more than a gap between tiles. */
  .cells.channels {
    column-gap: 18px;
  }
  .cell {
    flex: none;
    max-width: 100%;
  }
  /* A sheet of many tiles may be wider than the window. */
  .channels > .cell {
    overflow: auto hidden;
  }
  .head {
    display: flex;
    align-items: center;
    gap: 5px;
    font-size: 12px;
    line-height: 18px;
  }
  /* Whose map it is is read first. */
  .at {
    flex-shrink: 99;
  }
  @media (max-width: 1100px) {
    section {
      gap: 12px;
      padding-inline: 12px;
    }
    .sample {
      width: 112px;
    }
  }
  h3 {
    font-size: 13px;
    font-weight: 600;
    margin-top: 5px;
    /* Several labels are all to be read. */
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
    overflow: hidden;
    overflow-wrap: anywhere;
  }
  .nobr {
    white-space: nowrap;
  }
  .place {
    font-size: 11.5px;
  }
  .other {
    margin-top: 4px;
    font-size: 12px;
    font-weight: 600;
    color: var(--warn);
  }
  .run {
    margin-top: 8px;
  }
  .who {
    display: flex;
    align-items: baseline;
    gap: 6px;
    font-weight: 600;
  }
  /* Runs are often told apart by the end of their names. */
  .whole {
    min-width: 0;
    max-height: 54px;
    overflow: hidden;
    overflow-wrap: anywhere;
  }
  .empty {
    padding: 48px 24px;
    text-align: center;
    color: var(--muted);
  }
  .none {
    font-size: 12px;
    /* As wide as the maps above: a text must not push its block to the next line. */
    width: 0;
    min-width: 100%;
    margin-top: 4px;
  }
  .absent {
    display: grid;
    place-items: center;
    border: 1px dashed var(--line);
    border-radius: 3px;
    color: var(--muted);
    font-size: 12px;
    text-align: center;
    padding: 8px;
  }
`;
