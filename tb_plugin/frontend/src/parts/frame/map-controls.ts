/** How the maps are drawn: colours, cover, scale, size, and which runs are subtracted. */

import { html, nothing } from "lit";
import {
  DIVERGING_NAMES,
  type DivergingName,
  SEQUENTIAL_NAMES,
  type SequentialName,
} from "../../analysis/colours.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { SIZES, type View } from "../../state/view.ts";

const TITLES: Readonly<Record<string, string>> = {
  blueRed: "blue–red",
  purpleGreen: "purple–green",
  strength: "by strength",
  even: "evenly",
  128: "S",
  192: "M",
  256: "L",
  384: "XL",
};
const COVERS = ["strength", "even"] as const;
const PIXELS = [
  ["nearest", "nearest"],
  ["smooth", "smooth"],
] as const;

/** The colour maps, and how much a map covers of its input. */
export function colourControls(dashboard: Dashboard) {
  const { view } = dashboard;
  return html`
    <span class="control">
      <span class="name">Colours</span>
      ${select("Colours of unsigned maps", SEQUENTIAL_NAMES, view.sequential, (value) =>
        dashboard.update({ sequential: value as SequentialName }),
      )}
      ${select("Colours of signed maps", DIVERGING_NAMES, view.diverging, (value) =>
        dashboard.update({ diverging: value as DivergingName }),
      )}
    </span>
    ${slider(dashboard, "Opacity", "opacity", "How much the map covers the input at most")}
    <span class="control">
      <span class="name">Cover</span>
      ${select("How the map covers the input", COVERS, view.cover, (value) =>
        dashboard.update({ cover: value as View["cover"] }),
      )}
    </span>
    ${slider(dashboard, "Hide below", "threshold", "Values below this share of the scale are not drawn")}
  `;
}

/** The scale of the colours, how pixels are drawn, how large maps are. */
export function scaleControls(dashboard: Dashboard) {
  const { view, scene } = dashboard;
  const over = scene.fetched.length < scene.samples.length ? "the samples shown" : "samples";
  const scales = [
    ["shared", "shared", `One scale over epochs, runs and ${over}`],
    ["map", "per map", "Each map by its own largest magnitude"],
  ] as const;
  return html`
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
  return html`<label class="control"
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

function slider(dashboard: Dashboard, name: string, field: "opacity" | "threshold", title: string) {
  const percent = Math.round(dashboard.view[field] * 100);
  const set = (event: Event): void => {
    const value = Number((event.target as HTMLInputElement).value) / 100;
    dashboard.update(field === "opacity" ? { opacity: value } : { threshold: value });
  };
  return html`<label class="control" title=${title}
    ><span class="name">${name}</span>
    <input type="range" min="0" max="100" step="1" .value=${String(percent)} @input=${set} />
    <span class="value">${percent}%</span></label
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
