/** The views of the page, one at a time or two beside each other: a row of a table each. */

import { html, nothing, type TemplateResult } from "lit";
import type { Dashboard } from "../../state/dashboard.ts";
import { VIEWS, type ViewName } from "../../state/view.ts";
import { Later } from "./later.ts";

/** Of a view, and beside the timeline. */
export const layers = new Later(
  "What is known of the layers",
  () => import("../kernels/compression-panel.ts"),
);
const data = new Later("What is known of the rows", () => import("../data/data-view.ts"));

interface ViewEntry {
  readonly text: string;
  readonly title: string;
  /** Whether the log holds anything for it. */
  readonly isThere: (dashboard: Dashboard) => boolean;
  readonly render: (dashboard: Dashboard) => TemplateResult;
}

const hasLayers = ({ scene: { has, ladder } }: Dashboard): boolean =>
  has.kernels || has.health || has.drift || has.structure || ladder.length > 0;

const hostOf = (dashboard: Dashboard) => ({
  requestUpdate: () => dashboard.dispatchEvent(new Event("change")),
});

const ENTRIES: Readonly<Record<ViewName, ViewEntry>> = {
  overview: {
    text: "Overview",
    title: "Where the label lives, and the maps of all samples at a glance",
    isThere: (dashboard) => dashboard.scene.has.evidence,
    render: (dashboard) => html`<tfx-overview .dashboard=${dashboard}></tfx-overview>`,
  },
  samples: {
    text: "Samples",
    title: "The maps of chosen samples, those of all runs beside each other",
    isThere: (dashboard) => {
      const { has } = dashboard.scene;
      return has.maps || !(has.rows || hasLayers(dashboard));
    },
    render: (dashboard) => html`<tfx-samples-view .dashboard=${dashboard}></tfx-samples-view>`,
  },
  model: {
    text: "Model",
    title: "Layers and their weights: over epochs, as histograms, all numbers",
    isThere: hasLayers,
    render: (dashboard) =>
      layers.render(
        hostOf(dashboard),
        () => html`<tfx-compression alone .dashboard=${dashboard}></tfx-compression>`,
      ),
  },
  data: {
    text: "Data",
    title: "Validation rows: who is right, what is hard, what the model uses in general",
    isThere: (dashboard) => dashboard.scene.has.rows,
    render: (dashboard) =>
      data.render(hostOf(dashboard), () => html`<tfx-data .dashboard=${dashboard}></tfx-data>`),
  },
};

/** The view that fills the page, and the one beside it, where one is. */
export function shownViews(dashboard: Dashboard): readonly [ViewName, ViewName?] {
  const there = viewsOf(dashboard);
  const { view, beside } = dashboard.view;
  const main = there.includes(view) ? view : (there[0] ?? "samples");
  return beside && beside !== main && there.includes(beside) ? [main, beside] : [main];
}

/** Whether a view is in sight. */
export function isInSight(dashboard: Dashboard, name: ViewName): boolean {
  return shownViews(dashboard).includes(name);
}

export function renderView(dashboard: Dashboard, name: ViewName): TemplateResult {
  return ENTRIES[name].render(dashboard);
}

export function textOf(name: ViewName): string {
  return ENTRIES[name].text;
}

function viewsOf(dashboard: Dashboard): ViewName[] {
  return VIEWS.filter((name) => ENTRIES[name].isThere(dashboard));
}

/** A tab for each view, where there is more than one, and what puts another beside it. */
export function viewTabs(dashboard: Dashboard) {
  const there = viewsOf(dashboard);
  if (there.length < 2) return nothing;
  const [main, beside] = shownViews(dashboard);
  return html`<div class="views" role="tablist" aria-label="View" @keydown=${steer}>
      ${there.map((name) => {
        const { text, title } = ENTRIES[name];
        return html`<button
          role="tab"
          title=${title}
          aria-selected=${name === main}
          tabindex=${name === main ? 0 : -1}
          @click=${() => choose(dashboard, name)}
        >
          ${text}
        </button>`;
      })}
    </div>
    ${splitButton(dashboard, there, beside)}
    ${beside && there.length > 2 ? besideChoice(dashboard, there, beside) : nothing}`;
}

/** What stands beside the chosen view changes places with it. */
function choose(dashboard: Dashboard, name: ViewName): void {
  const [main, beside] = shownViews(dashboard);
  dashboard.update({ view: name, beside: beside === name ? main : beside });
}

function splitButton(
  dashboard: Dashboard,
  there: readonly ViewName[],
  beside: ViewName | undefined,
) {
  const [main] = shownViews(dashboard);
  const other = there.findLast((name) => name !== main);
  return html`<button
    class="split"
    aria-pressed=${beside !== undefined}
    title=${beside ? "Show one view alone" : `Show ${other ? textOf(other) : "another view"} beside it`}
    @click=${() => dashboard.update({ beside: beside ? undefined : other })}
  >
    Split
  </button>`;
}

function besideChoice(dashboard: Dashboard, there: readonly ViewName[], beside: ViewName) {
  const [main] = shownViews(dashboard);
  const change = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    dashboard.update({ beside: there.find((name) => name === value) });
  };
  return html`<select aria-label="View beside it" title="Which view stands beside" @change=${change}>
    ${there
      .filter((name) => name !== main)
      .map(
        (name) => html`<option value=${name} ?selected=${name === beside}>${textOf(name)}</option>`,
      )}
  </select>`;
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
