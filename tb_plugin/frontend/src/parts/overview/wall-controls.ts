/** What the wall of samples shows: whose maps, in which order, which samples. */

import { html } from "lit";
import { className, type FilterName, labelsOf } from "../../analysis/filters.ts";
import type { OrderName } from "../../analysis/wall-order.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { orderOf, ordersOf, textOf, titleOf } from "./wall-values.ts";

const FILTERS: readonly (readonly [FilterName, string])[] = [
  ["all", "all samples"],
  ["wrong", "wrong now"],
  ["changed", "changed"],
];
const MAX_CLASSES = 500;

export function wallControls(dashboard: Dashboard) {
  return html`${methodSelect(dashboard)} ${orderSelect(dashboard)} ${filterSelect(dashboard)}`;
}

function methodSelect(dashboard: Dashboard) {
  const { scene } = dashboard;
  const maps = scene.columns.filter(({ kind }) => kind === "map");
  if (maps.length < 2) return html`<span>${scene.evidence?.explainer}</span>`;
  return html`<select
    aria-label="Method"
    title="Whose maps are shown, and are counted inside of boxes"
    @change=${(event: Event) => dashboard.update({ evidence: chosen(event) })}
  >
    ${maps.map(
      ({ group, explainer, layer }) => html`<option
        value=${group}
        ?selected=${group === scene.evidence?.group}
      >
        ${explainer} · ${scene.layerText(layer)}
      </option>`,
    )}
  </select>`;
}

function orderSelect(dashboard: Dashboard) {
  const order = orderOf(dashboard);
  return html`<label title=${titleOf(order)}
    >sorted by
    <select
      aria-label="Sorted by"
      @change=${(event: Event) => dashboard.update({ wall: chosen(event) as OrderName })}
    >
      ${ordersOf(dashboard).map(
        (name) => html`<option value=${name} ?selected=${name === order}>${textOf(name)}</option>`,
      )}
    </select></label
  >`;
}

/** The filters of the list of samples, and its classes. */
function filterSelect(dashboard: Dashboard) {
  const { view, scene } = dashboard;
  const samples = scene.shown.find((run) => run.samples?.labelKind === "class")?.samples;
  const present = new Set(samples?.rows.flatMap((_, sample) => labelsOf(samples, sample)));
  const classes = [...present].sort((a, b) => a - b).slice(0, MAX_CLASSES);
  const { filter, classIndex } = view;
  const ofClass = classIndex === undefined ? "" : `, ${className(samples, classIndex)}`;
  const isClass = filter === "all" && classIndex !== undefined;
  const change = (event: Event): void => {
    const value = chosen(event);
    const name = FILTERS.find(([one]) => one === value)?.[0];
    const patch = name ? { classIndex: undefined } : { classIndex: Number(value) };
    dashboard.update({ filter: name ?? "all", ...patch });
  };
  return html`<select
    aria-label="Samples"
    title="Which samples are shown, here and in the list of samples"
    @change=${change}
  >
    ${FILTERS.map(
      ([name, text]) => html`<option value=${name} ?selected=${name === filter && !isClass}>
        ${text}${name === filter && !isClass ? ofClass : ""}
      </option>`,
    )}
    ${classes.map(
      (index) => html`<option value=${index} ?selected=${isClass && index === classIndex}>
        label ${className(samples, index)}
      </option>`,
    )}
  </select>`;
}

function chosen(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}
