/** What the drift panel says of a sample, and how it is shown in the grid. */

import {
  bandFor,
  type ControlBand,
  type DriftChoice,
  type Moved,
  referenceOf,
  referencePredictions,
} from "../../analysis/drift.ts";
import { type BandSide, measureOf, type Score, sideOf } from "../../analysis/drift-scores.ts";
import { fromText, withEpoch } from "../../analysis/epochs.ts";
import { className, confidence, labelText } from "../../analysis/filters.ts";
import { coefficient, short } from "../../analysis/numbers.ts";
import { type Known, knownAt } from "../../data/series.ts";
import type { Fidelity } from "../../format/compressed.ts";
import type { Predictions } from "../../format/records.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { Opened } from "../../state/view.ts";
import { BAND_PERCENTILES, LEAST_VALUES } from "../../tables.ts";

/** What all parts of the panel draw at one epoch. */
export interface DriftState {
  readonly choice: DriftChoice;
  readonly moved: readonly Moved[];
  /** Of runs that are shown and of those that are not. */
  readonly controls: readonly Moved[];
  readonly bands: ReadonlyMap<string, ControlBand>;
  readonly axis: readonly [number, number];
}

/** One sample of one run. */
export interface Entry extends Score {
  readonly moved: Moved;
}

const SIDES: Readonly<Record<BandSide, string>> = {
  below: "outside the control band",
  within: "within normal variation",
  above: "above the control band",
};

/** On which side of its run's band a value lies; undefined where there is no band. */
export function sideOfEntry(state: DriftState, { moved, value }: Entry): BandSide | undefined {
  const band = bandOfRun(state, moved);
  return band && Number.isFinite(value) ? sideOf(band, value) : undefined;
}

/** The same in words; empty where there is no band. */
export function sideText(state: DriftState, entry: Entry): string {
  const side = sideOfEntry(state, entry);
  return side ? SIDES[side] : "";
}

/** The band of a run's own reference; a control is not held against itself. */
export function bandOfRun({ bands }: DriftState, moved: Moved): ControlBand | undefined {
  return bandFor(bands, referenceOf(moved));
}

/** Whose band it is, and what it spans. */
export function bandText({ names, low, high, count, from }: ControlBand): string {
  const who = names.length > 1 ? "controls" : "control";
  const range = `${coefficient(low)} to ${coefficient(high)}`;
  return `${who} ${names.join(", ")}: ${BAND_PERCENTILES.map((p) => `${p}th`).join("–")} percentile of ${count} values, ${range}${from && `, ${from}`}`;
}

/** Why controls show no band, empty where they do or where there are none. */
export function noBandText({ controls, bands }: DriftState): string {
  const bare = controls.filter((control) => !bands.has(referenceOf(control)));
  if (bare.length === 0) return "";
  const names = bare.map(({ run }) => run.name).join(", ");
  return `no band of ${names}: fewer than ${LEAST_VALUES} values`;
}

export function labelOf({ run }: Moved, sample: number): string {
  return labelText(run.samples, sample);
}

/** `dog`, and where it changed what the reference said: `dog (dense: cat)`. */
export function predictionText(dashboard: Dashboard, { moved, sample, agrees }: Entry): string {
  const { scene, store } = dashboard;
  // Of the maps' own epoch, which may not be the playhead's.
  const { record, isNow } = knownAt(
    store.get(moved.run.id, "predictions"),
    "predictions",
    moved.step,
  );
  const now = outputText(moved.run, isNow ? record : undefined, sample);
  if (agrees) return now;
  const before = referencePredictions(moved, scene.shown, store);
  const was = outputText(moved.run, before, sample);
  return was ? `${now} (${moved.drift.reference}: ${was})` : now;
}

function outputText(run: ShownRun, predictions: Predictions | undefined, sample: number): string {
  const predicted = predictions?.predicted[sample];
  if (!predictions || predicted === undefined) return "";
  return predicted < 0 ? short(confidence(predictions, sample)) : className(run.samples, predicted);
}

/** Everything about one mark. */
export function entryText(dashboard: Dashboard, state: DriftState, entry: Entry): string {
  const label = labelOf(entry.moved, entry.sample);
  const predicted = predictionText(dashboard, entry);
  const parts = [
    `sample ${entry.sample}`,
    label && `label ${label}`,
    predicted && `predicted ${predicted}`,
    `${measureOf(state.choice.measure).label} ${coefficient(entry.value)}`,
    sideText(state, entry),
    fromText(entry.moved),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Only this sample in the grid, with the maps that were compared and the runs they are of. */
export function showSample(dashboard: Dashboard, { moved, sample }: Entry): void {
  const { scene, view } = dashboard;
  const shown = scene.shownColumns.map(({ group }) => group);
  const all = scene.columns.map(({ group }) => group);
  const wanted = all.filter((group) => group === moved.maps || shown.includes(group));
  const reference = scene.shown.find(({ name }) => name === referenceOf(moved));
  const map: Opened = { run: moved.run.id, group: moved.maps, sample };
  const isFree = view.difference === undefined || view.difference.length > 0;
  dashboard.update({
    samples: [sample],
    opened: view.opened && map,
    ...(wanted.length > shown.length ? { groups: wanted } : {}),
    ...(reference && isFree ? { difference: [moved.run.id, reference.id] } : {}),
  });
  // The map is in the grid only once all parts are rendered.
  window.setTimeout(() => dashboard.dispatchEvent(new CustomEvent("reveal", { detail: map })));
}

const FIDELITY: Readonly<Record<string, (value: number) => string>> = {
  agreement: (value) => `same prediction ${share(value)}`,
  kl: (value) => `KL ${short(value)} nats`,
  accuracy: (value) => `accuracy ${share(value)}`,
  reference_accuracy: (value) => `the reference’s ${share(value)}`,
};

/** `same prediction 97.2% · KL 0.012 nats · accuracy 95.1% · ..., on 300 samples`. */
export function fidelityText({ record, ...dated }: Known<Fidelity>): string {
  const numbers = record?.numbers ?? new Map<string, number>();
  const known = Object.keys(FIDELITY).filter((name) => numbers.has(name));
  const others = [...numbers.keys()].filter((name) => name !== "samples" && !(name in FIDELITY));
  const texts = [...known, ...others].map((name) => {
    const value = numbers.get(name) as number;
    return FIDELITY[name]?.(value) ?? `${name.replaceAll("_", " ")} ${short(value)}`;
  });
  const samples = numbers.get("samples");
  const told = texts.join(" · ") + (samples === undefined ? "" : `, on ${samples} samples`);
  return withEpoch(told, dated);
}

function share(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)}%` : "–";
}
