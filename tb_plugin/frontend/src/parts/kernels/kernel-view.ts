/** The selected kernel or layer: how its numbers are spread, at the playhead and over all, and its facts. */

import { html, nothing } from "lit";
import { activationOf } from "../../analysis/activation-curves.ts";
import { factsOfCall } from "../../analysis/call-facts.ts";
import { metricOf } from "../../analysis/compression.ts";
import { withEpoch } from "../../analysis/epochs.ts";
import { factsOfHealth } from "../../analysis/health-facts.ts";
import { type Fact, factsOfKernel, type Told } from "../../analysis/kernel-facts.ts";
import { sameLayer, weightsOf } from "../../analysis/kernels.ts";
import { memo } from "../../analysis/memo.ts";
import { briefOrigin, originText } from "../../analysis/moments.ts";
import { type Known, knownAt, recordsOf, type Series } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import { lineFigure, lineStyles } from "../../draw/line-figure.ts";
import { SPREADS, type SpreadName, spreadsOf } from "../../draw/spreads.ts";
import type { Structure } from "../../format/structured.ts";
import type { ShownRun } from "../../state/runs.ts";
import { compressed, measured } from "../../state/scene.ts";
import { define, SizedPart, setText } from "../frame/part.ts";
import { nameText } from "../frame/path-text.ts";
import { base } from "../frame/styles.ts";
import { kernelStyles } from "./kernel-view-styles.ts";
import type { ChartSize } from "./spread-chart.ts";
import "./spread-chart.ts";

const MAX_RUNS = 4;
/** Where there is less room for the charts, the facts stand under them. */
const LEAST_CHART = 220;
const GAP = 16;
type SeriesOf = Readonly<Record<keyof Told, Series | undefined>>;
type ToldAt = { readonly [K in keyof Told]-?: Known<NonNullable<Told[K]>> };
/** Which histogram answers a question that a metric of this group asks. */
const ASKED: Readonly<Record<string, SpreadName>> = {
  ...{ Gradients: "gradients", Updates: "gradients", Activity: "activations" },
};

/** What health says instead of facts of kernels by these names. */
const TWICE: Readonly<Record<string, string>> = { dead: "dead_share" };

export class KernelView extends SizedPart {
  static override styles = [base, lineStyles, kernelStyles];

  private size = { width: 0, height: 0 };
  private sized: ChartSize = { width: 0, bars: 0, heat: 0 };
  private readonly gathered = new Changes();
  private facts: readonly Fact[] = [];
  private spreads: readonly SpreadName[] = [];
  /** The histogram that was chosen, until another metric asks for another one. */
  private chosen: { readonly metric: string; readonly name: SpreadName } | undefined;
  /** Found once, not in every frame. */
  private cells: readonly { cell: Element; fact: Fact; run: number }[] = [];

  override render() {
    const { layer } = this.dashboard.scene;
    if (layer === undefined) return nothing;
    const { runs, charts } = this;
    return html`<div class="scroll" tabindex="0" role="group" aria-label="Selected kernel">
      <h2 class="cut" title=${layer}>${layer}</h2>
      ${charts.length < this.spreads.length ? this.choice(charts[0]) : nothing}
      <div class="both ${this.isBeside ? "beside" : ""}">
        <div>
          <div class="charts">
            ${charts.map(
              (name) => html`<tfx-spread
                .dashboard=${this.dashboard}
                .name=${name}
                .runs=${runs}
                .size=${this.chartSize}
              ></tfx-spread>`,
            )}
          </div>
        </div>
        <table class="facts">
          <thead>
            <tr>
              <td></td>
              ${runs.map(
                (run) => html`<th scope="col" title=${run.name}>
                  <span class="who"
                    ><span class="dot" style="background: ${run.colour}"></span
                    >${nameText(run.name)}</span
                  ><span class="from muted"></span>
                </th>`,
              )}
            </tr>
          </thead>
          ${this.sections.map((section) => this.section(section))}
        </table>
      </div>
    </div>`;
  }

  /** Which histogram is shown, where there is room for one only. */
  private choice(shown: SpreadName | undefined) {
    const { metric } = this.dashboard.scene;
    const choose = (name: SpreadName): void => {
      this.chosen = { metric, name };
      this.requestUpdate();
    };
    return html`<span data-screen class="segments" role="radiogroup" aria-label="Histogram">
      ${this.spreads.map(
        (name) => html`<label>
          <input
            type="radio"
            name="histogram"
            .checked=${name === shown}
            @change=${() => choose(name)}
          />${title(name)}
        </label>`,
      )}
    </span>`;
  }

  private section(section: string) {
    const { runs } = this;
    const own = this.facts.filter((fact) => fact.section === section);
    // Where all facts are of the weights, no head tells them from others.
    const isHeaded = section !== "" && this.dashboard.scene.has.health;
    return html`<tbody>
      ${
        isHeaded
          ? html`<tr class="section">
            <th scope="rowgroup" colspan=${runs.length + 1}>${section}</th>
          </tr>`
          : nothing
      }
      ${own.map((fact) => (fact.isWide ? this.wide(fact) : this.line(fact)))}
    </tbody>`;
  }

  /** The activation function of the first run that has one. */
  private curve() {
    const { scene } = this.dashboard;
    const found = this.runs.map(({ id }) =>
      activationOf(scene.structures.get(id), scene.layer ?? ""),
    );
    const line = found.find(Boolean);
    return line
      ? html`<tr><td colspan=${this.runs.length + 1}>${lineFigure(line)}</td></tr>`
      : nothing;
  }

  private line({ name, label }: Fact) {
    return html`<tr>
      <th scope="row">${label}</th>
      ${this.runs.map((_, i) => html`<td data-fact=${name} data-run=${i}></td>`)}
    </tr>${name === "activation" ? this.curve() : nothing}`;
  }

  private wide({ name }: Fact) {
    const { runs } = this;
    return runs.map(
      ({ colour }, i) => html`<tr class="wide">
        <td colspan=${runs.length + 1}>
          <span class="dot" style="background: ${colour}"></span>
          <span data-fact=${name} data-run=${i}></span>
        </td>
      </tr>`,
    );
  }

  // ------------------------------------------------------------------ what is shown

  private get runs(): readonly ShownRun[] {
    const { scene } = this.dashboard;
    const graphs = scene.shown.filter(({ id }) => scene.structures.has(id));
    const own = new Set([...compressed(scene), ...measured(scene), ...graphs]);
    return scene.shown.filter((run) => own.has(run)).slice(0, MAX_RUNS);
  }

  /** What facts are told from, by run. */
  private seriesOf(run: ShownRun): SeriesOf {
    const { dashboard } = this;
    const layer = dashboard.scene.layer ?? "";
    const [kernels, kernel] = [dashboard.kernels(run), dashboard.kernel(run, layer)];
    const structure = dashboard.structure(run);
    return {
      ...{ kernels, kernel, health: dashboard.health(run), units: dashboard.units(run, layer) },
      structure: structure && onceKnown(structure),
    };
  }

  private toldAt(all: SeriesOf, step: number): ToldAt {
    return {
      kernels: knownAt(all.kernels, "kernels", step),
      kernel: knownAt(all.kernel, "kernel", step),
      health: knownAt(all.health, "health", step),
      units: knownAt(all.units, "units", step),
      structure: knownAt(all.structure, "structure", step),
    };
  }

  /** What the metric asks for comes first. */
  private get sections(): readonly string[] {
    const all = [...new Set(this.facts.map(({ section }) => section))];
    const rank = (section: string): number => ["Weights", ""].indexOf(section);
    return this.asked === "weights" ? all.sort((a, b) => rank(b) - rank(a)) : all;
  }

  /** The histogram that the metric asks for. */
  private get asked(): SpreadName {
    return ASKED[metricOf(this.dashboard.scene.metric).group] ?? "weights";
  }

  /** All histograms where they have room beside each other, else the chosen one. */
  private get charts(): readonly SpreadName[] {
    const { spreads, asked, chosen } = this;
    if (spreads.length === 0) return [];
    if (this.size.width >= spreads.length * (LEAST_CHART + GAP) + this.factsWidth) return spreads;
    const wanted = chosen?.metric === this.dashboard.scene.metric ? chosen.name : asked;
    return [spreads.includes(wanted) ? wanted : (spreads[0] ?? "weights")];
  }

  // ------------------------------------------------------------------ sizes

  private get isBeside(): boolean {
    return this.size.width >= LEAST_CHART + this.factsWidth;
  }

  private get factsWidth(): number {
    return 120 + Math.max(130, 76 * this.runs.length);
  }

  private get chartSize(): ChartSize {
    const { width, height } = this.size;
    const charts = Math.max(1, this.charts.length);
    const across = width - 28 - (this.isBeside ? this.factsWidth + GAP : 0) - GAP * (charts - 1);
    const count = Math.max(1, this.runs.length);
    const head = this.spreads.length > 1 ? 30 : 0;
    const room = height - 40 - head - 20 * count - 6 * count;
    const bars = Math.min(Math.max(room * 0.55, 84), 220);
    const heat = Math.min(Math.max((room - bars) / count, 34), 120);
    const size = { width: Math.max(160, Math.floor(across / charts)), bars, heat };
    // The same object as long as it says the same: charts are drawn anew for another one.
    if (JSON.stringify(size) !== JSON.stringify(this.sized)) this.sized = size;
    return this.sized;
  }

  protected layOut(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (width === this.size.width && height === this.size.height) return;
    this.size = { width, height };
    this.requestUpdate();
  }

  // ------------------------------------------------------------------ drawing

  override willUpdate(): void {
    const { scene } = this.dashboard;
    const all = this.runs.map((run) => this.seriesOf(run));
    if (!this.gathered.differ(scene.layer, ...all.flatMap((own) => Object.values(own)))) return;
    this.facts = this.known(scene.layer ?? "", all);
    const known = SPREADS.filter((name) =>
      all.some(({ kernel, units }) =>
        spreadsOf(name === "weights" ? kernel : units, name).some(({ spread }) => spread),
      ),
    );
    // Where there is none, it says why.
    const isLayer = sameLayer(scene.kernels, scene.layer) === undefined;
    const isCounted = scene.has.kernels || scene.has.health;
    const missing: SpreadName[] = isCounted ? [isLayer ? "activations" : "weights"] : [];
    this.spreads = known.length > 0 ? known : missing;
  }

  /** The facts that are known of any run at any epoch: rows that stay while scrubbing. */
  private known(layer: string, all: readonly SeriesOf[]): Fact[] {
    const { kernels, layers } = this.dashboard.scene;
    const path = sameLayer(layers, layer) ?? layer;
    const records = all.flatMap(({ health }) => recordsOf(health, "health").slice(-1));
    const weights = [...new Set(records.flatMap((one) => [...weightsOf(one, path).keys()]))];
    const facts = [
      ...factsOfCall(layer),
      ...(layers.includes(path) ? factsOfHealth(path, weights) : []),
      ...factsOfKernel(sameLayer(kernels, layer) ?? layer),
    ];
    const isTold = ({ of, tell }: Fact): boolean =>
      all.some((own) => recordsOf(own[of], of).some((record) => tell({ [of]: record })));
    const told = facts.filter(isTold);
    // The first to tell something does: health tells the same as kernels of more layers, and since when.
    const teller = new Map<string, keyof Told>();
    for (const { name, of } of told) if (!teller.has(name)) teller.set(name, of);
    return told.filter(({ name, of }) => {
      const first = teller.get(TWICE[name] ?? name) ?? of;
      return first === of || (isOfHealth(first) && isOfHealth(of));
    });
  }

  override updated(): void {
    this.cells = this.facts.flatMap((fact) =>
      this.runs.flatMap((_, run) => {
        const cell = this.find(`[data-fact="${CSS.escape(fact.name)}"][data-run="${run}"]`);
        return cell ? [{ cell, fact, run }] : [];
      }),
    );
    super.updated();
  }

  /** A column of facts is of the epoch in its head; a cell that is of another one says so itself. */
  paint(): void {
    const { step } = this.dashboard;
    if (!this.isNew(step)) return;
    const all = this.runs.map((run) => this.toldAt(this.seriesOf(run), step));
    const heads = this.renderRoot.querySelectorAll("thead .from");
    const dated = all.map(({ kernels, health }) => (kernels.record ? kernels : health));
    for (const [i, table] of dated.entries()) {
      setText(heads[i], briefOrigin(table));
      heads[i]?.setAttribute("title", originText(table));
    }
    for (const { cell, fact, run } of this.cells) {
      const known = all[run]?.[fact.of];
      const text = fact.tell({ [fact.of]: known?.record });
      const isOther = text && known && fact.of !== "structure" && known.step !== dated[run]?.step;
      setText(cell, isOther ? withEpoch(text, known) : text || (fact.isWide ? "" : "–"));
    }
  }
}

/** It stands at no epoch. */
const onceKnown = memo(
  (structure: Structure): Series => ({
    kind: "structure",
    points: [{ step: Number.NEGATIVE_INFINITY, wallTime: 0, record: structure, error: "" }],
    bytes: 0,
  }),
);

function isOfHealth(of: keyof Told): boolean {
  return of === "health" || of === "units";
}

function title(name: SpreadName): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

define("tfx-kernel", KernelView);
