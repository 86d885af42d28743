/** Where the label lives: the mean input, and where predictions of each run follow what is exchanged. */

import { css, html, nothing } from "lit";
import { legendGradient } from "../../analysis/colours.ts";
import { chanceOf, EXCHANGE_HELP, whole } from "../../analysis/exchange-facts.ts";
import { className } from "../../analysis/filters.ts";
import { isRow } from "../../analysis/layouts.ts";
import type { Exchange } from "../../format/exchanged.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import "./exchange-map.ts";
import { exchangedInput, exchangeLimit, lastRecords } from "./exchange-records.ts";
import { exchangeTables } from "./exchange-table.ts";
import "./mean-input.ts";
import "./mean-maps.ts";

const GAP = 16;
const MOST = 220;
/** Rows of named bars are wider. */
const MOST_BARS = 320;
const LEAST = 120;
/** Of wide rooms, what is left to the samples at its side. */
const SHARE = 0.52;
const WIDE = 1100;
/** Of the height of the window: the timeline has its room, and below, the samples have theirs. */
const HIGH = 0.26;
const LOW = 0.17;

function roomOf({ view }: Dashboard): number {
  return view.beside ? innerWidth / 2 : innerWidth;
}

/** Whether the samples stand at the side, not below. */
function isWide(dashboard: Dashboard): boolean {
  return roomOf(dashboard) > WIDE;
}

/** Whether a mean input stands beside the runs; a guess keeps its room until the records came. */
function isMeanShown({ scene }: Dashboard, records: Exchange[]): boolean {
  if (records.length > 0) return records.some(({ mean }) => mean);
  return scene.evidence !== undefined && !isRow(scene.evidence.layout);
}

export class ExchangePanel extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        padding: 12px 16px;
        min-width: 0;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-bottom: 8px;
      }
      h2,
      h3 {
        font-size: 13px;
        font-weight: 600;
      }
      h3 {
        display: flex;
        gap: 6px;
        align-items: center;
        margin-bottom: 4px;
      }
      .maps {
        display: flex;
        flex-wrap: wrap;
        gap: 10px 16px;
      }
      select,
      .table {
        font-size: 12px;
        padding: 1px 4px;
      }
      .end {
        margin-left: auto;
        display: flex;
        gap: 8px;
        align-items: center;
      }
      .aside {
        flex: 1 1 260px;
        min-width: 260px;
      }
      .scale {
        margin: 4px 0 12px;
        max-width: 460px;
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
      }
      .bar {
        position: relative;
        height: 8px;
        border: 1px solid var(--line);
        border-radius: 2px;
      }
      .bar i {
        position: absolute;
        top: -3px;
        bottom: -3px;
        border-left: 2px solid var(--text);
      }
      .ends {
        display: flex;
        justify-content: space-between;
        gap: 8px;
      }
      [popover] {
        max-width: 380px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--panel);
        color: var(--text);
        padding: 12px 14px;
        box-shadow: 0 6px 24px rgb(0 0 0 / 22%);
      }
      #numbers {
        max-width: none;
        max-height: 80vh;
        overflow: auto;
        font-size: 12px;
      }
      caption {
        text-align: left;
        font-weight: 600;
        padding: 6px 0;
      }
      td {
        text-align: right;
      }
    `,
  ];

  private readonly onSeek = (): void => {
    if (this.find("#numbers")?.matches(":popover-open")) this.requestUpdate();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.addEventListener("seek", this.onSeek);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.removeEventListener("seek", this.onSeek);
  }

  override render() {
    const { dashboard } = this;
    const { shown } = dashboard.scene;
    const input = exchangedInput(dashboard);
    if (input === undefined) return nothing;
    const records = lastRecords(dashboard, input);
    const hasMean = isMeanShown(dashboard, records);
    const tiles = shown.length + (hasMean ? 1 : 0);
    const size = this.size(tiles, hasMean ? MOST : MOST_BARS);
    const across = Math.min(tiles * (size + GAP) - GAP, SHARE * roomOf(dashboard));
    const width = isWide(dashboard) ? `${across}px` : "100%";
    return html`
      <header>
        <h2>Where the label lives</h2>
        <button
          class="help"
          popovertarget="help"
          aria-label="About where the label lives"
          title="What this answers, and how to read it"
        >
          ?
        </button>
        <span class="end">
          ${this.classSelect(input)}
          <button
            class="table"
            data-screen
            popovertarget="numbers"
            title="The same as numbers"
            @click=${() => this.requestUpdate()}
          >
            Numbers
          </button>
        </span>
      </header>
      <div class="maps" style="max-width: ${width}">
        ${
          hasMean
            ? html`<tfx-mean-input .dashboard=${dashboard} .input=${input} .size=${size}>
            </tfx-mean-input>`
            : nothing
        }
        ${shown.map(
          (
            run,
          ) => html`<section aria-label="Where the label lives, ${run.name}" style="width: ${size}px">
            <h3><span class="dot" style="background: ${run.colour}"></span
              ><span class="cut" title=${run.name}>${run.name}</span></h3>
            <tfx-exchange-map .dashboard=${dashboard} .run=${run} .input=${input} .size=${size}>
            </tfx-exchange-map>
          </section>`,
        )}
        <div class="aside">
          ${this.scale(input)}
          <slot></slot>
        </div>
      </div>
      ${
        hasMean && isWide(dashboard)
          ? html`<tfx-mean-maps .dashboard=${dashboard} .size=${Math.round(size / 2)} .column=${size}>
          </tfx-mean-maps>`
          : nothing
      }
      <div id="help" popover><p><b>${EXCHANGE_HELP.answers}</b> ${EXCHANGE_HELP.reading}</p></div>
      <div id="numbers" popover tabindex="0">${exchangeTables(dashboard, input)}</div>
    `;
  }

  /** How large maps are for all of them to stand side by side. */
  private size(tiles: number, most: number): number {
    const fits = (roomOf(this.dashboard) * (isWide(this.dashboard) ? SHARE : 1) - 2 * GAP) / tiles;
    const height = innerHeight * (isWide(this.dashboard) ? HIGH : LOW);
    return Math.round(Math.max(LEAST, Math.min(most, fits - GAP, height)));
  }

  private scale(input: string) {
    const { dashboard } = this;
    const limit = exchangeLimit(dashboard, input);
    const records = lastRecords(dashboard, input);
    if (!(limit > 0)) return nothing;
    const chance = Math.max(0, ...records.map(chanceOf));
    const what = records.some(({ isOfValues }) => isOfValues)
      ? "share of the gap that moves, mean of all windows over a place"
      : "predictions that follow, mean of all windows over a place";
    const label = `Colour scale: ${what}, 0 to ${whole(limit)}, chance ${whole(chance)}`;
    const at = `${Math.min(100, (100 * chance) / limit)}%`;
    return html`<div class="scale">
      <div
        class="bar"
        role="img"
        aria-label=${label}
        style="background: ${legendGradient(dashboard.view.sequential)}"
      >
        <i style="left: ${at}" title="chance ${whole(chance)}"></i>
      </div>
      <div class="ends">
        <span>0</span><span>${what}; tick: chance</span><span>${whole(limit)}</span>
      </div>
    </div>`;
  }

  private classSelect(input: string) {
    const { view } = this.dashboard;
    const { shown } = this.dashboard.scene;
    const [record] = lastRecords(this.dashboard, input);
    const classes = [...(record?.byClass.length ? record.classes : [])];
    if (classes.length < 2) return nothing;
    const samples = shown.find((run) => run.samples)?.samples;
    const choose = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.dashboard.update({ given: value === "" ? undefined : Number(value) });
    };
    return html`<select aria-label="Windows of class" title="Only windows of samples of this class" @change=${choose}>
      <option value="" ?selected=${view.given === undefined}>windows of every class</option>
      ${classes.map(
        (index) => html`<option value=${index} ?selected=${view.given === index}>
          windows of ${className(samples, index)}
        </option>`,
      )}
    </select>`;
  }
}

define("tfx-exchange", ExchangePanel);
