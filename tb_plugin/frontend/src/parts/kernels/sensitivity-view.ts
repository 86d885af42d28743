/** What compressing each layer alone costs: kernels down, settings across; the maps under a cell; plans. */

import { html, nothing } from "lit";
import { colourAt, cssGradient, KERNEL_RAMP } from "../../analysis/colours.ts";
import { sameLayer } from "../../analysis/kernels.ts";
import { plural, short } from "../../analysis/numbers.ts";
import {
  cellText,
  costOf,
  isCost,
  isSimulated,
  type Measure,
  measuresOf,
  numberText,
  settingText,
  shareOf,
  worst,
} from "../../analysis/sensitivity.ts";
import "../../format/sensitive.ts";
import type { Sensitivity } from "../../format/sensitive.ts";
import type { ShownRun } from "../../state/runs.ts";
import { recordedAt } from "../data/recorded.ts";
import { define, Part } from "../frame/part.ts";
import { pathText } from "../frame/path-text.ts";
import { base } from "../frame/styles.ts";
import { panelStyles } from "./panel-styles.ts";
import "./changed-maps.ts";
import "./plan-view.ts";
import { sensitivityStyles } from "./sensitivity-styles.ts";

const ACCURACY = "accuracy";

interface Choice {
  readonly setting: string;
  /** The name of the measure that is shown beside accuracy. */
  readonly measure: string;
  readonly run: string;
}

export class SensitivityView extends Part {
  static override styles = [base, panelStyles, sensitivityStyles];

  /** As it stands in the address; nothing chosen: the setting that costs most, the first measure. */
  private get choice(): Choice {
    const [setting = "", measure = "", run = ""] = this.dashboard.view.cost ?? [];
    return { setting, measure, run };
  }

  private select(patch: Partial<Choice>): void {
    const { setting, measure, run } = { ...this.choice, ...patch };
    this.dashboard.update({ cost: [setting, measure, run] });
  }

  override render() {
    const { runs, choice } = this;
    const run = runs.find(({ id }) => id === choice.run) ?? runs[0];
    const record = run && recordedAt(this.dashboard, run, "sensitivity").record;
    if (!run || !record) return html`<p class="bar muted">Loading…</p>`;
    const all = measuresOf(record);
    const shown = all.find(({ name }) => name === choice.measure) ?? all[0];
    if (!shown) return html`<p class="bar muted">Nothing was measured.</p>`;
    const accuracy = all.find(({ name }) => name === ACCURACY);
    const strips = accuracy && accuracy !== shown ? [shown, accuracy] : [shown];
    const layer = this.layerOf(record);
    const setting = this.settingOf(record, shown, layer);
    return html`
      <div class="bar">
        ${this.runSelect(runs, run)} ${this.measureSelect(all, shown)} ${controlsText(record, shown)}
        <span class="muted"
          >${plural(record.rows, "row")} predicted, ${record.samples} of them explained</span
        >
      </div>
      <div class="room">
        <div class="scroll" tabindex="0" role="group" aria-label="Costs and plans">
          ${this.table(record, strips, layer, setting)}
          <tfx-plan .dashboard=${this.dashboard} .run=${run}></tfx-plan>
        </div>
        <div class="side" tabindex="0" role="group" aria-label="The chosen cell">
          ${this.chosen(run, record, layer, setting)}
        </div>
      </div>
    `;
  }

  private get runs(): ShownRun[] {
    return this.dashboard.scene.shown.filter(({ run }) =>
      run.groups.some(({ kind }) => kind === "sensitivity"),
    );
  }

  /** The chosen kernel of the page, where it was measured. */
  private layerOf({ layers }: Sensitivity): number {
    const name = sameLayer(layers, this.dashboard.scene.layer);
    return Math.max(0, layers.indexOf(name ?? ""));
  }

  /** As chosen, else what costs the chosen kernel most. */
  private settingOf(record: Sensitivity, measure: Measure, layer: number): number {
    const own = record.settings.indexOf(this.choice.setting);
    if (own >= 0) return own;
    const costs = record.settings.map((_, s) => costOf(measure, measure.at(layer, s)));
    const most = Math.max(...costs.filter(Number.isFinite));
    return Math.max(0, costs.indexOf(most));
  }

  private runSelect(runs: readonly ShownRun[], run: ShownRun) {
    if (runs.length < 2) return nothing;
    return html`<label
      ><span class="muted">Run</span>
      <select
        aria-label="Run"
        @change=${(event: Event) => this.select({ run: (event.target as HTMLSelectElement).value })}
      >
        ${runs.map(
          (one) => html`<option value=${one.id} ?selected=${one === run}>${one.name}</option>`,
        )}
      </select></label
    >`;
  }

  private measureSelect(all: readonly Measure[], shown: Measure) {
    return html`<label
      ><span class="muted">Measure</span>
      <select
        aria-label="Measure"
        @change=${(event: Event) =>
          this.select({ measure: (event.target as HTMLSelectElement).value })}
      >
        ${all.map(
          ({ name, label }) =>
            html`<option value=${name} ?selected=${name === shown.name}>${label}</option>`,
        )}
      </select></label
    >`;
  }

  private table(record: Sensitivity, strips: readonly Measure[], layer: number, setting: number) {
    const { layers, settings } = record;
    const most = strips.map((measure) => worst(record, measure));
    return html`<div class="strips" tabindex="0" role="group" aria-label="Kernels and settings"><table>
      <thead>
        <tr>
          <th></th>
          ${strips.map(
            (measure) =>
              html`<th class="group" colspan=${settings.length}>${measure.label} ${legend(record, measure)}</th>`,
          )}
        </tr>
        <tr>
          <th></th>
          ${strips.map(() =>
            settings.map(
              (name, s) =>
                html`<th scope="col" class=${s === 0 ? "first" : ""} title=${settingText(name)}>
                  <div class="setting">${name}</div>
                </th>`,
            ),
          )}
        </tr>
      </thead>
      <tbody>
        ${layers.map(
          (name, l) => html`<tr class=${l === layer ? "chosen" : ""}>
            <th scope="row" title=${name}>
              <button
                aria-pressed=${l === layer}
                @click=${() => this.dashboard.selectLayer(this.nameOf(name))}
              >
                ${pathText(this.dashboard.scene.layerText(name))}
              </button>
            </th>
            ${strips.map((measure, i) =>
              settings.map((_, s) =>
                this.cell(record, measure, most[i] ?? 0, l, s, l === layer && s === setting),
              ),
            )}
          </tr>`,
        )}
      </tbody>
    </table></div>`;
  }

  /** What the page calls a kernel. */
  private nameOf(name: string): string {
    return sameLayer(this.dashboard.scene.kernels, name) ?? name;
  }

  private cell(
    record: Sensitivity,
    measure: Measure,
    most: number,
    l: number,
    s: number,
    isChosen: boolean,
  ) {
    const first = s === 0 ? "first" : "";
    const text = cellText(record, l, s);
    const isFit = Number.isFinite(record.bits[l * record.settings.length + s] ?? Number.NaN);
    if (!isFit) return html`<td class=${first}><span class="none" title=${text}></span></td>`;
    const value = measure.at(l, s);
    const share = shareOf(measure, value, most);
    const isKnown = Number.isFinite(share);
    const isFar = isCost(measure, value) === true;
    const colour = isKnown ? `background: rgb(${colourAt(KERNEL_RAMP, share).join(" ")})` : "";
    const name = `${record.settings[s]} of ${record.layers[l]}: ${numberText(value)}`;
    return html`<td class=${first}>
      <button
        class="${isKnown ? "" : "unknown"} ${isFar ? "far" : ""} ${isChosen ? "chosen" : ""}"
        style=${colour}
        title=${text}
        aria-label=${name}
        aria-pressed=${isChosen}
        @click=${() => this.choose(record, l, s)}
      ></button>
    </td>`;
  }

  private choose(record: Sensitivity, l: number, s: number): void {
    this.select({ setting: record.settings[s] ?? "" });
    this.dashboard.selectLayer(this.nameOf(record.layers[l] ?? ""));
  }

  private chosen(run: ShownRun, record: Sensitivity, l: number, s: number) {
    const [layer = "", setting = ""] = [record.layers[l], record.settings[s]];
    const at = l * record.settings.length + s;
    const bits = record.bits[at] ?? Number.NaN;
    if (!Number.isFinite(bits)) {
      return html`<section><h3>${setting} of ${layer}</h3>
        <p class="muted">The kernel cannot have this setting.</p></section>`;
    }
    const share = (100 * bits) / (record.dense[2 * l] ?? Number.NaN);
    const by = isSimulated(record, l, s) ? "simulated: nothing stores it so" : "as it is stored";
    return html`<section>
      <h3>${setting} of ${layer}</h3>
      <p class="muted">${settingText(setting)}</p>
      <dl class="facts">
        ${measuresOf(record).map((measure) => {
          const value = measure.at(l, s);
          const isChance = isCost(measure, value) === false;
          return html`<dt>${measure.label}</dt>
            <dd>
              ${numberText(value)}${isChance ? html` <span class="muted">within the controls</span>` : nothing}
            </dd>`;
        })}
        <dt>Size of the kernel</dt>
        <dd>${short(share)}% <span class="muted">${by}</span></dd>
      </dl>
      <tfx-changed-maps
        .dashboard=${this.dashboard}
        .run=${run}
        .layer=${layer}
        .setting=${setting}
      ></tfx-changed-maps>
    </section>`;
  }
}

function legend(record: Sensitivity, measure: Measure) {
  const most = measure.unchanged + (measure.name === "kl" ? 1 : -1) * worst(record, measure);
  const isCostly = measure.name === "kl" || measure.name === "mean_abs_difference";
  const end = isCostly ? measure.unchanged + worst(record, measure) : most;
  const log = isCostly
    ? html` <span title="Equal ratios have equal steps of colour, over five powers of ten">log</span>`
    : nothing;
  return html`<span class="legend muted" role="img" aria-label="Colours: ${short(measure.unchanged)}, as it is, to ${short(end)}, the worst">
      <span>${short(measure.unchanged)} as it is</span
      ><span class="ramp" style="background: ${cssGradient(KERNEL_RAMP)}"></span
      ><span>${short(end)} worst${log}</span></span
    >`;
}

function controlsText(record: Sensitivity, measure: Measure) {
  return Number.isNaN(measure.chance)
    ? html`<span class="muted" title="Pass another training as control= to see what is normal variation">no control</span>`
    : html`<span class="legend" title="Farther from the model than ${record.controls.join(", ")}: no smaller difference is a cost"
        ><span class="far"></span><span class="muted">farther than any control</span></span
      >`;
}

define("tfx-sensitivity", SensitivityView);
