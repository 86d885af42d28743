/** What a model looks at, compared with its reference: which samples' maps moved how far. */

import { html, nothing } from "lit";
import {
  bandsOf,
  controlsOf,
  type DriftChoice,
  driftChoice,
  type ExplainedLayer,
  explainedLayers,
  type Moved,
  movedAt,
  NO_DRIFT,
  startOf,
} from "../../analysis/drift.ts";
import { axisOf, measureOf, ranked } from "../../analysis/drift-scores.ts";
import { epochText, withEpoch } from "../../analysis/epochs.ts";
import { className } from "../../analysis/filters.ts";
import { coefficient, plural } from "../../analysis/numbers.ts";
import { type Known, knownAt, partsOf } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import { ticksOf } from "../../draw/dots.ts";
import type { Fidelity } from "../../format/compressed.ts";
import { isControl, type ShownRun, sourcesOf } from "../../state/runs.ts";
import "./drift-list.ts";
import "./drift-run.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { driftStyles } from "./drift-styles.ts";
import { bandText, type DriftState, type Entry, noBandText } from "./drift-text.ts";

const MAX_CLASSES = 200;
const BAND_MEANING =
  "How far maps differ by chance. A tenth of the controls’ own values lie below, a tenth above.";

interface Row {
  readonly run: ShownRun;
  readonly moved: Moved | undefined;
  readonly fidelity: Known<Fidelity> | undefined;
}

export class DriftPanel extends PaintedPart {
  static override styles = [base, driftStyles];

  private choice = NO_DRIFT;
  /** The records that are shown, to tell whether others are wanted. */
  private readonly records = new Changes();

  override render() {
    const { scene, store, view, step } = this.dashboard;
    const { shown } = scene;
    this.choice = driftChoice(shown, store, view) ?? NO_DRIFT;
    const { choice } = this;
    const everyone = movedAt(scene.runs, store, choice.explained, choice.measure, step);
    const rows = this.rowsOf(everyone);
    this.records.differ(...recordsIn(rows, everyone));
    if (choice === NO_DRIFT && rows.length === 0) {
      return html`<p class="empty">No drift is logged in the shown runs: show others above.</p>`;
    }
    const moved = rows.flatMap((row) => row.moved ?? []);
    const axis = axisOf(
      choice.measure,
      moved.flatMap(({ scores }) => scores),
    );
    const controls = controlsOf(everyone);
    const state: DriftState = { choice, moved, controls, bands: bandsOf(controls), axis };
    return html`
      ${choice === NO_DRIFT ? nothing : this.controls(choice)}
      ${rows.length === 0 ? this.empty(choice.explained) : this.body(rows, state)}
    `;
  }

  /** Only where the playhead came to other records is there anything to draw anew. */
  paint(): void {
    const { scene, store, step } = this.dashboard;
    const { explained, measure } = this.choice;
    const everyone = movedAt(scene.runs, store, explained, measure, step);
    const records = recordsIn(this.rowsOf(everyone), everyone);
    if (this.records.differ(...records)) this.requestUpdate();
  }

  private rowsOf(moved: readonly Moved[]): Row[] {
    const { scene, store, step } = this.dashboard;
    return scene.shown
      .map((run) => ({
        run,
        moved: moved.find((one) => one.run.id === run.id),
        fidelity: sourcesOf(run)
          .map((source) => knownAt(store.get(source.run, "fidelity"), "fidelity", step))
          .find(({ record }) => record),
      }))
      .filter((row) => row.moved ?? row.fidelity);
  }

  private controls({ layers, explained, measures, measure }: DriftChoice) {
    const choose = (key: "drift" | "measure") => (event: Event) =>
      this.dashboard.update({ [key]: (event.target as HTMLSelectElement).value });
    return html`<div class="controls">
      <label
        >Maps
        <select aria-label="Maps to compare" @change=${choose("drift")}>
          ${layers.map(
            ({
              key,
              explainer,
              layer,
            }) => html`<option value=${key} ?selected=${key === explained.key}>
              ${explainer} · ${layer}
            </option>`,
          )}
        </select></label
      >
      <label
        >Measure
        <select aria-label="Measure of similarity" @change=${choose("measure")}>
          ${measures.map(
            (name) => html`<option value=${name} ?selected=${name === measure}>
              ${measureOf(name).label}
            </option>`,
          )}
        </select></label
      >
      <span class="meaning muted cut" title=${measureOf(measure).meaning}
        >${measureOf(measure).meaning}</span
      >
    </div>`;
  }

  private empty(explained: ExplainedLayer) {
    const { scene, store } = this.dashboard;
    const start = startOf(scene.shown, explained, store);
    if (!start) return html`<p class="empty">${store.busy ? "Loading…" : "No drift yet."}</p>`;
    return html`<p class="empty">
      Drift starts at epoch ${epochText(start.step)}${start.isReference ? ", the reference" : ""}.
      <button @click=${() => this.dashboard.seek(start.step)}>Go to epoch ${epochText(start.step)}</button>
    </p>`;
  }

  private body(rows: readonly Row[], state: DriftState) {
    return html`<div class="both">
      <div class="runs" tabindex="0" role="group" aria-label="Runs">
        ${state.moved.length > 0 ? this.key(state) : nothing}
        ${rows.map(
          ({ run, moved, fidelity }) => html`<tfx-drift-run
            .dashboard=${this.dashboard}
            .run=${run}
            .moved=${moved}
            .fidelity=${fidelity}
            .state=${state}
          ></tfx-drift-run>`,
        )}
        ${state.moved.length > 0 ? this.axis(state) : nothing} ${this.flips(rows)}
      </div>
      <div class="lists">${this.lists(state)}</div>
    </div>`;
  }

  private key(state: DriftState) {
    const { runs, shown } = this.dashboard.scene;
    const none = noBandText(state);
    const hidden = runs.filter(
      (run) => !shown.includes(run) && !isControl(run) && explainedLayers([run]).length > 0,
    ).length;
    return html`<p class="key">
      <span>● prediction as the reference’s</span><span>✕ changed</span>
      ${[...state.bands.values()].map(
        (band) => html`<span class="band" title=${BAND_MEANING}
          ><span class="swatch"></span> ${bandText(band)}</span
        >`,
      )}
      ${none ? html`<span>${none}</span>` : nothing}
      ${hidden > 0 ? html`<span>${plural(hidden, "more run has", "more runs have")} drift: show them above</span>` : nothing}
    </p>`;
  }

  private axis({ axis, choice }: DriftState) {
    return html`<div class="axis" aria-hidden="true">
      <span>${measureOf(choice.measure).label}</span>
      <div>
        ${ticksOf(axis).map(
          (tick, i) => html`<span style="left: ${25 * i}%">${coefficient(tick)}</span>`,
        )}
      </div>
    </div>`;
  }

  private lists(state: DriftState) {
    if (state.moved.length === 0) return html`<p class="empty">No maps to compare.</p>`;
    const models = state.moved.filter(({ drift }) => drift.role === "model");
    const entries = models.flatMap((moved) =>
      moved.scores.map((score): Entry => ({ ...score, moved })),
    );
    const none = "No sample whose maps can be compared.";
    const list = (heading: string, own: readonly Entry[], empty: string) =>
      html`<tfx-drift-list
        .dashboard=${this.dashboard}
        .entries=${ranked(own)}
        .state=${state}
        heading=${heading}
        empty=${own.length > 0 ? none : empty}
      ></tfx-drift-list>`;
    return html`
      ${list(
        "Focus moved most though the prediction stayed",
        entries.filter(({ agrees }) => agrees),
        "No prediction stayed.",
      )}
      ${list(
        "Prediction changed",
        entries.filter(({ agrees }) => !agrees),
        "No prediction changed.",
      )}
    `;
  }

  /** By class of the reference's prediction: how many of the whole data set changed. */
  private flips(rows: readonly Row[]) {
    const known = rows.filter(({ fidelity }) => (fidelity?.record?.counts.length ?? 0) > 0);
    if (known.length === 0) return nothing;
    const classes = Math.max(...known.map(({ fidelity }) => fidelity?.record?.counts.length ?? 0));
    const samples = rows.find(({ run }) => run.samples)?.run.samples;
    return html`<details>
      <summary>Changed predictions by class</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">as the reference predicts</th>
            ${known.map(({ run, fidelity }) => html`<th scope="col">${fidelity ? withEpoch(run.name, fidelity) : run.name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Array.from(
            { length: Math.min(classes, MAX_CLASSES) },
            (_, i) => html`<tr>
              <th scope="row">${className(samples, i)}</th>
              ${known.map(({ fidelity }) => html`<td>${flipText(fidelity?.record, i)}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
      ${classes > MAX_CLASSES ? html`<p>The first ${MAX_CLASSES} of ${classes}.</p>` : nothing}
    </details>`;
  }
}

function recordsIn(rows: readonly Row[], everyone: readonly Moved[]): unknown[] {
  return [
    ...rows.flatMap(({ run, fidelity }) => [run, ...(fidelity ? partsOf(fidelity) : [])]),
    ...everyone.flatMap(({ run, drift, isNow }) => [run, drift, isNow]),
  ];
}

function flipText(fidelity: Fidelity | undefined, index: number): string {
  const [flips, count] = [fidelity?.flips[index], fidelity?.counts[index]];
  return count === undefined ? "–" : `${flips} of ${count}`;
}

define("tfx-drift-panel", DriftPanel);
