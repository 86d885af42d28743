/** The validation batch: which samples there are, how they fare now, which are selected. */

import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { className, type FilterName, labelsOf, labelText } from "../../analysis/filters.ts";
import { lacks } from "../../analysis/same-samples.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { matchingSamples } from "./matching.ts";
import "./picture.ts";
import "./prediction.ts";
import { base } from "../frame/styles.ts";

const MAX_LISTED = 200;
const MAX_CLASSES = 500;

const FILTERS: readonly (readonly [FilterName, text: string, title: string])[] = [
  ["all", "All", "All samples that were explained"],
  ["wrong", "Wrong now", "The predicted class is not the label, in any shown run at this epoch"],
  ["changed", "Changed", "The predicted class differs between epochs"],
];

export class SampleList extends PaintedPart {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--panel);
      }
      header {
        padding: 8px 12px;
        border-bottom: 1px solid var(--line);
        display: grid;
        gap: 6px;
      }
      h2 {
        font-size: 13px;
        font-weight: 600;
      }
      .title {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
      }
      .segments label {
        flex: 1;
        text-align: center;
        padding-inline: 4px;
        font-size: 12px;
      }
      select {
        max-width: none;
        width: 100%;
      }
      .actions {
        display: flex;
        gap: 12px;
      }
      .link {
        border: 0;
        background: none;
        padding: 0;
        font-size: 12px;
        color: var(--accent);
      }
      .link:hover {
        text-decoration: underline;
      }
      ul {
        list-style: none;
        overflow: auto;
        flex: 1;
        min-height: 0;
      }
      li {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 6px 12px;
        border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent);
      }
      li.chosen {
        background: var(--accent-soft);
      }
      .only {
        flex: 1;
        min-width: 0;
        display: flex;
        gap: 8px;
        align-items: center;
        text-align: left;
        border: 0;
        background: none;
        padding: 0;
      }
      .text {
        flex: 1;
        min-width: 0;
      }
      .label {
        display: flex;
        justify-content: space-between;
        gap: 6px;
        font-weight: 600;
      }
      .number {
        font-weight: 400;
        font-size: 11px;
        color: var(--muted);
      }
      .none {
        padding: 16px 12px;
        color: var(--muted);
      }
    `,
  ];

  private listed = "";

  override render() {
    const { scene, view } = this.dashboard;
    const listed = this.matching;
    this.listed = listed.join();
    return html`
      <header>
        <div class="title">
          <h2>Samples</h2>
          <span class="muted">${scene.selected.length} of ${scene.samples.length} shown</span>
        </div>
        ${
          scene.has.predictions
            ? html`<div class="segments" role="radiogroup" aria-label="Which samples to list">
              ${FILTERS.map((filter) => this.filter(...filter))}
            </div>`
            : nothing
        }
        ${this.classSelect()}
        <div class="actions">
          <button
            class="link"
            title="Show the maps of every sample in the list"
            @click=${() => this.select(listed)}
          >Show all listed</button>
          <button class="link" title="Show the maps of no sample" @click=${() => this.select([])}>Show none</button>
        </div>
      </header>
      <ul>
        ${repeat(
          listed.slice(0, MAX_LISTED),
          (sample) => sample,
          (sample) => this.item(sample, scene.selected.includes(sample)),
        )}
        ${
          listed.length > MAX_LISTED
            ? html`<li class="none">${listed.length - MAX_LISTED} more are not listed.</li>`
            : nothing
        }
        ${
          listed.length === 0
            ? html`<li class="none">${emptyText(view.filter, scene.samples.length)}</li>`
            : nothing
        }
      </ul>
    `;
  }

  /** "Wrong now" depends on the playhead: list anew only where that changes who is listed. */
  paint(): void {
    if (this.matching.join() !== this.listed) this.requestUpdate();
  }

  private get matching(): number[] {
    return matchingSamples(this.dashboard);
  }

  private filter(name: FilterName, text: string, title: string) {
    return html`<label title=${title}
      ><input
        type="radio"
        name="filter"
        .checked=${this.dashboard.view.filter === name}
        @change=${() => this.dashboard.update({ filter: name })}
      />${text}</label
    >`;
  }

  private classSelect() {
    const { scene, view } = this.dashboard;
    const samples = scene.shown.find((run) => run.samples?.labelKind === "class")?.samples;
    if (!samples) return nothing;
    const all = samples.rows.flatMap((_, sample) => labelsOf(samples, sample));
    const present = [...new Set(all)];
    const choose = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.dashboard.update({ classIndex: value === "" ? undefined : Number(value) });
    };
    return html`<select
      aria-label="Class of the label"
      title="List only samples whose label is this class"
      @change=${choose}>
      <option value="" ?selected=${view.classIndex === undefined}>every class</option>
      ${present
        .sort((a, b) => a - b)
        .slice(0, MAX_CLASSES)
        .map(
          (label) => html`<option value=${label} ?selected=${view.classIndex === label}>
            ${className(samples, label)}
          </option>`,
        )}
    </select>`;
  }

  private item(sample: number, chosen: boolean) {
    const { scene } = this.dashboard;
    const first = scene.shown.find(({ samples }) => !lacks(samples, sample));
    const label = labelText(first?.samples, sample);
    const { predictions } = scene.has;
    return html`
      <li class=${chosen ? "chosen" : ""}>
        <input
          type="checkbox"
          aria-label="Show sample ${sample} ${label}"
          title="Show or hide the maps of this sample"
          .checked=${chosen}
          @change=${() => this.toggle(sample)}
        />
        <button
          class="only"
          title="Show only this sample"
          @click=${() => this.showOnly(sample)}
        >
          <span class="hidden">Show only sample ${sample}</span>
          ${
            first
              ? html`<tfx-picture
                .dashboard=${this.dashboard}
                .run=${first}
                .sample=${sample}
                .size=${40}
              ></tfx-picture>`
              : nothing
          }
          <span class="text">
            <span class="label"
              ><span class="cut" title=${label}>${label || (predictions ? "–" : "sample")}</span><span class="number">${sample}</span></span
            >
            ${
              predictions
                ? scene.shown.map(
                    (run) => html`<tfx-prediction
                      .dashboard=${this.dashboard}
                      .run=${run}
                      .sample=${sample}
                    ></tfx-prediction>`,
                  )
                : nothing
            }
          </span>
        </button>
      </li>
    `;
  }

  /** Where a map is enlarged, it stays so, of the other sample. */
  private showOnly(sample: number): void {
    const { opened } = this.dashboard.view;
    this.dashboard.update({ samples: [sample], opened: opened && { ...opened, sample } });
  }

  private toggle(sample: number): void {
    const { selected } = this.dashboard.scene;
    this.select(
      selected.includes(sample) ? selected.filter((one) => one !== sample) : [...selected, sample],
    );
  }

  private select(samples: readonly number[]): void {
    this.dashboard.update({ samples: [...samples].sort((a, b) => a - b) });
  }
}

function emptyText(filter: FilterName, total: number): string {
  if (total === 0) return "No samples yet.";
  if (filter === "wrong") return "No sample is wrong at this epoch.";
  if (filter === "changed") return "No sample changed its predicted class.";
  return "No sample of this class.";
}

define("tfx-samples", SampleList);
