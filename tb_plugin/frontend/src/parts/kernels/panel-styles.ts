/** The look of a panel of *Model* that has a bar of choices on top and a side for what is chosen. */

import { css } from "lit";

export const panelStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    font-size: 12px;
    container-type: inline-size;
    grid-column: 1 / -1;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
    padding: 4px 16px;
    min-height: 34px;
    border-bottom: 1px solid var(--line);
  }
  label,
  .legend {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
  }
  .side {
    border-left: 1px solid var(--line);
  }
`;
