/** Who pays for a compression: classes and groups beside the controls, the rows that change, shared masks. */

import { html, nothing, type PropertyDeclarations } from "lit";
import { plural } from "../../analysis/numbers.ts";
import {
  type Cost,
  endsText,
  headline,
  intervalText,
  measuresOf,
  measureText,
  type Part as PartOfRows,
  partsOf,
  scaleOf,
  sharedOf,
  sideOf,
  valueText,
} from "../../analysis/payers.ts";
import "../../format/paid.ts";
import type { Payers } from "../../format/paid.ts";
import type { ShownRun } from "../../state/runs.ts";
import { recordedAt } from "../data/recorded.ts";
import { whoText } from "../data/who.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { panelStyles } from "../kernels/panel-styles.ts";
import "./exemplar-list.ts";
import { payersStyles } from "./payers-styles.ts";

const FEW = 8;
const WORDS = {
  worse: "worse than any control: the whole interval lies below",
  better: "better than any control: the whole interval lies above",
  within: "not told from what the controls have",
} as const;

interface Known {
  readonly run: ShownRun;
  readonly record: Payers;
}

export class PayersView extends Part {
  static override properties: PropertyDeclarations = {
    measure: { state: true },
    all: { state: true },
  };
  static override styles = [base, panelStyles, payersStyles];

  declare measure: string | undefined;
  declare all: boolean;

  override render() {
    const { shown } = this.dashboard.scene;
    const known = shown.flatMap((run): Known[] => {
      const { record } = recordedAt(this.dashboard, run, "payers");
      return record ? [{ run, record }] : [];
    });
    const measures = measuresOf(known.map(({ record }) => record));
    const measure = measures.find((name) => name === this.measure) ?? measures[0];
    return html`
      ${measure === undefined ? nothing : this.bar(known, measures, measure)}
      <div class="room">
        <div class="scroll" tabindex="0" role="group" aria-label="Classes and groups">
          ${measure === undefined ? this.none() : this.parts(known, measure)}
        </div>
        <div class="side" tabindex="0" role="group" aria-label="Rows that change, and shared weights">
          ${this.exemplars()} ${this.masks()}
        </div>
      </div>
    `;
  }

  private none() {
    const { store } = this.dashboard;
    const text = store.busy
      ? "Loading…"
      : "None of the shown runs is a compressed model of classes: show others above.";
    return html`<p class="muted">${text}</p>`;
  }

  private bar(known: readonly Known[], measures: readonly string[], measure: string) {
    const hasBand = known.some(({ record }) => record.bands.some(Number.isFinite));
    return html`<div class="bar">
      <label
        ><span class="muted">Measure</span>
        <select
          aria-label="Measure"
          @change=${(event: Event) => {
            this.measure = (event.target as HTMLSelectElement).value;
          }}
        >
          ${measures.map(
            (name) =>
              html`<option value=${name} ?selected=${name === measure}>${measureText(name)}</option>`,
          )}
        </select></label
      >
      <span class="legend muted"><span class="line"></span>95% interval</span>
      ${
        hasBand
          ? html`<span class="legend muted"><span class="swatch"></span>what controls have</span>
            <span class="legend muted"><span class="ring"></span>pays more than any control</span>`
          : nothing
      }
    </div>`;
  }

  private parts(known: readonly Known[], measure: string) {
    const records = known.map(({ run, record }) => [run.name, record] as const);
    const parts = partsOf(records, measure);
    const scale = scaleOf(parts, measure);
    const [classes, groups] = [false, true].map((is) => parts.filter((one) => one.isGroup === is));
    const references = [...new Set(known.map(({ record }) => record.reference))].join(", ");
    return html`<p class="headline" role="status">${headline(parts, measure)}</p>
      <table class="costs">
        <thead>
          <tr>
            <th scope="col" class="part">worst first</th>
            <th scope="col" class="rows">rows</th>
            ${known.map(
              ({ run }) => html`<th scope="col">
                <span class="head">${whoText(run)}</span>
                <span class="ends"
                  ><span>← ${endsText(measure)[0]}</span><span>${endsText(measure)[1]} →</span></span
                >
              </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${this.rows("Classes", classes ?? [], known, measure, scale)}
          ${this.rows("Groups", groups ?? [], known, measure, scale)}
        </tbody>
      </table>
      <p class="muted below">
        ${capital(measureText(measure))}, beside ${references}, on all rows of a class or group. Bars run from ${valueText(measure, scale[0])} to ${valueText(measure, scale[1])}.
      </p>`;
  }

  private rows(
    heading: string,
    parts: readonly PartOfRows[],
    known: readonly Known[],
    measure: string,
    scale: readonly [number, number],
  ) {
    if (parts.length === 0) return nothing;
    const shown = this.all ? parts : parts.slice(0, FEW);
    const width = known.length + 2;
    const rest = parts.length > FEW;
    return html`<tr class="kind"><th scope="rowgroup" colspan=${width}>${heading}</th></tr>
      ${shown.map(
        (part) => html`<tr>
          <th scope="row" class="part" title=${part.name}>${part.name}</th>
          <td class="rows">${part.rows}</td>
          ${known.map(
            ({ run }) =>
              html`<td>${cell(part.costs.get(run.name), measure, scale, run.colour)}</td>`,
          )}
        </tr>`,
      )}
      ${
        rest
          ? html`<tr><td colspan=${width}>
            <button class="more" aria-expanded=${this.all} @click=${() => this.toggle()}>
              ${this.all ? `The ${FEW} that pay most` : `All ${plural(parts.length, heading === "Groups" ? "group" : "class", heading.toLowerCase())}`}
            </button>
          </td></tr>`
          : nothing
      }`;
  }

  private exemplars() {
    const { shown } = this.dashboard.scene;
    for (const run of shown) {
      const { record } = recordedAt(this.dashboard, run, "exemplars");
      if (record) {
        return html`<tfx-exemplars .dashboard=${this.dashboard} .run=${run} .record=${record}></tfx-exemplars>`;
      }
    }
    return html`<section>
      <h3>Rows that compression changes</h3>
      <p class="muted">
        They are told where two or more compressed models are compared with two or more dense ones:
        the reference and controls.
      </p>
    </section>`;
  }

  /** Each pair of shown runs once. */
  private masks() {
    const { shown } = this.dashboard.scene;
    const pairs = shown.flatMap((run, i) => {
      const { record } = recordedAt(this.dashboard, run, "overlaps");
      const before = shown.slice(0, i).map(({ name }) => name);
      return (record?.others ?? []).flatMap((other, j) =>
        record && !before.includes(other) ? [{ run, other, all: sharedOf(record, j) }] : [],
      );
    });
    if (pairs.length === 0) return nothing;
    return html`<section>
      <h3>Which weights they keep</h3>
      <p class="muted">Of the weights that either model keeps, the share that both keep.</p>
      <table class="masks">
        <thead>
          <tr>
            <th scope="col">models</th>
            <th scope="col">kernel</th>
            <th scope="col" class="number">both keep</th>
            <th scope="col" class="number">by chance</th>
          </tr>
        </thead>
        <tbody>
          ${pairs.map(({ run, other, all }) =>
            (all.length === 2 ? all.slice(1) : all).map(
              ({ name, share, chance }, i) => html`<tr>
                <th scope="row">${i === 0 ? html`${whoText(run)} and ${other}` : nothing}</th>
                <td>${name}</td>
                <td class="number">${shareText(share)}</td>
                <td class="number muted">${shareText(chance)}</td>
              </tr>`,
            ),
          )}
        </tbody>
      </table>
    </section>`;
  }

  private toggle(): void {
    this.all = !this.all;
  }
}

function cell(
  cost: Cost | undefined,
  measure: string,
  [from, to]: readonly [number, number],
  colour: string,
) {
  if (!cost) return html`<span class="muted">–</span>`;
  const { value, low, high, least, most, rows } = cost;
  const place = (one: number): number => (100 * (one - from)) / (to - from);
  const side = sideOf(cost, measure);
  const told = [
    `${valueText(measure, value)}, 95% interval ${intervalText(measure, low, high)}, of ${plural(rows, "row")}`,
    Number.isFinite(least) ? `controls: ${intervalText(measure, least, most)}` : "",
    side ? WORDS[side] : "",
  ];
  const span = (name: string, a: number, b: number) =>
    Number.isFinite(a) && Number.isFinite(b)
      ? html`<i class=${name} style="left: ${place(a)}%; width: ${place(b) - place(a)}%"></i>`
      : nothing;
  return html`<div class="cell ${side ?? ""}" title=${told.filter(Boolean).join("; ")}>
    <span class="track"
      >${span("band", least, most)}<i
        class="zero"
        style="left: ${place(measure === "accuracy change" ? 0 : 1)}%"
      ></i
      >${span("interval", low, high)}<i
        class="value"
        style="left: ${place(value)}%; background: ${colour}"
      ></i></span
    ><span>${valueText(measure, value)}</span>
  </div>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function shareText(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0)}%` : "–";
}

define("tfx-payers", PayersView);
