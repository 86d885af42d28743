/** What is shown and how: runs, explainers and layers, colours, scale. */

import { css, html, nothing } from "lit";
import {
  DIVERGING_NAMES,
  type DivergingName,
  SEQUENTIAL_NAMES,
  type SequentialName,
} from "../../analysis/colours.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { SIZES, type View } from "../../state/view.ts";
import "./kind-controls.ts";
import type { Offer } from "./offer.ts";
import "./offer.ts";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";

const MAX_CHIPS = 60;
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

export class Toolbar extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 14px;
        padding: 6px 16px;
        font-size: 12.5px;
      }
      .line.how {
        column-gap: 10px;
        font-size: 12px;
      }
      .how select {
        padding: 3px 2px;
        max-width: 150px;
      }
      .how .segments label {
        padding-inline: 7px;
      }
      .how input[type="range"] {
        width: 60px;
      }
      .line.top {
        flex-wrap: nowrap;
        align-items: flex-start;
      }
      .what {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 16px;
        flex: 1;
        min-width: 0;
      }
      .line + .line {
        border-top: 1px solid color-mix(in srgb, var(--line) 55%, transparent);
      }
      h1 {
        font-size: 15px;
        line-height: 26px;
        font-weight: 600;
        letter-spacing: 0.01em;
      }
      .group {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 6px;
        border: 0;
        margin: 0;
        padding: 0;
        min-width: 0;
        max-height: 88px;
        overflow: auto;
      }
      .name {
        color: var(--muted);
        margin-right: 2px;
      }
      .chip {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        padding: 2px 9px 2px 7px;
        border: 1px solid var(--line);
        border-radius: 13px;
        cursor: pointer;
        max-width: 260px;
      }
      .chip:hover {
        border-color: var(--accent);
      }
      .chip:has(:checked) {
        background: var(--accent-soft);
        border-color: color-mix(in srgb, var(--accent) 45%, transparent);
      }
      .control {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        white-space: nowrap;
      }
      .value {
        width: 30px;
        text-align: right;
      }
      .end {
        display: inline-flex;
        white-space: nowrap;
        gap: 6px;
      }
    `,
  ];

  private copied = false;

  override render() {
    const { scene } = this.dashboard;
    return html`
      <div class="line top">
        <h1>Explain</h1>
        <div class="what"><div class="group" role="group" aria-label="Runs">
          <span class="name">Runs</span>
          ${scene.runs.slice(0, MAX_CHIPS).map((run) => this.runChip(run))}
          ${
            scene.runs.length > MAX_CHIPS
              ? html`<span class="muted">${scene.runs.length - MAX_CHIPS} more not listed</span>`
              : nothing
          }
        </div>
        ${this.columnChips()}</div>
        <span class="end">
          <button @click=${this.copy}>${this.copied ? "Link copied" : "Copy link"}</button>
          <button @click=${() => this.dispatchEvent(new Event("details"))}>Details</button>
        </span>
        <span class="hidden" role="status">${this.copied ? "Link copied" : ""}</span>
        <tfx-offer></tfx-offer>
      </div>
      ${
        scene.has.maps || scene.shown.length === 0
          ? html`<div class="line how">
            ${this.colourControls()} ${this.scaleControls()} ${this.difference()}
            <tfx-kind-controls .dashboard=${this.dashboard}></tfx-kind-controls>
          </div>`
          : nothing
      }
    `;
  }

  private runChip(run: ShownRun) {
    const { shown } = this.dashboard.scene;
    const on = shown.some(({ id }) => id === run.id);
    const ids = shown.map(({ id }) => id);
    const runs = on ? ids.filter((id) => id !== run.id) : [...ids, run.id];
    return html`<label class="chip" title=${run.id}>
      <input
        type="checkbox"
        .checked=${on}
        @change=${() => this.dashboard.update({ runs, difference: undefined })}
      />
      <span class="dot" style="background: ${run.colour}"></span>
      <span class="cut">${run.name}</span>
    </label>`;
  }

  private columnChips() {
    const { columns } = this.dashboard.scene;
    const explainers = [...new Set(columns.map((column) => column.explainer))];
    return explainers.map(
      (explainer) => html`<div class="group" role="group" aria-label="Layers of ${explainer}">
        <span class="name">${explainer}</span>
        ${columns
          .filter((column) => column.explainer === explainer)
          .slice(0, MAX_CHIPS)
          .map((column) => this.columnChip(column))}
      </div>`,
    );
  }

  private columnChip(column: Column) {
    const { shownColumns } = this.dashboard.scene;
    const groups = shownColumns.map(({ group }) => group);
    const on = groups.includes(column.group);
    const next = on ? groups.filter((g) => g !== column.group) : [...groups, column.group];
    return html`<label class="chip" title=${column.layer}>
      <input
        type="checkbox"
        .checked=${on}
        @change=${() => this.dashboard.update({ groups: next })}
      />
      <span class="cut">${column.layer}</span>
    </label>`;
  }

  private colourControls() {
    const { dashboard } = this;
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
      ${this.slider("Opacity", "opacity", "How much the map covers the input at most")}
      <span class="control">
        <span class="name">Cover</span>
        ${select("How the map covers the input", COVERS, view.cover, (value) =>
          dashboard.update({ cover: value as View["cover"] }),
        )}
      </span>
      ${this.slider("Hide below", "threshold", "Values below this share of the scale are not drawn")}
    `;
  }

  private scaleControls() {
    const { view, scene } = this.dashboard;
    const over = scene.fetched.length < scene.samples.length ? "the samples shown" : "samples";
    const scales = [
      ["shared", "shared", `One scale over epochs, runs and ${over}`],
      ["map", "per map", "Each map by its own largest magnitude"],
    ] as const;
    return html`
      ${this.segments("Scale", view.scale, scales, (scale) =>
        this.dashboard.update({ scale: scale as View["scale"] }),
      )}
      ${this.segments("Pixels", view.pixels, PIXELS, (pixels) =>
        this.dashboard.update({ pixels: pixels as View["pixels"] }),
      )}
      <span class="control">
        <span class="name">Size</span>
        ${select("Size of the maps", SIZES.map(String), String(view.size), (size) =>
          this.dashboard.update({ size: Number(size) }),
        )}
      </span>
    `;
  }

  private slider(name: string, field: "opacity" | "threshold", title: string) {
    const percent = Math.round(this.dashboard.view[field] * 100);
    const set = (event: Event): void => {
      const value = Number((event.target as HTMLInputElement).value) / 100;
      this.dashboard.update(field === "opacity" ? { opacity: value } : { threshold: value });
    };
    return html`<label class="control" title=${title}
      ><span class="name">${name}</span>
      <input type="range" min="0" max="100" step="1" .value=${String(percent)} @input=${set} />
      <span class="value">${percent}%</span></label
    >`;
  }

  private segments(
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

  private difference() {
    const { shown, pair } = this.dashboard.scene;
    if (shown.length < 2) return nothing;
    const few = shown.slice(0, 6);
    const pairs = few.flatMap((a) => few.filter((b) => b !== a).map((b) => [a, b] as const));
    const chosen = pair ? pairs.findIndex(([a, b]) => a === pair[0] && b === pair[1]) : -1;
    const choose = (event: Event): void => {
      const found = pairs[Number((event.target as HTMLSelectElement).value)];
      this.dashboard.update({ difference: found ? found.map((run) => run.id) : [] });
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

  private async copy(): Promise<void> {
    const { link } = this.dashboard;
    if (!(await copyText(link))) {
      void this.find<Offer>("tfx-offer")?.show("The browser did not allow copying.", link);
      return;
    }
    this.copied = true;
    this.requestUpdate();
    window.setTimeout(() => {
      this.copied = false;
      this.requestUpdate();
    }, 1600);
  }
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

/** Frames and plain http have no clipboard: there, the older way copies a selection, or does not. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

define("tfx-toolbar", Toolbar);
