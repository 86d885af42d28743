/** Rows that compression changes: a list whose entries open the maps of all models. */

import { html, nothing } from "lit";
import { exemplarsText, saidText } from "../../analysis/payers.ts";
import type { Exemplars } from "../../format/paid.ts";
import type { ShownRun } from "../../state/runs.ts";
import "../maps/picture.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { panelStyles } from "../kernels/panel-styles.ts";
import { payersStyles } from "./payers-styles.ts";

const FEW = 12;
/** Beside each other; the first ones of each population. */
const MOST_RUNS = 6;
const MEANING =
  "Compression-identified exemplars (Hooker et al. 2019). Where there are few models, a row may be among them by chance.";

export class ExemplarList extends Part {
  static override properties = {
    run: { attribute: false },
    record: { attribute: false },
    all: { state: true },
  };
  static override styles = [base, panelStyles, payersStyles];
  /** Whose numbering of samples the record has. */
  declare run: ShownRun;
  declare record: Exemplars;
  declare all: boolean;

  override render() {
    const { record } = this;
    const { rows, total, drawn, samples } = record;
    const count = this.all ? rows.length : Math.min(FEW, rows.length);
    const behind = samples.filter((sample) => sample >= drawn).length;
    return html`<section>
      <h3>Rows that compression changes</h3>
      <p title=${MEANING}>${exemplarsText(record)}</p>
      ${rows.length > 0 ? html`<p class="muted">Click one to see what each model looks at.</p>` : nothing}
      ${
        behind > 0
          ? html`<p class="muted">
            ${behind} of them are explained for this list, beside the drawn samples: no similarity and no metric of maps counts them.
          </p>`
          : nothing
      }
      <ol aria-label="Rows that compression changes">
        ${rows.slice(0, count).map((row, i) => this.item(row, i))}
      </ol>
      ${
        rows.length > FEW
          ? html`<button class="more" aria-expanded=${this.all} @click=${() => this.toggle()}>
            ${this.all ? `Show the first ${FEW}` : `Show ${rows.length === total ? "all" : "the first"} ${rows.length}`}
          </button>`
          : nothing
      }
      ${total > rows.length && (this.all || rows.length <= FEW) ? html`<p class="muted">The log holds the surest ${rows.length} of ${total}.</p>` : nothing}
    </section>`;
  }

  private item(row: number, i: number) {
    const { labels, groups, dense, compressed, shares, samples } = this.record;
    const { denseModels, compressedModels } = this.record;
    const own = samples[i] ?? -1;
    const told = [
      `row ${row}`,
      labels[i] ? `label ${labels[i]}` : "",
      groups[i] ? `group ${groups[i]}` : "",
    ].filter(Boolean);
    const before = saidText(dense[i] ?? "", shares[2 * i] ?? 0, denseModels.length);
    const after = saidText(compressed[i] ?? "", shares[2 * i + 1] ?? 0, compressedModels.length);
    const text = html`<span
      ><b>${before} → ${after}</b><br /><span class="muted">${told.join(" · ")}${own < 0 ? " · not explained" : ""}</span></span
    >`;
    if (own < 0) return html`<li><span class="row"><span></span>${text}</span></li>`;
    const { scene, store } = this.dashboard;
    const sample = store.sharedNumber(this.run.id, own);
    const isShown = scene.selected.length === 1 && scene.selected[0] === sample;
    return html`<li>
      <button
        title="Show the maps of row ${row} by dense and compressed models"
        aria-pressed=${isShown}
        @click=${() => this.show(sample)}
      >
        <tfx-picture .dashboard=${this.dashboard} .run=${this.run} .sample=${sample} .size=${28}></tfx-picture>
        ${text}
      </button>
    </li>`;
  }

  /** Its maps alone, of dense and of compressed models beside each other. */
  private show(sample: number): void {
    const { scene } = this.dashboard;
    const { denseModels, compressedModels } = this.record;
    const [dense, compressed] = [denseModels, compressedModels].map((names) =>
      scene.runs.filter(({ name }) => names.includes(name)),
    ) as [ShownRun[], ShownRun[]];
    const half = MOST_RUNS / 2;
    const runs = [
      ...dense.slice(0, Math.max(half, MOST_RUNS - compressed.length)),
      ...compressed.slice(0, Math.max(half, MOST_RUNS - dense.length)),
    ];
    this.dashboard.update({
      view: "samples",
      beside: undefined,
      samples: [sample],
      filter: "all",
      runs: runs.length > 0 ? runs.map(({ id }) => id) : this.dashboard.view.runs,
    });
  }

  private toggle(): void {
    this.all = !this.all;
  }
}

define("tfx-exemplars", ExemplarList);
