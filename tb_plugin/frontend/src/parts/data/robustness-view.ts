/** How small steps flip the networks' predictions, at the playhead and over the epochs. */

import { css, html, nothing } from "lit";
import { epochText } from "../../analysis/epochs.ts";
import { shareText } from "../../analysis/estimates.ts";
import { plural, short } from "../../analysis/numbers.ts";
import {
  accuracyAt,
  earlier,
  fragileRows,
  quartilesOf,
  robustnessText,
  sameRow,
} from "../../analysis/robustness.ts";
import { type Axis, type Plot, type Point, roundTicks, shareAxis } from "../../draw/plot.ts";
import type { Robustness } from "../../format/robust.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import { explainedSample } from "./evaluated.ts";
import "./plot-figure.ts";
import { recordedAt, recordedSeries } from "./recorded.ts";
import { sampleLink } from "./row-list.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

interface Attacked {
  readonly run: ShownRun;
  readonly record: Robustness;
  readonly step: number;
  readonly epochs: readonly (readonly [step: number, record: Robustness])[];
}

const MOST_ROWS = 20;

export class RobustnessView extends SizedView {
  static override styles = [
    base,
    dataStyles,
    css`
      :host {
        display: block;
        min-height: 0;
        overflow: auto;
        padding: 8px 16px 16px;
      }
      .told {
        font-size: 14px;
        margin: 2px 0;
      }
      .told .who {
        vertical-align: bottom;
        max-width: 260px;
      }
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
        margin-top: 6px;
      }
      h3 {
        padding-left: 50px;
      }
      caption {
        white-space: nowrap;
      }
      caption .muted {
        font-weight: 400;
        margin-left: 6px;
      }
    `,
  ];

  override render() {
    const all = this.runs.flatMap(({ run }): Attacked[] => {
      const { record, step } = recordedAt(this.dashboard, run, "robustness");
      if (!record || step === undefined) return [];
      const { points = [] } = recordedSeries(this.dashboard, run, "robustness") ?? {};
      const epochs = points.flatMap(({ step: at, record: own }) =>
        own?.kind === "robustness" ? [[at, own] as const] : [],
      );
      return [{ run, record, step, epochs }];
    });
    const [first] = all;
    if (!first) return html`<p class="muted">None was measured until this epoch.</p>`;
    return html`${all.map((one) => sentence(one))} ${difference(all)} 
      <div class="figures">${this.figures(all, first)} ${this.fragile(all, first)}</div>`;
  }

  private figures(all: readonly Attacked[], first: Attacked) {
    const fitting = this.figure(2, 0, 300);
    const size = { width: Math.max(330, fitting.width), height: Math.max(270, fitting.height) };
    const step = stepAxis(first.record, `step (${first.record.unit})`);
    const steps = quartileAxis(all, `smallest step (${first.record.unit})`);
    const epochs = epochAxis(all);
    const now = this.dashboard.step;
    return html`<section>
        <h3>Accuracy after a step</h3>
        <tfx-plot
          .dashboard=${this.dashboard}
          .label=${"Accuracy after a step along the sign of the loss's gradient"}
          .size=${size}
          .axes=${{ x: step, y: shareAxis("accuracy") }}
          .draw=${(plot: Plot) => {
            for (const one of all) drawAccuracy(plot, one);
          }}
          .tell=${(plot: Plot, x: number, y: number) => tellAccuracy(plot, all, x, y)}
        ></tfx-plot>
      </section>
      <section>
        <h3>Smallest steps over the epochs</h3>
        <tfx-plot
          .dashboard=${this.dashboard}
          .label=${"Median and quartiles of the smallest steps that flip rows that are right, by epoch"}
          .size=${{ ...size, width: Math.round(1.3 * size.width) }}
          .axes=${{ x: epochs, y: steps, left: 62 }}
          .draw=${(plot: Plot) => {
            plot.guide([now, steps.low], [now, steps.high]);
            for (const one of all) drawEpochs(plot, one);
          }}
          .tell=${(plot: Plot, x: number, y: number) => tellEpoch(plot, all, x, y)}
        ></tfx-plot>
        <p class="muted">line: half of the rows that are right flip; band: a quarter to three quarters</p>
      </section>`;
  }

  /** The rows that the smallest steps flip, of the first run; what the other says of them beside. */
  private fragile(all: readonly Attacked[], { record }: Attacked) {
    const rows = fragileRows(record);
    if (rows.length === 0) return nothing;
    const shown = rows.slice(0, MOST_ROWS);
    const hasMaps = shown.some(
      (row) => explainedSample(this.dashboard, record.hashes[row] ?? "") !== undefined,
    );
    return html`<table class="rows">
      <caption>
        Most fragile rows
        <span class="muted"
          >${Math.min(MOST_ROWS, rows.length)} of ${plural(rows.length, "row")} that are right and
          flip</span
        >
      </caption>
      <thead>
        <tr>
          <th scope="col" class="number" title="Number in the validation data">Row</th>
          ${all.map(({ run }) => html`<th scope="col" class="number">${whoText(run)}</th>`)}
          ${hasMaps ? html`<th scope="col">Maps</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (row) => html`<tr>
            <th scope="row" class="number">${record.rows[row]}</th>
            ${all.map((one) => html`<td class="number">${flipText(one.record, record, row)}</td>`)}
            ${
              hasMaps
                ? html`<td>${sampleLink(this.dashboard, { hash: record.hashes[row] ?? "" })}</td>`
                : nothing
            }
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

/** `half of the 240 rows that are right flip within 0.12 of the color range; accuracy 91.2% [88.7–93.2]`. */
function sentence({ run, record, step }: Attacked) {
  return html`<p class="told" data-robustness=${run.name}>
    ${whoText(run)} <b>${robustnessText(record)}</b>; accuracy ${shareText(accuracyAt(record, 0))}
    without a step <span class="muted">epoch ${epochText(step)}</span>
  </p>`;
}

/** What one run's rows do beside the other's. */
function difference([a, b]: readonly Attacked[]) {
  if (!a || !b) return nothing;
  const { both, first, second } = earlier(a.record, b.record);
  if (both === 0) return nothing;
  return html`<p class="told" data-difference>
    Of the ${plural(both, "row")} that both predict rightly, ${second} flip at a smaller step in
    ${whoText(b.run)}, ${first} in ${whoText(a.run)}.
  </p>`;
}

/** What a run says of a row of another's. */
function flipText(own: Robustness, of: Robustness, row: number): string {
  const at = own === of ? row : sameRow(of, row, own);
  if (at === undefined) return "–";
  if (!own.right[at]) return "wrong";
  return short(own.steps[at] ?? Number.NaN);
}

/** Where a step lies on an axis of factors of two; none lies left of the smallest. */
function place(step: number, { grid }: Robustness): number {
  return step > 0 ? Math.log2(step) : Math.log2(grid[1] ?? 1) - 1;
}

function stepAxis(record: Robustness, label: string): Axis {
  const grid = [...record.grid];
  const low = place(0, record);
  const ticks = grid.filter((_, i) => i % 4 === 1 && i > 1).map(Math.log2);
  return {
    ...{ low, high: Math.log2(grid.at(-1) ?? 1), label, ticks: [low, ...ticks] },
    tell: (at) => (at === low ? "0" : powerText(at)),
  };
}

/** From the smallest quartile of any run and epoch to the largest, in powers of two. */
function quartileAxis(all: readonly Attacked[], label: string): Axis {
  const known = all.flatMap(({ epochs }) =>
    epochs.flatMap(([, record]) => {
      const { quarter, half, threeQuarters } = quartilesOf(record);
      return [quarter, half, threeQuarters]
        .filter(Number.isFinite)
        .map((step) => place(step, record));
    }),
  );
  const low = known.length > 0 ? Math.floor(Math.min(...known)) : 0;
  const high = Math.max(Math.ceil(Math.max(...known)), low + 1);
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return { low, high, label, ticks, tell: powerText };
}

function powerText(power: number): string {
  return short(2 ** power, 2).replace(/\.0+$/, "");
}

function epochAxis(all: readonly Attacked[]): Axis {
  const steps = all.flatMap(({ epochs }) => epochs.map(([step]) => step));
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  const whole = roundTicks(low, high).filter(Number.isInteger);
  return { low, high: high > low ? high : low + 1, label: "epoch", ticks: whole, tell: String };
}

function accuracyPoints({ grid, accuracy }: Robustness, record: Robustness): Point[] {
  return [...grid].map((step, i) => [place(step, record), accuracy[i] ?? Number.NaN]);
}

function drawAccuracy(plot: Plot, { run, record }: Attacked): void {
  const points = accuracyPoints(record, record);
  plot.band(
    points.map(([x]) => x),
    [...record.low],
    [...record.high],
    run.colour,
  );
  plot.line(points, run.colour);
}

function tellAccuracy(plot: Plot, all: readonly Attacked[], x: number, y: number): string {
  for (const { run, record } of all) {
    const at = plot.nearest(accuracyPoints(record, record), x, y);
    if (at < 0) continue;
    const told = shareText(accuracyAt(record, at));
    return `${run.name}: accuracy ${told} after a step of ${short(record.grid[at] ?? 0)}`;
  }
  return "";
}

function medians({ epochs }: Attacked): Point[] {
  return epochs.map(([step, record]) => [step, place(quartilesOf(record).half, record)]);
}

function drawEpochs(plot: Plot, one: Attacked): void {
  const { run, epochs } = one;
  const known = epochs.filter(([, record]) => Number.isFinite(quartilesOf(record).half));
  const bound = (step: number, record: Robustness): number =>
    place(Math.min(step, record.grid.at(-1) ?? step), record);
  plot.band(
    known.map(([step]) => step),
    known.map(([, record]) => bound(quartilesOf(record).quarter, record)),
    known.map(([, record]) => bound(quartilesOf(record).threeQuarters, record)),
    run.colour,
  );
  const points = medians(one);
  plot.line(points, run.colour);
  for (const point of points) plot.dot(point, run.colour, 3);
}

function tellEpoch(plot: Plot, all: readonly Attacked[], x: number, y: number): string {
  for (const one of all) {
    const found = one.epochs[plot.nearest(medians(one), x, y)];
    if (!found) continue;
    const { quarter, half, threeQuarters } = quartilesOf(found[1]);
    const told = [quarter, half, threeQuarters].map((step) => short(step)).join(", ");
    return `${one.run.name}, epoch ${epochText(found[0])}: a quarter, half, three quarters flip within ${told}`;
  }
  return "";
}

define("tfx-robustness", RobustnessView);
