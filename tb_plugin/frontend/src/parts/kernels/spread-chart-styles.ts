/** The look of a histogram of the selected layer. */

import { css } from "lit";

export const spreadStyles = css`
  :host {
    display: block;
    font-size: 12px;
  }
  canvas {
    display: block;
  }
  .histogram {
    position: relative;
  }
  .bars {
    position: absolute;
    inset: 0;
  }
  .name {
    position: absolute;
    top: 8px;
    right: 11px;
    padding: 0 3px;
    border-radius: 2px;
    background: color-mix(in srgb, var(--panel) 80%, transparent);
    font-size: 10.5px;
    line-height: 14px;
  }
  .zeros {
    display: flex;
    align-items: center;
    gap: 6px;
    height: 20px;
  }
  .zeros .text {
    contain: layout style;
    flex: 1;
  }
  .zeros .from {
    contain: layout style;
    flex: none;
    font-size: 11px;
  }
  .share {
    width: 44px;
    height: 8px;
    border-radius: 2px;
    background: var(--card);
    border: 1px solid var(--line);
    overflow: hidden;
    flex: none;
    contain: strict;
  }
  .part {
    display: block;
    height: 100%;
    background: color-mix(in srgb, var(--muted) 98%, transparent);
  }
  .heat {
    position: relative;
    overflow: hidden;
    margin-bottom: 6px;
  }
  .heat canvas {
    background: linear-gradient(var(--card), var(--card)) no-repeat 44px 0 / calc(100% - 52px) 100%;
  }
  .heat .side {
    position: absolute;
    left: 36px;
    top: 0;
    bottom: 0;
    width: 4px;
  }
  .heat .epochs {
    position: absolute;
    left: 0;
    top: -2px;
    bottom: -2px;
    width: 30px;
    display: flex;
    flex-direction: column;
    justify-content: space-between;
    text-align: right;
    font-size: 10.5px;
    line-height: 14px;
    color: var(--muted);
  }
  /* Never opaque: see timeline-styles.ts. */
  .heat .playhead {
    --ink: color-mix(in srgb, var(--accent) 98%, transparent);
    --edge: color-mix(in srgb, var(--panel) 98%, transparent);
    position: absolute;
    inset: 0 8px 0 44px;
    background: linear-gradient(var(--edge) 1px, var(--ink) 1px 3px, var(--edge) 3px) 0 0 /
      100% 4px no-repeat;
    pointer-events: none;
  }
`;
