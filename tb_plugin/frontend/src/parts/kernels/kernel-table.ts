/** Every kernel of every shown run at the playhead's epoch, sortable, and as a CSV file. */

import { html, nothing } from "lit";
import { metricOf, metricText } from "../../analysis/compression.ts";
import { fileText } from "../../analysis/epochs.ts";
import {
  cellOf,
  csvOf,
  knownMetrics,
  nextSort,
  rowsOf,
  type Source,
  sorted,
  type TableRow,
  TEXT_COLUMNS,
} from "../../analysis/kernel-rows.ts";
import { originText, whenText } from "../../analysis/moments.ts";
import { plural } from "../../analysis/numbers.ts";
import { knownAt, recordsOf } from "../../data/series.ts";
import { allowsDownloads } from "../../host.ts";
import { compressed } from "../../state/scene.ts";
import { download, type Offer } from "../frame/offer.ts";
import { PacedPart } from "../frame/paced-part.ts";
import { define } from "../frame/part.ts";
import { nameText, pathText } from "../frame/path-text.ts";
import { base } from "../frame/styles.ts";
import { tableStyles } from "./kernel-table-styles.ts";

const MAX_ROWS = 2000;
const LABELS: Readonly<Record<string, string>> = { name: "kernel", run: "run" };

export class KernelTable extends PacedPart {
  static override styles = [base, tableStyles];

  private isWhole = false;

  override render() {
    const { sources, columns } = this;
    const rows = sorted(rowsOf(sources, this.dashboard.scene.kernels), this.dashboard.view.sort);
    return html`
      <div class="bar">
        <span class="when">${this.when(sources)}</span>
        <label data-screen><input type="checkbox" .checked=${this.isWhole} @change=${this.toggle} /> all metrics</label>
        <button data-screen class="download" ?disabled=${rows.length === 0} @click=${this.download}>
          Download CSV
        </button>
      </div>
      <div class="scroll" tabindex="0" role="group" aria-label="Table of kernels">
        <table>
          <thead>
            <tr>
              ${columns.map((column) => this.header(column))}
            </tr>
          </thead>
          <tbody>
            ${rows.slice(0, MAX_ROWS).map((row) => this.row(row, columns))}
          </tbody>
          <tfoot>
            ${sources.map((source) => this.totals(source, columns))}
          </tfoot>
        </table>
        ${
          rows.length > MAX_ROWS
            ? html`<p class="muted">
              The first ${MAX_ROWS} of ${plural(rows.length, "row")}; the CSV file has them all.
            </p>`
            : nothing
        }
      </div>
      <tfx-offer></tfx-offer>
    `;
  }

  private when(sources: readonly Source[]): string {
    const { step } = this.dashboard;
    const texts = new Set(
      sources.flatMap(({ record, isNow }) => (isNow ? [whenText(record, step)] : [])),
    );
    // What is not the same for all runs is said of each.
    const [all] = texts.size === 1 ? texts : [];
    const now = (all ?? whenText(undefined, step)).replace("e", "E");
    const others = sources
      .filter((source) => !source.isNow || !all)
      .filter(originText)
      .map((source) => `${source.name} ${originText(source)}`);
    return [now, ...others].join("; ");
  }

  private header(column: string) {
    const { sort } = this.dashboard.view;
    const order = sort?.column !== column ? "none" : sort.descending ? "descending" : "ascending";
    const { label, meaning } = metricOf(column);
    const isText = isWords(column);
    const sign = { none: "", descending: " ↓", ascending: " ↑" }[order];
    return html`<th scope="col" aria-sort=${order} class=${isText ? "" : "number"}>
      <button
        title=${isText ? nothing : meaning}
        @click=${() => this.dashboard.update({ sort: nextSort(sort, column) })}
      >
        ${LABELS[column] ?? label}<span aria-hidden="true">${sign}</span>
      </button>
    </th>`;
  }

  private row(row: TableRow, columns: readonly string[]) {
    const { name } = row;
    const isChosen = name === this.dashboard.scene.layer;
    return html`<tr class=${isChosen ? "chosen" : ""} @click=${() => this.dashboard.selectLayer(name)}>
      ${columns.map((column) => {
        if (column === "name") {
          return html`<th scope="row">
            <button class="kernel" title=${row.row.name} aria-pressed=${isChosen}>${pathText(this.dashboard.scene.layerText(name))}</button>
          </th>`;
        }
        if (column === "run") return html`<td>${who(row.source)}</td>`;
        const cell = cellOf(row, column);
        return typeof cell === "string"
          ? html`<td title=${row.row.note || nothing}>${cell}</td>`
          : html`<td class="number">${metricText(metricOf(column).unit, cell)}</td>`;
      })}
    </tr>`;
  }

  /** The totals of one run, one line for each part of the model, and what they are totals of. */
  private totals(source: Source, columns: readonly string[]) {
    const { totals, denominators } = source.record ?? {};
    return [...(totals ?? [])].map(
      ([part, sums]) => html`<tr>
          ${columns.map((column) => {
            if (column === "name") return html`<th scope="row">total ${part}</th>`;
            if (column === "run") return html`<td>${who(source)}</td>`;
            if (isWords(column)) return html`<td></td>`;
            const text = metricText(metricOf(column).unit, sums.get(column) ?? Number.NaN);
            return html`<td class="number">${text}</td>`;
          })}
        </tr>
        <tr class="of">
          <td class="muted" colspan=${columns.length}>of ${denominators?.get(part)}</td>
        </tr>`,
    );
  }

  // ------------------------------------------------------------------ what is shown

  private get sources(): Source[] {
    const { scene, step } = this.dashboard;
    return compressed(scene).map((run) => {
      const { id, name, colour } = run;
      const known = knownAt(this.dashboard.kernels(run), "kernels", step);
      return { ...known, run: id, name, colour };
    });
  }

  private get columns(): readonly string[] {
    const runs = compressed(this.dashboard.scene);
    const records = runs.flatMap((run) => recordsOf(this.dashboard.kernels(run), "kernels"));
    const words = TEXT_COLUMNS.filter((column) => column !== "run" || runs.length > 1);
    return [...words, ...knownMetrics(records, this.isWhole)];
  }

  private toggle(event: Event): void {
    this.isWhole = (event.target as HTMLInputElement).checked;
    this.requestUpdate();
  }

  private download(): void {
    const { scene, step, view } = this.dashboard;
    const text = csvOf(sorted(rowsOf(this.sources, scene.kernels), view.sort));
    const isAllowed = allowsDownloads();
    const offer = this.find<Offer>("tfx-offer");
    if (isAllowed === false) {
      void offer?.show("The frame that this page is in does not allow downloads.", text);
      return;
    }
    const file = new Blob([text], { type: "text/csv" });
    download(file, `compression-epoch-${fileText(step)}.csv`);
    if (isAllowed) return;
    const why = "No file? The frame that this page is in may not have allowed the download.";
    void offer?.show(why, text);
  }
}

function isWords(column: string): boolean {
  return TEXT_COLUMNS.some((name) => name === column);
}

function who(source: Source) {
  const { name, colour } = source;
  const from = originText(source);
  return html`<span class="who" title=${name}
      ><span class="dot" style="background: ${colour}"></span>${nameText(name)}</span
    >${from ? html` <span class="muted from">${from}</span>` : nothing}`;
}

define("tfx-kernel-table", KernelTable);
