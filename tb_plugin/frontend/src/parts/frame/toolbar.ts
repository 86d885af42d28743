/** What is shown: runs, explainers and layers; the link to it. */

import { css, html, nothing } from "lit";
import { isInCell } from "../../host.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import "./kind-controls.ts";
import { Later } from "./later.ts";
import { differenceControl, lookControls } from "./map-controls.ts";
import { copyText, type Offer } from "./offer.ts";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";
import { isInSight, viewTabs } from "./views.ts";

const MAX_CHIPS = 60;
const exporting = new Later("The export", () => import("./export-menu.ts"));

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
      .how select,
      .what select {
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
      .line.top > .group {
        max-width: 50%;
      }
      .end {
        margin-left: auto;
      }
      /* Runs stand beside the views, what is shown of them below. */
      @media (max-width: 1700px) {
        .line.top {
          flex-wrap: wrap;
          column-gap: 10px;
        }
        .line.top > .group {
          flex: 1 1 160px;
        }
        .what {
          order: 1;
          flex-basis: 100%;
          gap: 6px 14px;
        }
        .end button {
          padding-inline: 8px;
        }
      }
      .split[aria-pressed="true"] {
        background: var(--accent-soft);
        color: var(--accent);
        border-color: color-mix(in srgb, var(--accent) 45%, transparent);
      }
      .views {
        display: flex;
        flex: none;
        border: 1px solid var(--line);
        border-radius: 6px;
        overflow: hidden;
      }
      .views button {
        border: 0;
        border-radius: 0;
        padding: 3px 11px;
        color: var(--muted);
      }
      .views [aria-selected="true"] {
        background: var(--accent-soft);
        color: var(--accent);
        font-weight: 500;
      }
      .views button:focus-visible {
        outline-offset: -2px;
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
      #export {
        inset: 44px 16px auto auto;
        margin: 0;
        max-width: 340px;
        white-space: normal;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--panel);
        color: var(--text);
        padding: 12px 14px;
        box-shadow: 0 6px 24px rgb(0 0 0 / 22%);
      }
      .end {
        display: inline-flex;
        white-space: nowrap;
        gap: 6px;
      }
    `,
  ];

  private copied = false;
  /** Whether an export was asked for. */
  private isExporting = false;
  /** Whether the drawer of the maps' look is open. */
  private isOpen = false;

  private toggle(): void {
    this.isOpen = !this.isOpen;
    this.requestUpdate();
  }

  override render() {
    const isMaps = isInSight(this.dashboard, "samples");
    const isOpen = this.isOpen && isMaps;
    return html`
      <div class="line top">
        <h1>Explain</h1>
        ${viewTabs(this.dashboard)}
        ${this.runChips()}
        ${
          isMaps
            ? html`<div class="what">
              ${this.columnChips()} ${differenceControl(this.dashboard)}
              <tfx-kind-controls .dashboard=${this.dashboard}></tfx-kind-controls>
            </div>`
            : nothing
        }
        <span class="end">
          ${isMaps ? this.lookButton(isOpen) : nothing}
          ${isInCell() ? nothing : this.linkButton()}
          ${this.exportMenu()}
          <button
            title="Settings, costs and problems of each run"
            @click=${() => this.dispatchEvent(new Event("details"))}
          >
            Details
          </button>
        </span>
        <span class="hidden" role="status">${this.copied ? "Link copied" : ""}</span>
        <tfx-offer></tfx-offer>
      </div>
      ${isOpen ? html`<div class="line how" id="how">${lookControls(this.dashboard)}</div>` : nothing}
    `;
  }

  private linkButton() {
    return html`<button title="Copy a link to what the page shows now" @click=${this.copy}>
      ${this.copied ? "Link copied" : "Copy link"}
    </button>`;
  }

  private lookButton(isOpen: boolean) {
    return html`<button
      aria-expanded=${isOpen}
      aria-controls=${isOpen ? "how" : nothing}
      title="Colours, scale and size of the maps"
      @click=${this.toggle}
    >
      Look
    </button>`;
  }

  private exportMenu() {
    return html`<button popovertarget="export" title="Save what is in sight as a picture">
        Export
      </button>
      <div id="export" popover @beforetoggle=${this.startExport}>
        ${
          this.isExporting
            ? exporting.render(
                this,
                () => html`<tfx-export .dashboard=${this.dashboard}></tfx-export>`,
              )
            : nothing
        }
      </div>`;
  }

  private startExport(): void {
    this.isExporting = true;
    this.requestUpdate();
  }

  private runChips() {
    const { runs } = this.dashboard.scene;
    return html`<div class="group" role="group" aria-label="Runs">
      <span class="name">Runs</span>
      ${runs.slice(0, MAX_CHIPS).map((run) => this.runChip(run))}
      ${
        runs.length > MAX_CHIPS
          ? html`<span class="muted">${runs.length - MAX_CHIPS} more not listed</span>`
          : nothing
      }
    </div>`;
  }

  private runChip(run: ShownRun) {
    const { shown } = this.dashboard.scene;
    const on = shown.some(({ id }) => id === run.id);
    const ids = shown.map(({ id }) => id);
    const runs = on ? ids.filter((id) => id !== run.id) : [...ids, run.id];
    return html`<label class="chip" title="Show or hide the run ${run.id}">
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
    return html`<label class="chip" title="Show or hide ${column.explainer} at ${column.layer}">
      <input
        type="checkbox"
        .checked=${on}
        @change=${() => this.dashboard.update({ groups: next })}
      />
      <span class="cut">${this.dashboard.scene.layerText(column.layer)}</span>
    </label>`;
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

define("tfx-toolbar", Toolbar);
