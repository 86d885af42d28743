/** The views of the page, one at a time: the maps of samples, or what is known of the weights. */

import { html, nothing } from "lit";
import type { Dashboard } from "../../state/dashboard.ts";
import { VIEWS, type ViewName } from "../../state/view.ts";

const TEXTS: Readonly<Record<ViewName, readonly [text: string, title: string]>> = {
  samples: ["Samples", "The maps of chosen samples, those of all runs beside each other"],
  model: ["Model", "What is known of the weights: layers over epochs, histograms, all numbers"],
};

/** Whether what is known of the weights fills the page: where chosen, or where there is no more. */
export function isModelView({ scene, view }: Dashboard): boolean {
  const { kernels, drift, maps } = scene.has;
  return (kernels || drift) && (!maps || view.view === "model");
}

/** A tab for each view, where there is more than one. */
export function viewTabs(dashboard: Dashboard) {
  const { kernels, drift, maps } = dashboard.scene.has;
  if (!maps || !(kernels || drift)) return nothing;
  const chosen = isModelView(dashboard) ? "model" : "samples";
  return html`<div class="views" role="tablist" aria-label="View" @keydown=${steer}>
    ${VIEWS.map((name) => {
      const [text, title] = TEXTS[name];
      return html`<button
        role="tab"
        title=${title}
        aria-selected=${name === chosen}
        tabindex=${name === chosen ? 0 : -1}
        @click=${() => dashboard.update({ view: name })}
      >
        ${text}
      </button>`;
    })}
  </div>`;
}

/** Along the tabs, the arrow keys belong to them. */
function steer(event: KeyboardEvent): void {
  if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
  event.preventDefault();
  event.stopPropagation();
  const here = event.target as HTMLElement;
  const next = here.nextElementSibling ?? here.previousElementSibling;
  if (!(next instanceof HTMLElement)) return;
  next.focus();
  next.click();
}
