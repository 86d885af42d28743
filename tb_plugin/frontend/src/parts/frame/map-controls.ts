/** How the maps are drawn: colours, scale, size, and which runs are subtracted. */

import { html, nothing } from "lit";
import {
  SEQUENTIAL_NAMES,
  type SequentialName,
  SIGNED_NAMES,
  type SignedName,
} from "../../analysis/colours.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { SIZES, type View } from "../../state/view.ts";

const TITLES: Readonly<Record<string, string>> = {
  blueRed: "blue–red",
  purpleGreen: "purple–green",
  0: "fit",
  128: "S",
  192: "M",
  256: "L",
  384: "XL",
};
const PIXELS = [
  ["auto", "auto", "Coarse maps are smooth over pictures, all others have their own cells"],
  ["nearest", "cells", "Every map has its own cells"],
  ["smooth", "smooth", "Every map is smooth between its values; inputs never are"],
] as const;

/** What is right by default: colours, scale, pixels and size of maps. */
export function lookControls(dashboard: Dashboard) {
  const { view, scene } = dashboard;
  const all = scene.fetched.length < scene.samples.length ? "samples shown" : "samples";
  const scales = [
    ["sample", "each sample", "One scale for a sample, over the shown runs and their epochs"],
    ["all", "all samples", `One scale for all ${all}, over the shown runs and their epochs`],
    ["map", "each map", "Each map by its own magnitudes, however small they are"],
  ] as const;
  return html`
    <span class="control">
      <span class="name">Colours</span>
      ${select("Colours of unsigned maps", SEQUENTIAL_NAMES, view.sequential, (value) =>
        dashboard.update({ sequential: value as SequentialName }),
      )}
      ${select("Colours of signed maps", SIGNED_NAMES, view.diverging, (value) =>
        dashboard.update({ diverging: value as SignedName }),
      )}
    </span>
    ${segments("Scale", view.scale, scales, (scale) =>
      dashboard.update({ scale: scale as View["scale"] }),
    )}
    ${segments("Pixels", view.pixels, PIXELS, (pixels) =>
      dashboard.update({ pixels: pixels as View["pixels"] }),
    )}
    <span class="control">
      <span class="name">Size</span>
      ${select("Size of the maps", SIZES.map(String), String(view.size), (size) =>
        dashboard.update({ size: Number(size) }),
      )}
    </span>
  `;
}

/** Which two runs are subtracted. */
export function differenceControl(dashboard: Dashboard) {
  const { shown, pair } = dashboard.scene;
  if (shown.length < 2) return nothing;
  const few = shown.slice(0, 6);
  const pairs = few.flatMap((a) => few.filter((b) => b !== a).map((b) => [a, b] as const));
  const chosen = pair ? pairs.findIndex(([a, b]) => a === pair[0] && b === pair[1]) : -1;
  const choose = (event: Event): void => {
    const next = pairs[Number((event.target as HTMLSelectElement).value)];
    dashboard.update({ difference: next ? next.map((run) => run.id) : [] });
  };
  return html`<label class="control" title="The two runs whose maps are subtracted"
    ><span class="name">Difference</span>
    <select @change=${choose}>
      <option value="-1" ?selected=${chosen < 0}>none</option>
      ${pairs.map(
        ([a, b], i) =>
          html`<option value=${i} ?selected=${i === chosen}>${a.name} − ${b.name}</option>`,
      )}
    </select></label
  >`;
}

function segments(
  name: string,
  chosen: string,
  options: readonly (readonly [value: string, text: string, title?: string])[],
  choose: (value: string) => void,
) {
  return html`<span class="control"
    ><span class="name">${name}</span>
    <span class="segments" role="radiogroup" aria-label=${name}>
      ${options.map(
        ([value, text, title]) => html`<label title=${title ?? nothing}
          ><input
            type="radio"
            name=${name}
            .checked=${value === chosen}
            @change=${() => choose(value)}
          />${text}</label
        >`,
      )}
    </span></span
  >`;
}

function select(
  name: string,
  values: readonly string[],
  chosen: string,
  choose: (value: string) => void,
) {
  return html`<select
    aria-label=${name}
    title=${name}
    @change=${(e: Event) => choose((e.target as HTMLSelectElement).value)}
  >
    ${values.map(
      (value) =>
        html`<option value=${value} ?selected=${value === chosen}>${TITLES[value] ?? value}</option>`,
    )}
  </select>`;
}
