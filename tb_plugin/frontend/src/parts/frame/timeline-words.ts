/** What the timeline says of its keys, and the signs on its button. */

import { html } from "lit";

export const HINT = "drag or ← →; wheel zooms";
export const HELP =
  "Drag, or use ← → Home End, to move the epoch; Space plays. The wheel, + and −, or dragging with Shift zooms; Escape or a double click shows all epochs.";

export const PLAY = html`<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 0.5v11l9.5-5.5z" /></svg>`;
export const PAUSE = html`<svg viewBox="0 0 12 12" aria-hidden="true">
  <path d="M1.5 0.5h3v11h-3zM7.5 0.5h3v11h-3z" />
</svg>`;
