/** What stands above an enlarged map: the way back, what it is, the samples before and behind it. */

import { html, nothing } from "lit";
import { labelText } from "../../analysis/filters.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { neighbourOf, openNeighbour } from "../../state/opened.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { CellAddress } from "./map-figure.ts";
import "./class-choice.ts";
import "./prediction.ts";

export function enlargedHead(dashboard: Dashboard, { run, column, sample }: CellAddress) {
  const label = labelText(run.samples, sample);
  const close = (): void => dashboard.update({ opened: undefined });
  return html`<header>
    <button data-screen class="back" title="Back to all maps (Escape)" @click=${close}>← All maps</button>
    <h2 class="cut" title=${column.layer}>
      ${column.explainer} · ${dashboard.scene.layerText(column.layer)}
    </h2>
    <span class="muted cut">sample ${sample}${label ? `, ${label}` : ""}</span>
    <tfx-class-choice row .dashboard=${dashboard} .sample=${sample}></tfx-class-choice>
    <span data-screen class="steps">
      ${stepButton(dashboard, -1, "↑ Previous sample")}
      ${stepButton(dashboard, 1, "↓ Next sample")}
    </span>
  </header>`;
}

function stepButton(dashboard: Dashboard, by: number, text: string) {
  const to = neighbourOf(dashboard, by);
  return html`<button
    title=${to === undefined ? "There is none" : `Sample ${to}; arrow keys up and down`}
    ?disabled=${to === undefined}
    @click=${() => openNeighbour(dashboard, by)}
  >
    ${text}
  </button>`;
}

/** The name of a run over its map, and what it predicts. */
export function runHead(dashboard: Dashboard, run: ShownRun, sample: number) {
  return html`<div class="who">
    <span class="dot" style="background: ${run.colour}"></span>
    <span class="cut" title=${run.name}>${run.name}</span>
    ${
      dashboard.scene.has.predictions
        ? html`<tfx-prediction plain .dashboard=${dashboard} .run=${run} .sample=${sample}>
          </tfx-prediction>`
        : nothing
    }
  </div>`;
}
