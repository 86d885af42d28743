/** The look of what compressing each layer alone costs. */

import { css } from "lit";

export const sensitivityStyles = css`
  /* Of many layers, the plan below stays in reach. */
  .strips {
    max-height: 56vh;
    overflow: auto;
  }
  .group .legend {
    display: flex;
    font-weight: 400;
    font-size: 11px;
  }
  .ramp {
    width: 60px;
    height: 10px;
    border-radius: 2px;
    border: 1px solid var(--line);
  }
  .room {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr) minmax(330px, 36%);
  }
  .scroll,
  .side {
    overflow: auto;
    min-height: 0;
    padding: 6px 16px 12px;
  }
  .scroll:focus-visible,
  .side:focus-visible {
    outline-offset: -2px;
  }
  table {
    border-collapse: collapse;
  }
  thead th {
    position: sticky;
    top: 0;
    z-index: 2;
    background: var(--panel);
    font-weight: 400;
    color: var(--muted);
    vertical-align: bottom;
    padding: 2px 0 4px;
  }
  thead .group {
    text-align: left;
    font-weight: 600;
    color: var(--text);
    white-space: nowrap;
    padding-left: 10px;
  }
  thead .setting {
    writing-mode: vertical-rl;
    transform: rotate(180deg);
    white-space: nowrap;
    margin: 0 auto;
  }
  tbody th {
    text-align: left;
    font-weight: 400;
    padding: 0 10px 0 0;
    max-width: 190px;
  }
  tbody th button {
    display: block;
    width: 100%;
    border: 0;
    background: none;
    padding: 1px 4px;
    text-align: left;
  }
  tr.chosen th button {
    background: var(--accent-soft);
  }
  td {
    padding: 0;
  }
  td.first {
    padding-left: 10px;
  }
  td button {
    display: block;
    position: relative;
    margin: auto;
    width: 21px;
    height: 20px;
    padding: 0;
    border: 1px solid var(--panel);
    border-radius: 3px;
  }
  td button.chosen {
    box-shadow: 0 0 0 2px var(--accent);
    z-index: 1;
  }
  td button.unknown,
  .unknown {
    background: repeating-linear-gradient(
      135deg,
      color-mix(in srgb, var(--muted) 45%, var(--card)) 0 1px,
      var(--card) 1px 4px
    );
  }
  td .none {
    display: block;
    width: 21px;
    height: 20px;
  }
  /* A difference that no other training has. */
  td button.far::after {
    content: "";
    position: absolute;
    inset: 0;
    margin: auto;
    width: 5px;
    height: 5px;
    border-radius: 50%;
    background: #fff;
    box-shadow: 0 0 0 1px #0009;
  }
  .legend .far {
    width: 6px;
    height: 6px;
    border-radius: 50%;
    background: #fff;
    box-shadow: 0 0 0 1px #0009;
  }
  .legend .box {
    width: 14px;
    height: 10px;
    border: 1px solid var(--line);
  }
  h3 {
    font-size: 13px;
    font-weight: 600;
    margin: 0 0 4px;
  }
  section + section {
    margin-top: 14px;
  }
  .facts {
    display: grid;
    grid-template-columns: auto auto;
    justify-content: start;
    gap: 0 14px;
    margin: 0 0 6px;
  }
  .facts dt {
    color: var(--muted);
  }
  .maps {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  pre {
    margin: 6px 0;
    padding: 8px;
    max-height: 180px;
    overflow: auto;
    background: var(--card);
    border-radius: 4px;
    font-size: 11px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  a {
    color: var(--accent);
  }
  .plan-line {
    margin: 4px 0;
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
