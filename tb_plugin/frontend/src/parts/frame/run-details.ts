/** How the runs were made: chosen defaults, explainers' settings, costs, versions. */

import { css, html, nothing } from "lit";
import { costsOf } from "../../analysis/costs.ts";
import { keptEpochs } from "../../analysis/epochs.ts";
import type { Run } from "../../data/listing.ts";
import { recordsOf } from "../../data/series.ts";
import { lineStyles } from "../../draw/line-figure.ts";
import type { ShownRun } from "../../state/runs.ts";
import { costTable } from "./cost-table.ts";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";
import { trainingDetails } from "./training-details.ts";

const MAX_ROWS = 60;
const EXPLAINED: readonly string[] = ["map", "matrix", "picture", "channels"];
type Rows = readonly (readonly [string, string])[];

export class RunDetails extends Part {
  static override styles = [
    base,
    lineStyles,
    css`
      dialog {
        width: min(860px, 92vw);
        max-height: 86vh;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--panel);
        color: var(--text);
        padding: 0;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      header {
        position: sticky;
        top: 0;
        background: var(--panel);
        display: flex;
        justify-content: space-between;
        align-items: center;
        padding: 12px 20px;
        border-bottom: 1px solid var(--line);
      }
      h2 {
        font-size: 15px;
        font-weight: 600;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        margin: 16px 0 4px;
        display: flex;
        gap: 6px;
        align-items: center;
      }
      h4 {
        font-size: 12px;
        font-weight: 600;
        margin: 10px 0 2px;
      }
      .body {
        padding: 4px 20px 20px;
      }
      td {
        overflow-wrap: anywhere;
      }
      th {
        min-width: 130px;
      }
      .costs th[scope="col"],
      .costs td {
        text-align: right;
        white-space: nowrap;
      }
      .costs th[scope="col"]:first-child {
        text-align: left;
      }
      .layers .number {
        text-align: right;
      }
      summary {
        cursor: pointer;
        margin-top: 6px;
      }
      kbd {
        border: 1px solid var(--line);
        border-radius: 4px;
        padding: 0 5px;
        font: inherit;
        font-size: 12px;
      }
    `,
  ];

  override firstUpdated(): void {
    this.show();
  }

  show(): void {
    this.requestUpdate();
    void this.updateComplete.then(() => this.find<HTMLDialogElement>("dialog")?.showModal());
  }

  override render() {
    const { scene, store } = this.dashboard;
    return html`<dialog aria-label="Details">
      <header>
        <h2>Details</h2>
        <button @click=${() => this.find<HTMLDialogElement>("dialog")?.close()}>Close</button>
      </header>
      <div class="body">
        ${scene.shown.map((run) => this.run(run))}
        <h3>Keys</h3>
        <p>
          <kbd>←</kbd> <kbd>→</kbd> epoch by epoch, <kbd>Home</kbd> <kbd>End</kbd> first and last,
          <kbd>Space</kbd> plays, <kbd>Enter</kbd> on a map enlarges it, arrows in the enlarged map
          move the cursor, <kbd>Esc</kbd> goes back.
        </p>
        <p class="muted">
          tfexplain ${store.listing?.pluginVersion}, log format ${store.listing?.format}
        </p>
      </div>
    </dialog>`;
  }

  private run(run: ShownRun) {
    const { store, step } = this.dashboard;
    const explainers = run.run.groups.filter(({ kind }) => EXPLAINED.includes(kind));
    const { compression } = run;
    return html`
      <h3><span class="dot" style="background: ${run.colour}"></span>${run.name}</h3>
      ${
        explainers.length > 0
          ? rows([["kept epochs", this.kept(run)], ...Object.entries(run.samples?.settings ?? {})])
          : nothing
      }
      ${trainingDetails(this.dashboard, run)}
      ${explainers.slice(0, MAX_ROWS).map(
        ({ explainer, layer, content }) => html`
          <h4>${explainer} · ${layer}</h4>
          ${rows([
            ["map", `${content.shape.join("×")}, in ${content.unit || "no unit"}`],
            ...Object.entries(content.settings),
          ])}
        `,
      )}
      ${costTable(costsOf(store.get(run.id, "status"), step), "explaining")}
      ${this.compression(compression)} ${this.health(run.health)}
    `;
  }

  private compression(compression: Run | undefined) {
    if (!compression) {
      return html`<p class="muted">
        No compression was logged: add Compression(log_dir=...) to the callbacks.
      </p>`;
    }
    const { store, step } = this.dashboard;
    const content = compression.groups.find(({ kind }) => kind === "kernels")?.content;
    return html`<h4>Compression</h4>
      ${rows(Object.entries(content?.settings ?? {}))}
      ${costTable(costsOf(store.get(compression.run, "status"), step), "measuring")}`;
  }

  /** Of what the gradients are, and how often they are taken. */
  private health(health: Run | undefined) {
    if (!health) return nothing;
    const { store, step } = this.dashboard;
    const content = health.groups.find(({ kind }) => kind === "health")?.content;
    return html`<h4>Health</h4>
      ${rows(Object.entries(content?.settings ?? {}))}
      ${costTable(costsOf(store.get(health.run, "status"), step), "measuring")}`;
  }

  private kept({ id }: ShownRun): string {
    const series = this.dashboard.store.get(id, "predictions");
    const steps = series?.points.map((point) => point.step) ?? [];
    const { kept, explained } = keptEpochs(steps, recordsOf(series, "predictions"));
    return `${kept} of ${explained}`;
  }
}

function rows(entries: Rows) {
  if (entries.length === 0) return nothing;
  return html`<table>
    ${entries
      .slice(0, MAX_ROWS)
      .map(([key, value]) => html`<tr><th scope="row">${key}</th><td>${value}</td></tr>`)}
  </table>`;
}

define("tfx-details", RunDetails);
