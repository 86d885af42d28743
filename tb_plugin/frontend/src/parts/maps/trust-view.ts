/** Whether the enlarged map can be believed: each number explained, and the curves behind some. */

import { css, html, nothing } from "lit";
import { fromText } from "../../analysis/epochs.ts";
import {
  areaOf,
  besideText,
  calledOf,
  curveOf,
  orderText,
  type TrustNumber,
  trustOf,
  trustText,
} from "../../analysis/trust.ts";
import { asksText, saysText } from "../../analysis/trust-words.ts";
import type { Known } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import { type Axis, type Plot, type Point, roundTicks, shareAxis } from "../../draw/plot.ts";
import type { AttributionMap } from "../../format/records.ts";
import type { Sanity, Trust, TrustCurve } from "../../format/trusted.ts";
import "../data/plot-figure.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import type { CellAddress } from "./map-figure.ts";
import { curvesAt, sanityAt, trustAt } from "./map-trust.ts";
import { sanityCurve } from "./sanity-curve.ts";
import { METER_HELP, meterNode, meterStyles } from "./trust-badge.ts";

const SIZE = { width: 330, height: 210 } as const;
/** What a share of the positions is of, by metric. */
const DONE: Readonly<Record<string, string>> = { Insertion: "shown", ROAD: "removed" };

interface Line {
  readonly order: string;
  readonly points: readonly Point[];
}

export class TrustView extends Part {
  static override styles = [
    base,
    meterStyles,
    css`
      :host {
        display: block;
        padding: 6px 16px 12px;
      }
      h3 {
        display: inline;
        font-size: 13px;
        font-weight: 600;
        margin-right: 10px;
      }
      .numbers {
        display: flex;
        flex-wrap: wrap;
        gap: 14px 28px;
        margin-top: 8px;
      }
      section {
        flex: 1 1 250px;
        max-width: 380px;
        font-size: 12.5px;
      }
      h4 {
        display: flex;
        justify-content: space-between;
        gap: 12px;
        margin: 0 0 5px;
        font-size: 12.5px;
        font-weight: 600;
      }
      section p {
        margin: 7px 0;
      }
      figure {
        margin: 0;
        width: 330px;
        max-width: 100%;
      }
      figcaption {
        color: var(--muted);
      }
      ul {
        list-style: none;
        font-size: 12px;
      }
      svg {
        width: 26px;
        height: 6px;
        margin-right: 7px;
        vertical-align: middle;
      }
    `,
  ];

  private numbers: readonly TrustNumber[] = [];
  private known: Known<Trust> | undefined;
  private tested: Sanity | undefined;
  private sample = 0;
  /** The run's. */
  private colour = "";
  private readonly shown = new Changes();

  /** Tell of a map of an epoch; of channels and attention there is nothing to tell. */
  show(cell: CellAddress, map: Known<AttributionMap>): void {
    const isMap = cell.column.kind === "map";
    const found = isMap ? curvesAt(this.dashboard, cell, map) : undefined;
    // Exemplars are explained beside the samples that metrics measure.
    const known = trustOf(found?.record, cell.sample).length > 0 ? found : undefined;
    const numbers = isMap ? trustAt(this.dashboard, cell, map) : [];
    const tested = isMap ? sanityAt(this.dashboard, cell) : undefined;
    const { sample, run } = cell;
    const told = JSON.stringify([numbers, known?.step, known?.isNow]);
    if (!this.shown.differ(told, known?.record, tested, sample, run)) return;
    Object.assign(this, { numbers, known, tested, sample, colour: run.colour });
    this.requestUpdate();
  }

  override render() {
    const { numbers, known, tested } = this;
    const record = known?.record;
    if (numbers.length === 0 && !record && !tested) return nothing;
    const names = new Set([
      ...numbers.map(({ name }) => name),
      ...(record?.curves ?? []).map(({ metric }) => metric),
    ]);
    return html`
      <h3>Can this map be believed?</h3>
      <span class="muted">${METER_HELP}</span>
      <div class="numbers">
        ${[...names].map(
          (name) => html`<section aria-label=${calledOf(name)}>
            ${numbers.filter((one) => one.name === name).map((one) => this.number(one))}
            ${record ? this.figure(record, name) : nothing}
          </section>`,
        )}
        ${tested ? sanityCurve(this.dashboard, tested, this.sample, this.colour) : nothing}
      </div>
    `;
  }

  private number(one: TrustNumber) {
    const { known, sample } = this;
    const others = known?.record && known.isNow ? besideText(known.record, one.name, sample) : "";
    return html`<h4><span>${calledOf(one.name)}</span><span>${trustText(one.value)}</span></h4>
      ${meterNode(one)}
      <p>${asksText(one.name)} ${saysText(one)}${others ? ` ${capital(others)}.` : ""}</p>`;
  }

  private figure(record: Trust, metric: string) {
    const own = record.curves.filter((one) => one.metric === metric);
    const lines = own.map((one) => lineOf(record, one, this.sample));
    const finite = lines
      .flatMap(({ points }) => points)
      .flatMap(([, y]) => (Number.isFinite(y) ? [y] : []));
    if (finite.length === 0) return nothing;
    const unit = record.units[record.names.indexOf(metric)] ?? "score";
    const axes = {
      x: shareAxis(`share of the positions ${DONE[metric] ?? "hidden"}`),
      y: scoreAxis(finite, unit),
    };
    const from = this.known ? fromText(this.known) : "";
    const isArea = metric !== "ROAD";
    return html`<figure>
      ${from ? html`<figcaption>${metric} ${from}</figcaption>` : nothing}
      <tfx-plot
        .dashboard=${this.dashboard}
        .label="${metric}: ${unit} by the share of the positions; the areas stand below"
        .size=${SIZE}
        .axes=${axes}
        .draw=${(plot: Plot) => {
          for (const { order, points } of [...lines].reverse()) {
            const [colour, dash, width] = this.look(order, plot);
            plot.line(points, colour, dash, width);
          }
        }}
        .tell=${(plot: Plot, x: number, y: number) => tellNearest(plot, lines, unit, x, y)}
      ></tfx-plot>
      <ul>
        ${lines.map(
          ({ order, points }) => html`<li>
            ${this.swatch(order)}in the order ${orderText(order)}${isArea ? `: area ${trustText(areaOf(points))}` : ""}
          </li>`,
        )}
      </ul>
    </figure>`;
  }

  private look(order: string, { palette }: Pick<Plot, "palette">) {
    if (order === "map") return [this.colour, [], 2.5] as const;
    return [palette.muted, order === "chance" ? [5, 4] : [1.5, 3], 1.5] as const;
  }

  private swatch(order: string) {
    const isMap = order === "map";
    const dash = isMap ? "" : order === "chance" ? "5 4" : "1.5 3";
    return html`<svg viewBox="0 0 26 6" aria-hidden="true">
      <line
        x1="0" y1="3" x2="26" y2="3"
        stroke=${isMap ? this.colour : "var(--muted)"}
        stroke-width=${isMap ? 2.5 : 1.5}
        stroke-dasharray=${dash}
      />
    </svg>`;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lineOf(record: Trust, curve: TrustCurve, sample: number): Line {
  return { order: curve.order, points: curveOf(record, curve, sample) };
}

function scoreAxis(values: readonly number[], label: string): Axis {
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const room = 0.05 * (high - low) || 1;
  const to = high + room;
  const ticks = roundTicks(low, to);
  return { low, high: to, label, ticks, tell: (value) => String(value) };
}

function tellNearest(
  plot: Plot,
  lines: readonly Line[],
  unit: string,
  x: number,
  y: number,
): string {
  for (const { order, points } of lines) {
    const [share, score] = points[plot.nearest(points, x, y)] ?? [];
    if (share === undefined || score === undefined) continue;
    return `${trustText(score)} ${unit} at ${Math.round(100 * share)}% of the positions, in the order ${orderText(order)}`;
  }
  return "";
}

define("tfx-trust", TrustView);
