/** What quantization does to the outputs of each layer: how close, how far it reaches, over epochs. */

import { html, nothing, svg } from "lit";
import {
  decibelText,
  type Ends,
  errorsOf,
  extentOf,
  type LayerError,
  lossText,
  mostDecibels,
  overEpochs,
  rangesText,
  shareOfMost,
  spanText,
  worstLosses,
} from "../../analysis/activations.ts";
import { metricText } from "../../analysis/compression.ts";
import { mergeNames, sameLayer } from "../../analysis/kernels.ts";
import { whenText } from "../../analysis/moments.ts";
import { plural } from "../../analysis/numbers.ts";
import type { Known, Series } from "../../data/series.ts";
import "../../format/quantized.ts";
import type { Activations } from "../../format/quantized.ts";
import { holds, type ShownRun } from "../../state/runs.ts";
import { recordedAt, recordedSeries } from "../data/recorded.ts";
import { PacedPart } from "../frame/paced-part.ts";
import { define } from "../frame/part.ts";
import { nameText, pathText } from "../frame/path-text.ts";
import { base } from "../frame/styles.ts";
import { activationStyles } from "./activation-styles.ts";
import { panelStyles } from "./panel-styles.ts";

const MAX_ROWS = 1000;
const TRACK = { width: 84, height: 16 } as const;

/** One run at the playhead. */
interface Source {
  readonly run: ShownRun;
  readonly series: Series | undefined;
  readonly known: Known<Activations>;
}

/** The same, and where most is lost. */
interface Judged extends Source {
  readonly worst: ReadonlySet<string>;
}

export class ActivationView extends PacedPart {
  static override styles = [base, panelStyles, activationStyles];

  override render() {
    const { sources } = this;
    const known = sources.flatMap(({ known: { record } }) => record ?? []);
    if (known.length === 0) {
      const error = sources.find(({ known: { error } }) => error)?.known.error;
      return html`<p class="bar muted">${error || this.absent(sources)}</p>`;
    }
    const layers = mergeNames(known.map((record) => record.layers));
    const most = mostDecibels(sources.map(({ series }) => series));
    const judged = sources.map((source): Judged => {
      const { record } = source.known;
      return { ...source, worst: record ? worstLosses(record, most) : new Set() };
    });
    const hasTracks = sources.some(({ series }) => (series?.points.length ?? 0) > 1);
    return html`
      <div class="bar">
        <span class="when">${this.told(sources)}</span>
        ${legend(sources.map(({ run }) => run.colour))}
      </div>
      <div class="scroll" tabindex="0" role="group" aria-label="Activations by layer">
        <table>
          <thead>
            <tr>
              <th scope="col">layer, in call order</th>
              ${sources.length > 1 ? html`<th scope="col">run</th>` : nothing}
              <th scope="col" class="wide" title="Signal to quantization noise of the outputs, errors of the layers before included: 10 log10(sum A² / sum (A − Â)²). 6 dB less is twice the error">SQNR of outputs: higher is closer</th>
              <th scope="col" title="How much less than at the layer before">lost here</th>
              ${hasTracks ? html`<th scope="col" title="SQNR of the outputs, the same scale for all layers">over epochs</th>` : nothing}
              <th scope="col" class="number" title="The same of the layer’s kernel alone">kernel</th>
              <th scope="col" class="number" title="Outputs of the float model that lie outside of what the codes reach">clipped</th>
              <th scope="col" class="wide" title="Least to greatest output, each layer on its own scale">range of outputs</th>
            </tr>
          </thead>
          <tbody>
            ${layers.slice(0, MAX_ROWS).map((layer) => this.rows(layer, judged, most, hasTracks))}
          </tbody>
        </table>
        ${this.notes(sources, layers.length)}
      </div>
    `;
  }

  private absent(sources: readonly Source[]): string {
    const isLater = sources.some(({ series }) => (series?.points.length ?? 0) > 0);
    return isLater ? "Not measured yet at this epoch." : "Loading…";
  }

  private get sources(): Source[] {
    const runs = this.dashboard.scene.shown.filter((run) => holds([run], ["activations"]));
    return runs.map((run) => ({
      run,
      series: recordedSeries(this.dashboard, run, "activations"),
      known: recordedAt(this.dashboard, run, "activations"),
    }));
  }

  /** `On 32 rows, beside floats; epoch 3`. */
  private told(sources: readonly Source[]): string {
    const texts = sources.flatMap(({ known: { record, step } }) =>
      record && step !== undefined
        ? [`${plural(record.rows, "row")}, beside ${record.reference}; ${whenText(record, step)}`]
        : [],
    );
    const [all, ...others] = new Set(texts);
    return others.length === 0 ? (all ?? "") : [all, ...others].join(" · ");
  }

  private rows(layer: string, sources: readonly Judged[], most: number, hasTracks: boolean) {
    const found = sources.flatMap((source) => {
      const { record } = source.known;
      const one = record && errorsOf(record).find((error) => error.layer === layer);
      return one ? [{ source, one }] : [];
    });
    const isChosen = sameLayer([layer], this.dashboard.scene.layer) === layer;
    return found.map(
      ({ source, one }, i) => html`<tr
        class="${isChosen ? "chosen" : ""} ${i === 0 ? "first" : ""}"
        @click=${() => this.choose(layer)}
      >
        ${
          i === 0
            ? html`<th scope="row" rowspan=${found.length} title=${layer}>
              <button aria-pressed=${isChosen}>${pathText(this.dashboard.scene.layerText(layer))}</button>
            </th>`
            : nothing
        }
        ${
          sources.length > 1
            ? html`<td title=${source.run.name}>
              <span class="who"><span class="dot" style="background: ${source.run.colour}"></span>${nameText(source.run.name)}</span>
            </td>`
            : nothing
        }
        <td>${bar(one, most, source.run.colour)}</td>
        <td class="lost ${source.worst.has(layer) ? "worst" : ""}">${lossText(one.lost)}</td>
        ${hasTracks ? html`<td>${track(overEpochs(source.series, layer), most, this.dashboard.step)}</td>` : nothing}
        <td class="number">${decibelText(one.kernelSqnr)}</td>
        <td class="number ${one.clipping >= 0.01 ? "worst" : ""}">${metricText("share", one.clipping)}</td>
        <td>${ranges(one, source.run.colour)}</td>
      </tr>`,
    );
  }

  private choose(layer: string): void {
    this.dashboard.selectLayer(sameLayer(this.dashboard.scene.kernels, layer) ?? layer);
  }

  private notes(sources: readonly Source[], count: number) {
    const missing = sources.flatMap(({ run, known: { record } }) =>
      record && record.missing.length > 0
        ? [
            `${run.name} has no outputs of ${record.missing.join(", ")}: they are fused with others, or not there.`,
          ]
        : [],
    );
    const more = count > MAX_ROWS ? [`The first ${MAX_ROWS} of ${count} layers.`] : [];
    return [...missing, ...more].map((text) => html`<p class="muted">${text}</p>`);
  }
}

/** The SQNR of the outputs as a bar, that of the kernel as a line across. */
function bar({ sqnr, kernelSqnr }: LayerError, most: number, colour: string) {
  const [share, kernel] = [shareOfMost(sqnr, most), shareOfMost(kernelSqnr, most)];
  const text = decibelText(sqnr);
  const whole = `outputs ${text}, kernel ${decibelText(kernelSqnr)}`;
  return html`<div class="measure" title=${whole}>
    <span class="room">
      ${
        Number.isNaN(share)
          ? nothing
          : html`<span class="fill ${sqnr === Number.POSITIVE_INFINITY ? "exact" : ""}" style="width: ${100 * share}%; background: ${colour}"></span>`
      }
      ${Number.isNaN(kernel) ? nothing : html`<span class="kernel" style="left: ${100 * kernel}%"></span>`}
    </span>
    <span class="text">${text}</span>
  </div>`;
}

/** The SQNR over epochs, with a dot at the playhead. */
function track(points: readonly (readonly [number, number])[], most: number, step: number) {
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const { width, height } = TRACK;
  const x = (at: number): number => 3 + ((width - 6) * (at - first)) / (last - first || 1);
  const y = (value: number): number => height - 2 - (height - 4) * shareOfMost(value, most);
  const known = points.filter(([, value]) => !Number.isNaN(value));
  const line = known.map(([at, value], i) => `${i ? "L" : "M"}${x(at)} ${y(value)}`).join("");
  const now = known.findLast(([at]) => at <= step);
  const told =
    known.length > 0
      ? `${decibelText(known[0]?.[1] ?? Number.NaN)} to ${decibelText(known.at(-1)?.[1] ?? Number.NaN)}`
      : "not known";
  return html`<svg class="track" width=${width} height=${height} role="img" aria-label="SQNR over epochs: ${told}">
    ${svg`<path d=${line}></path>`}
    ${now ? svg`<circle cx=${x(now[0])} cy=${y(now[1])} r="2.5"></circle>` : nothing}
  </svg>`;
}

/** The float model's range behind that of the quantized one, and what the codes reach. */
function ranges(one: LayerError, colour: string) {
  const [low, high] = extentOf(one);
  const at = (value: number): number => (100 * (value - low)) / (high - low || 1);
  const span = (ends: Ends, name: string, style = "") =>
    ends.every(Number.isFinite)
      ? html`<span class=${name} style="left: ${at(ends[0])}%; width: ${at(ends[1]) - at(ends[0])}%; ${style}"></span>`
      : nothing;
  return html`<div class="ranges" title=${rangesText(one)}>
    <span class="room" role="img" aria-label=${rangesText(one).replaceAll("\n", ", ")}>
      ${span(one.reference, "float")}${span(one.range, "own", `background: ${colour}`)}${span(one.limits, "limits")}
      <span class="zero" style="left: ${at(0)}%"></span>
    </span>
    <span class="text">${spanText(one.range)}</span>
  </div>`;
}

/** In the run's colour; of several in none of theirs. */
function legend(colours: readonly string[]) {
  const fill = `background: ${colours.length === 1 ? colours[0] : "var(--muted)"}`;
  return html`<span class="legend" data-screen
      ><span class="key fill" style=${fill}></span><span class="muted">outputs</span>
      <span class="key kernel"></span><span class="muted">kernel alone</span></span
    >
    <span class="legend" data-screen
      ><span class="key float"></span><span class="muted">float range</span>
      <span class="key own" style=${fill}></span><span class="muted">quantized</span>
      <span class="key limits"></span><span class="muted">what codes reach</span></span
    >`;
}

define("tfx-activations", ActivationView);
