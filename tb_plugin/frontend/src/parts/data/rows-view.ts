/** The data map: which rows are easy, ambiguous or hard over the epochs, and whose label may be wrong. */

import { css, html, nothing } from "lit";
import { colourAt } from "../../analysis/colours.ts";
import { rateText } from "../../analysis/estimates.ts";
import { classText, type EvaluatedRow, type Evaluation } from "../../analysis/evaluation.ts";
import { memo } from "../../analysis/memo.ts";
import { plural } from "../../analysis/numbers.ts";
import { type Plot, type Point, shareAxis } from "../../draw/plot.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import { chooseRow, type EvaluatedRun, explainedSample } from "./evaluated.ts";
import "./plot-figure.ts";
import { rowFacts } from "./row-facts.ts";
import { rowList } from "./row-list.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

const REGIONS: readonly (readonly [name: string, colour: string, title: string])[] = [
  ["easy", "#2fa36f", "the label is likely in all epochs"],
  ["ambiguous", "#d19a1f", "the label's probability varies most: a third of the rows"],
  ["hard", "#d1495b", "the label is unlikely in all epochs: wrong, or not to be learned"],
];
const AXES = {
  x: shareAxis("variability", 0.5),
  y: shareAxis("confidence"),
};
const SIDE = 430;

export class DataMapView extends SizedView {
  static override styles = [
    base,
    dataStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-content: flex-start;
        gap: 8px 24px;
        min-height: 0;
        overflow: auto;
        padding: 8px 16px;
      }
      .left {
        max-width: 100%;
        width: min-content;
        min-width: var(--maps);
      }
      .maps {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 20px;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 14px;
        font-size: 12px;
        margin-bottom: 6px;
      }
      .side {
        flex: 1 1 ${SIDE - 60}px;
        min-width: 0;
        overflow-x: auto;
      }
      .side > h2 {
        margin: 8px 0 4px;
      }
      .regions {
        font-size: 12px;
        padding-left: 50px;
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
      }
    `,
  ];

  /** What a dot's colour tells. */
  private isByRegion = true;

  override render() {
    const known = this.runs.filter(({ evaluation }) => evaluation?.rows.length);
    const size = this.figure(known.length, this.room.width >= 960 ? SIDE : 0, 120);
    const chosen = this.dashboard.view.row;
    const across = known.length * (size.width + 20) - 20;
    return html`<div class="left" style="--maps: ${across}px">
        <div class="controls">
          <span data-screen>colour</span>
          <span data-screen class="segments" role="radiogroup" aria-label="Colour of the dots">
            ${[true, false].map(
              (isRegion) => html`<label>
                <input
                  type="radio"
                  name="colour"
                  .checked=${isRegion === this.isByRegion}
                  @change=${() => this.colourBy(isRegion)}
                />${isRegion ? "region" : "share of epochs it was right"}
              </label>`,
            )}
          </span>
          <span class="muted"
            >confidence: mean probability of the label over the epochs; variability: its standard
            deviation; ringed: explained samples</span
          >
        </div>
        <div class="maps">${known.map((one) => this.map(one, size))}</div>
      </div>
      <div class="side">
        ${chosen === undefined ? nothing : rowFacts(this.dashboard, known, chosen)}
        ${this.suspects(known)}
      </div>`;
  }

  private colourBy(isByRegion: boolean): void {
    this.isByRegion = isByRegion;
    this.requestUpdate();
  }

  private map(one: EvaluatedRun, size: { readonly width: number; readonly height: number }) {
    const { evaluation, run } = one;
    if (!evaluation) return nothing;
    const points = pointsOf(evaluation);
    return html`<section style="width: ${size.width}px">
      <h3>${whoText(run)}</h3>
      <tfx-plot
        .dashboard=${this.dashboard}
        .label="Data map of ${run.name}: the list beside it has the rows"
        .size=${size}
        .axes=${AXES}
        .draw=${(plot: Plot) => this.drawDots(plot, evaluation, points)}
        .tell=${(plot: Plot, x: number, y: number) => {
          const row = evaluation.rows[plot.nearest(points, x, y)];
          return row ? tellRow(evaluation, row) : "";
        }}
        .choose=${(plot: Plot, x: number, y: number) => {
          chooseRow(this.dashboard, evaluation.rows[plot.nearest(points, x, y)]);
        }}
      ></tfx-plot>
      <p class="regions">${this.legend(evaluation)}</p>
    </section>`;
  }

  private legend({ rows, epochs }: Evaluation) {
    const regions = REGIONS.map(
      ([name, colour, title]) => html`<span class="who" title=${title}>
        ${this.isByRegion ? html`<span class="dot" style="background: ${colour}"></span>` : nothing}
        ${name} ${rows.filter(({ region }) => region === name).length}
      </span>`,
    );
    return html`${regions}<span class="muted">over ${plural(epochs, "epoch")}</span>`;
  }

  private drawDots(plot: Plot, { rows }: Evaluation, points: readonly Point[]): void {
    plot.translucent(0.65, () => {
      for (const [i, row] of rows.entries()) {
        plot.dot(points[i] as Point, this.isByRegion ? regionColour(row) : rightColour(row), 3);
      }
    });
    for (const [i, { row, hash }] of rows.entries()) {
      const point = points[i] as Point;
      if (explainedSample(this.dashboard, hash) !== undefined) {
        plot.ring(point, plot.palette.text, 4.5, 1);
      }
      if (row === this.dashboard.view.row) plot.ring(point, plot.palette.accent, 7, 2.5);
    }
  }

  /** Of the first run, those whose label is least believed. */
  private suspects(known: readonly EvaluatedRun[]) {
    const [first, ...others] = known;
    const { evaluation } = first ?? {};
    if (!first || !evaluation) return nothing;
    return html`<h2>Likely wrong labels first</h2>
      <p class="muted">By the mean probability of the label over the
        epochs${others.length > 0 ? `, in ${first.run.name}` : ""}.</p>
      ${rowList(this.dashboard, suspectsOf(evaluation), evaluation, others, (row) =>
        chooseRow(this.dashboard, row),
      )}`;
  }
}

const suspectsOf = memo(({ rows }: Evaluation): readonly EvaluatedRow[] =>
  [...rows].sort((a, b) => a.confidence - b.confidence),
);

const pointsOf = memo(({ rows }: Evaluation): readonly Point[] =>
  rows.map(({ variability, confidence }) => [variability, confidence]),
);

function regionColour({ region }: EvaluatedRow): string {
  return REGIONS.find(([name]) => name === region)?.[1] ?? "#8a9099";
}

function rightColour({ correctness }: EvaluatedRow): string {
  return `rgb(${colourAt("viridis", correctness).join(" ")})`;
}

function tellRow(evaluation: Evaluation, row: EvaluatedRow): string {
  const { label, predicted, confidence, correctness } = row;
  const [own, said] = [label, predicted].map((one) => classText(evaluation, one));
  return [
    `row ${row.row}`,
    ...(evaluation.several ? [] : [`${own} predicted as ${said}`]),
    `confidence ${rateText(confidence)}`,
    `right in ${Math.round(100 * correctness)}% of the epochs`,
  ].join(", ");
}

define("tfx-data-map", DataMapView);
