/** Samples of all runs, the least alike first: what the marks say, as a list to go through. */

import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { measureOf } from "../../analysis/drift-scores.ts";
import { fromText } from "../../analysis/epochs.ts";
import { coefficient } from "../../analysis/numbers.ts";
import { define, Part } from "../frame/part.ts";
import {
  type DriftState,
  type Entry,
  labelOf,
  predictionText,
  showSample,
  sideOfEntry,
  sideText,
} from "./drift-text.ts";
import "../maps/picture.ts";
import { base } from "../frame/styles.ts";

const FEW = 20;

export class DriftList extends Part {
  static override properties = {
    entries: { attribute: false },
    state: { attribute: false },
    heading: {},
    empty: {},
    all: { state: true },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      h3 {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--panel);
        padding: 6px 0 4px;
        font-size: 12px;
        font-weight: 600;
      }
      h3 .muted {
        font-weight: 400;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li button {
        display: grid;
        grid-template-columns: 9px minmax(0, 76px) 26px minmax(0, 1fr) 44px;
        align-items: center;
        gap: 8px;
        width: 100%;
        padding: 2px 6px;
        border: 0;
        border-radius: 4px;
        background: none;
        font-size: 12px;
        line-height: 16px;
        text-align: left;
      }
      li button:hover,
      li button[aria-pressed="true"] {
        background: var(--accent-soft);
      }
      .banded button {
        grid-template-columns: 9px minmax(0, 76px) 26px minmax(0, 1fr) 44px 150px;
      }
      @media (max-width: 1100px) {
        li button {
          grid-template-columns: 9px 26px minmax(0, 1fr) 44px;
        }
        .banded button {
          grid-template-columns: 9px 26px minmax(0, 1fr) 44px 150px;
        }
        .run {
          position: absolute;
          width: 1px;
          clip-path: inset(50%);
        }
      }
      .side {
        white-space: nowrap;
      }
      .value {
        text-align: right;
        font-weight: 600;
      }
      .more {
        margin: 4px 0 8px;
        font-size: 12px;
      }
      p {
        font-size: 12px;
        padding-bottom: 8px;
      }
    `,
  ];
  declare entries: readonly Entry[];
  declare state: DriftState;
  declare heading: string;
  declare empty: string;
  declare all: boolean;

  override render() {
    const { entries, dashboard } = this;
    const { selected } = dashboard.scene;
    const only = selected.length === 1 ? selected[0] : undefined;
    const { label } = measureOf(this.state.choice.measure);
    return html`
      <h3>${this.heading} <span class="muted">${entries.length}, by ${label}</span></h3>
      ${entries.length === 0 ? html`<p class="muted">${this.empty}</p>` : nothing}
      <ol
        aria-label=${this.heading}
        class=${entries.some((entry) => sideOfEntry(this.state, entry)) ? "banded" : ""}
      >
        ${repeat(
          this.all ? entries : entries.slice(0, FEW),
          ({ moved, sample }) => `${moved.run.id}\n${sample}`,
          (entry) => this.item(entry, entry.sample === only),
        )}
      </ol>
      ${
        entries.length > FEW
          ? html`<button class="more" @click=${() => this.toggle()}>
            ${this.all ? `Show the first ${FEW}` : `Show all ${entries.length}`}
          </button>`
          : nothing
      }
    `;
  }

  private item(entry: Entry, isShown: boolean) {
    const { moved, sample, value } = entry;
    const side = sideOfEntry(this.state, entry);
    const label = labelOf(moved, sample);
    const predicted = predictionText(this.dashboard, entry);
    const from = fromText(moved);
    return html`<li>
      <button
        title="Show the maps of sample ${sample}"
        aria-pressed=${isShown}
        @click=${() => showSample(this.dashboard, entry)}
      >
        <span class="dot" style="background: ${moved.run.colour}"></span>
        <span class="run cut" title=${moved.run.name}>${moved.run.name}</span>
        <tfx-picture
          .dashboard=${this.dashboard}
          .run=${moved.run}
          .sample=${sample}
          .size=${26}
        ></tfx-picture>
        <span class="cut"
          ><span class="hidden">sample</span> <b class="sample">${sample}</b> ${label}
          ${predicted ? html`<span class="muted">predicted ${predicted}</span>` : nothing}
          ${from ? html`<span class="from muted">· ${from}</span>` : nothing}</span
        >
        <span class="value">${coefficient(value)}</span>
        ${
          side
            ? html`<span class="side ${side === "below" ? "" : "muted"}"
              >${sideText(this.state, entry)}</span
            >`
            : nothing
        }
      </button>
    </li>`;
  }

  private toggle(): void {
    this.all = !this.all;
  }
}

define("tfx-drift-list", DriftList);
