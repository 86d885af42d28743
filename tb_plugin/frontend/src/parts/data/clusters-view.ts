/** Which rows of a class are explained alike: clusters of maps, at the playhead. */

import { html, nothing } from "lit";
import {
  byClass,
  type ClusteredClass,
  type ClusterFacts,
  evidenceOf,
  largestFeatures,
} from "../../analysis/clusters.ts";
import { legendGradient } from "../../analysis/colours.ts";
import { epochText } from "../../analysis/epochs.ts";
import { memo } from "../../analysis/memo.ts";
import { plural, short } from "../../analysis/numbers.ts";
import type { Plot, PlotAxes, Point } from "../../draw/plot.ts";
import type { Clusters } from "../../format/clustered.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { clustersStyles } from "./clusters-styles.ts";
import { dataStyles } from "./data-styles.ts";
import { chooseRow, explainedSample, openSample } from "./evaluated.ts";
import { classTeller, inputsOf } from "./importance-runs.ts";
import { importanceStyles } from "./importance-styles.ts";
import "./mean-importance.ts";
import "./plot-figure.ts";
import { recordedAt } from "./recorded.ts";
import { rowTable } from "./row-list.ts";
import { SizedView } from "./sized-view.ts";
import { valueBar } from "./value-bar.ts";
import { whoText } from "./who.ts";

interface ClusteredRun {
  readonly run: ShownRun;
  readonly record: Clusters;
  readonly step: number;
  readonly classText: (label: number) => string;
}

/** Of the clusters of a class, the largest first: told apart in both themes. */
const COLOURS = [
  ...(["#3b7dd8", "#e07b39", "#2fa36f", "#b04fc4"] as const),
  ...(["#c9a227", "#d1495b", "#4aa8b5", "#8a7560"] as const),
] as const;
const SIDE = 84;
const MOST_FEATURES = 4;

export class ClustersView extends SizedView {
  static override styles = [base, dataStyles, importanceStyles, clustersStyles];

  private input = "";
  /** The class whose clusters have colours, and the cluster whose rows are listed. */
  private label: number | undefined;
  private chosen: readonly [run: string, number: number] | undefined;

  override render() {
    const inputs = inputsOf(this.runs, ["clusters"]);
    const input = inputs.find((one) => one === this.input) ?? inputs[0] ?? "";
    const runs = this.runs.flatMap(({ run, evaluation }): ClusteredRun[] => {
      const { record, step } = recordedAt(this.dashboard, run, "clusters", input);
      const classText = classTeller(run, evaluation);
      return record && step !== undefined ? [{ run, record, step, classText }] : [];
    });
    if (runs.length === 0) return html`<p class="muted">None were found until this epoch.</p>`;
    const isOfPlaces = runs.some(({ record }) => record.feature === "place");
    return html`
      <div class="top">
        <p class="muted">
          Rows of a class whose maps are alike are a cluster: one strategy of the
          model.${
            isOfPlaces
              ? html` A map is the mean of a cluster's, over the row most like it:
                  <span class="scale">0
                    <span class="ramp" style="background: ${legendGradient(this.dashboard.view.sequential)}"></span>
                    most</span>`
              : " A bar is the mean of a cluster's maps, each of length 1."
          }
        </p>
        ${inputs.length > 1 ? this.inputChoice(inputs, input) : nothing}
      </div>
      <div class="runs">${runs.map((one) => this.ofRun(one, runs.length))}</div>
    `;
  }

  private inputChoice(inputs: readonly string[], input: string) {
    const choose = ({ target }: Event): void => {
      this.input = (target as HTMLSelectElement).value;
      this.requestUpdate();
    };
    return html`<label data-screen>
      Input
      <select aria-label="Input" @change=${choose}>
        ${inputs.map((one) => html`<option value=${one} ?selected=${one === input}>${one}</option>`)}
      </select>
    </label>`;
  }

  private ofRun(one: ClusteredRun, count: number) {
    const { run, record, step, classText } = one;
    const classes = byClass(record);
    const shown = classes.find(({ label }) => label === this.label) ?? classes[0];
    const { width } = this.room;
    const side = Math.min(380, Math.max(240, Math.floor((width / count - 64) * 0.45)));
    const without = record.of.filter((number) => number < 0).length;
    return html`<section class="run" data-clusters=${run.name}>
      <h2>
        ${whoText(run)}
        <span class="muted"
          >${plural(record.clusters.length, "cluster")} of ${plural(record.rows.length, "map")} of
          ${record.explainer}, epoch ${epochText(step)}${
            without > 0 ? `; ${plural(without, "row")} without evidence` : nothing
          }</span
        >
      </h2>
      ${shown ? this.scatter(one, shown, side) : nothing}
      <div class="classes">
        ${classes.map(
          (own) => html`<div class="class">
            <button
              class="link"
              title="Colour its clusters"
              aria-pressed=${own === shown}
              @click=${() => this.colour(own.label)}
            >
              ${own.label < 0 ? "all rows" : classText(own.label)}
            </button>
            <div class="cards">${own.clusters.map((facts, i) => this.card(one, own, facts, i))}</div>
          </div>`,
        )}
      </div>
    </section>`;
  }

  private scatter(one: ClusteredRun, { label, clusters }: ClusteredClass, side: number) {
    const { run, record, classText } = one;
    const points = pointsOf(record);
    const numbers = clusters.map(({ number }) => number);
    const of = label < 0 ? "" : ` of ${classText(label)}`;
    const facts = (row: number): string => {
      const place = numbers.indexOf(record.of[row] ?? -1);
      const own = record.classes[row] ?? -1;
      const whose = own < 0 ? "" : `, ${classText(own)}`;
      return `row ${record.rows[row]}${whose}${place < 0 ? "" : `, cluster ${place + 1}`}`;
    };
    const number = this.chosen?.[0] === run.id ? this.chosen[1] : undefined;
    const members = clusters.find((other) => other.number === number)?.members;
    return html`<div style="width: ${side}px">
      <h3>Clusters${of}</h3>
      <tfx-plot
        .dashboard=${this.dashboard}
        .label="Maps of ${run.name} on a plane; the lists beside and below it have the clusters and rows"
        .size=${{ width: side, height: side }}
        .axes=${axesOf(record)}
        .draw=${(plot: Plot) => this.draw(plot, record, points, numbers)}
        .tell=${(plot: Plot, x: number, y: number) => {
          const row = plot.nearest(points, x, y);
          return row < 0 ? "" : facts(row);
        }}
        .choose=${(plot: Plot, x: number, y: number) => this.open(one, plot.nearest(points, x, y))}
      ></tfx-plot>
      <p class="muted">alike maps are near; ringed: explained samples, a click opens them</p>
      ${members ? this.members(record, members) : nothing}
    </div>`;
  }

  private draw(
    plot: Plot,
    record: Clusters,
    points: readonly Point[],
    numbers: readonly number[],
  ): void {
    const { row: chosenRow } = this.dashboard.view;
    const places = Array.from(record.of, (number) => numbers.indexOf(number));
    plot.translucent(0.45, () => {
      for (const [i, point] of points.entries()) {
        if ((places[i] ?? -1) < 0) plot.dot(point, plot.palette.muted, 2);
      }
    });
    for (const [i, point] of points.entries()) {
      const place = places[i] ?? -1;
      const row = record.rows[i];
      if (place >= 0) plot.dot(point, colourOf(place), 3.5);
      const hash = record.hashes[i] ?? "";
      if (explainedSample(this.dashboard, hash) !== undefined) {
        plot.ring(point, plot.palette.text, 5, 1);
      }
      if (row === chosenRow) plot.ring(point, plot.palette.accent, 7, 2.5);
    }
  }

  private card(
    one: ClusteredRun,
    { label, clusters }: ClusteredClass,
    facts: ClusterFacts,
    i: number,
  ) {
    const { run, record, classText } = one;
    const { number, cluster, members, share } = facts;
    const isChosen = this.chosen?.[0] === run.id && this.chosen[1] === number;
    const choose = (): void => {
      this.chosen = isChosen ? undefined : [run.id, number];
      this.colour(label);
    };
    const called = label < 0 ? "all rows" : classText(label);
    const grids =
      record.sides.length > 0 ? clusters.map((own) => evidenceOf(record, own.number)) : [];
    const limit = Math.max(...grids.flatMap(({ data }) => [...data].filter(Number.isFinite)), 0);
    return html`<button
      class="card"
      aria-pressed=${isChosen}
      title="Cluster ${i + 1} of ${called}: list its rows"
      @click=${choose}
    >
      ${
        record.sides.length > 0
          ? html`<tfx-mean-importance
              .dashboard=${this.dashboard}
              .label="Mean map of cluster ${i + 1} of ${called}"
              .plane=${evidenceOf(record, number)}
              .mean=${cluster.picture}
              .limit=${limit}
              .size=${SIDE}
            ></tfx-mean-importance>`
          : this.features(one, facts, i)
      }
      <b><span class="dot" style="background: ${colourOf(i)}"></span>${plural(members.length, "row")}</b>
      ${whole(share)} of ${called}
      ${Number.isFinite(cluster.held) ? placeText(record, facts) : nothing}
    </button>`;
  }

  private features({ record }: ClusteredRun, { cluster }: ClusterFacts, i: number) {
    const most = Math.max(...record.clusters.flatMap(({ mean }) => [...mean].map(Math.abs)), 0);
    return largestFeatures(record, cluster, MOST_FEATURES).map(
      ([name, value]) => html`<span class="cut" title=${name}>${name}</span>
        ${valueBar({ value, low: Number.NaN, high: Number.NaN }, [-most, most], colourOf(i), short)}`,
    );
  }

  private members(record: Clusters, members: readonly number[]) {
    const rows = members.map((at) => ({
      row: record.rows[at] ?? -1,
      hash: record.hashes[at] ?? "",
    }));
    return html`<div class="members" tabindex="0" role="region" aria-label="Rows of the cluster">
      ${rowTable(this.dashboard, rows, [], (row) => chooseRow(this.dashboard, row))}
    </div>`;
  }

  private open({ record }: ClusteredRun, at: number): void {
    const [row, hash] = [record.rows[at], record.hashes[at]];
    if (row === undefined || hash === undefined) return;
    const sample = explainedSample(this.dashboard, hash);
    if (sample === undefined) chooseRow(this.dashboard, { row, hash });
    else openSample(this.dashboard, sample);
  }

  private colour(label: number): void {
    this.label = label;
    this.requestUpdate();
  }
}

/** How much of the evidence lies at a small place: `at one place 30%, others 2%`. */
function placeText({ sides }: Clusters, { cluster: { size, held, elsewhere } }: ClusterFacts) {
  const product = (all: readonly number[]): number => all.reduce((a, b) => a * b, 1);
  const area = whole(product(size) / product(sides));
  const isAlone = !Number.isFinite(elsewhere);
  const others = isAlone ? "" : `, of the class's other clusters ${whole(elsewhere)}`;
  return html`<br /><span title="${whole(held)} of its evidence lie on ${area} of the area${others}"
      >at one place ${whole(held)}${isAlone ? nothing : html`, others ${whole(elsewhere)}`}</span
    >`;
}

/** In whole percents: finer ones of some dozen rows say nothing. */
function whole(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function colourOf(place: number): string {
  return COLOURS[place % COLOURS.length] ?? COLOURS[0];
}

const pointsOf = memo(({ positions }: Clusters): readonly Point[] =>
  Array.from({ length: positions.length / 2 }, (_, i) => [
    positions[2 * i] ?? Number.NaN,
    positions[2 * i + 1] ?? Number.NaN,
  ]),
);

/** Positions mean nothing by themselves, so no numbers stand at the axes. */
const axesOf = memo((record: Clusters): PlotAxes => {
  const range = (values: readonly number[]) => {
    const known = values.filter(Number.isFinite);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const room = (high - low) * 0.04 || 1;
    return { low: low - room, high: high + room, label: "", ticks: [], tell: String };
  };
  const points = pointsOf(record);
  return { x: range(points.map(([x]) => x)), y: range(points.map(([, y]) => y)), left: 8 };
});

define("tfx-clusters", ClustersView);
