/** Features by how much they are used, runs below each other: bars with intervals, and over epochs. */

import { html, nothing, svg } from "lit";
import { epochText } from "../../analysis/epochs.ts";
import type { Estimate } from "../../analysis/evaluation.ts";
import {
  featureText,
  type OfClass,
  permutedOf,
  rankOf,
  reachOf,
  sameFeature,
  usedOf,
} from "../../analysis/importance.ts";
import { plural, short } from "../../analysis/numbers.ts";
import type { Importance } from "../../format/ranked.ts";
import type { RankedRun } from "./importance-runs.ts";
import { valueBar } from "./value-bar.ts";

export interface TableLook {
  readonly ofClass: OfClass;
  /** How many features are listed. */
  readonly most: number;
  /** List this many instead. */
  readonly list: (most: number) => void;
  readonly playhead: number;
}

interface Column {
  readonly head: unknown;
  readonly title: string;
  /** Of one run; the feature is the run's own. */
  readonly estimateOf: (record: Importance, feature: number) => Estimate | undefined;
  readonly tell: (value: number) => string;
}

export const FEW = 10;

/** The features of the first run are listed, in its order. */
export function importanceTable(runs: readonly RankedRun[], look: TableLook) {
  const [first] = runs;
  if (!first) return nothing;
  const { record } = first;
  const rank = rankOf(record, look.ofClass);
  const listed = rank.slice(0, Math.max(FEW, look.most));
  const columns = columnsOf(runs, look.ofClass);
  const scales = columns.map(({ estimateOf }) =>
    reachOf(
      runs.flatMap(({ record: own }) => own.names.map((_, feature) => estimateOf(own, feature))),
    ),
  );
  const hasEpochs = runs.some(({ epochs }) => epochs.length > 1);
  const hasCounts = record.occurs.length > 0;
  return html`<table class="ranking">
      <thead>
        <tr>
          <th scope="col">${capital(record.feature)}</th>
          ${hasCounts ? html`<th scope="col" class="number" title="In how many rows it is">In rows</th>` : nothing}
          ${columns.map(({ head, title }) => html`<th scope="col" title=${title}>${head}</th>`)}
          ${
            hasEpochs
              ? html`<th scope="col" title="How much it was used at each epoch that was measured; upright: the epoch shown">
                  Over epochs
                </th>`
              : nothing
          }
        </tr>
      </thead>
      <tbody>
        ${listed.map((feature) => {
          const name = featureText(record, feature);
          return html`<tr>
            <th scope="row" title=${name}><span class="cut">${name}</span></th>
            ${hasCounts ? html`<td class="number">${record.occurs[feature]}</td>` : nothing}
            ${columns.map(
              ({ estimateOf, tell }, i) => html`<td>
                ${runs.map(({ run, record: own }) => {
                  const same = sameFeature(own, record, feature);
                  const estimate = same < 0 ? undefined : estimateOf(own, same);
                  return valueBar(estimate, scales[i] ?? [0, 1], run.colour, tell);
                })}
              </td>`,
            )}
            ${hasEpochs ? html`<td>${overEpochs(runs, record, feature, look)}</td>` : nothing}
          </tr>`;
        })}
      </tbody>
    </table>
    ${moreButton(rank.length, listed.length, record, look)}`;
}

function columnsOf(runs: readonly RankedRun[], ofClass: OfClass): Column[] {
  const [first] = runs;
  const unit = first?.record.unit;
  const whose = ofClass === undefined ? "" : `, rows of ${first?.classText(ofClass)}`;
  const columns: Column[] = [
    {
      head: `Mean |attribution|${unit ? `, ${unit}` : ""}${whose}`,
      title: "How much it moves what is explained, either way, on average over the rows",
      estimateOf: (record, feature) => usedOf(record, feature, ofClass),
      tell: short,
    },
  ];
  const isAccuracy = first?.record.score === "accuracy";
  if (runs.some(({ record }) => record.permuted.length > 0)) {
    columns.push({
      head: isAccuracy ? "Fall of accuracy if shuffled" : "Rise of error if shuffled",
      title: "How much worse the model is when this feature has the values of other rows",
      estimateOf: permutedOf,
      tell: isAccuracy ? pointsText : short,
    });
  }
  if (runs.some(({ record }) => record.weightsFirst.length > 0)) {
    columns.push({
      head: "|Weight| × deviation",
      title: "Of the first layer, which is linear: what it can take from the feature at most",
      estimateOf: ({ weightsFirst }, feature) =>
        weightsFirst.length > 0
          ? { value: weightsFirst[feature] ?? Number.NaN, low: Number.NaN, high: Number.NaN }
          : undefined,
      tell: short,
    });
  }
  return columns;
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** Of shares, in points of a hundred. */
function pointsText(share: number): string {
  return `${(100 * share).toFixed(1).replace("-", "−")} pts`;
}

// -------------------------------------------------------------------- epochs

const LINE = { width: 84, height: 18, edge: 2 } as const;

/** A line for each run, on one scale for all features. */
function overEpochs(
  runs: readonly RankedRun[],
  of: Importance,
  feature: number,
  { ofClass, playhead }: TableLook,
) {
  const all = runs.flatMap(({ epochs }) => epochs);
  const steps = all.map(([step]) => step);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const most = Math.max(...all.flatMap(([, record]) => largestOf(record, ofClass))) || 1;
  const { width, height, edge } = LINE;
  const x = (step: number): number =>
    edge + ((width - 2 * edge) * (step - first)) / (last - first || 1);
  const y = (value: number): number => height - edge - (value / most) * (height - 2 * edge);
  const lines = runs.map(({ run, epochs }) => {
    const points = epochs.flatMap(([step, record]) => {
      const same = sameFeature(record, of, feature);
      const value = same < 0 ? Number.NaN : usedOf(record, same, ofClass).value;
      return Number.isFinite(value) ? [[step, value] as const] : [];
    });
    const d = points.map(([step, value]) => `${x(step).toFixed(1)} ${y(value).toFixed(1)}`);
    return { run, points, d: d.length > 0 ? `M${d.join("L")}` : "" };
  });
  const told = lines.map(({ run, points }) => {
    const ends = [points[0], points.at(-1)].filter((one) => one !== undefined);
    const texts = ends.map(([step, value]) => `${short(value)} at epoch ${epochText(step)}`);
    return `${run.name}: ${texts.join(", ")}`;
  });
  const now = x(Math.min(Math.max(playhead, first), last));
  return html`<span role="img" class="epochs" aria-label=${told.join("; ")} title=${told.join("; ")}>
    <svg width=${width} height=${height}>
      ${svg`<path class="now" d="M${now.toFixed(1)} 0L${now.toFixed(1)} ${height}" />`}
      ${lines.map(({ run, d }) => svg`<path d=${d} stroke=${run.colour} />`)}
    </svg>
  </span>`;
}

function largestOf(record: Importance, ofClass: OfClass): number[] {
  const top = rankOf(record, ofClass)[0] ?? 0;
  const { value } = usedOf(record, top, ofClass);
  return Number.isFinite(value) ? [value] : [];
}

function moreButton(all: number, listed: number, { total, feature }: Importance, look: TableLook) {
  const rest = total > all ? ` of ${total}` : "";
  if (all <= FEW) return rest ? html`<p class="muted">${all}${rest} ${feature}s</p>` : nothing;
  const isAll = listed >= all;
  return html`<button data-screen @click=${() => look.list(isAll ? 0 : all)}>
    ${isAll ? `Only the first ${FEW}` : `All ${plural(all, feature)}`}
  </button>`;
}
