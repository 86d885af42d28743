/** Which sample and method the stages are shown of. */

import { html } from "lit";
import { labelText } from "../../analysis/filters.ts";
import { laddersOf } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";

export function stageControls(dashboard: Dashboard, sample: number) {
  return html`${sampleSelect(dashboard, sample)} ${methodSelect(dashboard)}`;
}

function sampleSelect(dashboard: Dashboard, sample: number) {
  const { samples, shown } = dashboard.scene;
  const told = shown.find((run) => run.samples)?.samples;
  const change = (event: Event): void => dashboard.update({ samples: [Number(chosen(event))] });
  const text = (one: number): string => {
    const label = labelText(told, one);
    return label ? `${one}, label ${label}` : `${one}`;
  };
  return html`<label
    ><span class="muted">Sample</span>
    <select aria-label="Sample" @change=${change}>
      ${samples.map(
        (one) => html`<option value=${one} ?selected=${one === sample}>${text(one)}</option>`,
      )}
    </select></label
  >`;
}

function methodSelect(dashboard: Dashboard) {
  const { columns, shown, ladder } = dashboard.scene;
  const [own] = ladder;
  const ladders = [...laddersOf(columns, shown)];
  if (ladders.length < 2) return html`<span>${own?.explainer}</span>`;
  const change = (event: Event): void => dashboard.update({ evidence: chosen(event) });
  return html`<select aria-label="Method" @change=${change}>
    ${ladders.map(
      ([name, maps]) => html`<option
        value=${maps.at(-1)?.group ?? ""}
        ?selected=${name === own?.explainer}
      >
        ${name}
      </option>`,
    )}
  </select>`;
}

function chosen(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}
