/** What is in sight, as facts for the caption and as scales that nothing in sight tells. */

import {
  isSigned,
  mapColour,
  type SequentialName,
  type SignedName,
  strength,
} from "../analysis/colours.ts";
import { metricOf } from "../analysis/compression.ts";
import { epochText, fromText } from "../analysis/epochs.ts";
import { labelText, targetText } from "../analysis/filters.ts";
import { isRow } from "../analysis/layouts.ts";
import { whenText } from "../analysis/moments.ts";
import { seriesWith, tableAt } from "../analysis/strip-rows.ts";
import type { Known } from "../data/series.ts";
import type { Moment } from "../format/moment.ts";
import { legendText } from "../parts/maps/legend-text.ts";
import { mapAt } from "../parts/maps/map-figure.ts";
import { matchingSamples } from "../parts/maps/matching.ts";
import type { Column } from "../state/columns.ts";
import type { Dashboard } from "../state/dashboard.ts";
import type { ShownRun } from "../state/runs.ts";
import { shownSeries } from "../state/shown-classes.ts";
import { PLATE } from "../tables.ts";
import type { Facts, Method, Sample } from "./caption.ts";
import { inkOf } from "./inks.ts";
import type { Key } from "./sheet.ts";
import type { Seen } from "./sight.ts";

/** Parts that show maps of all samples, of the chosen evidence. */
const OF_ALL = ["tfx-wall", "tfx-mean-maps"];

export function factsOf(dashboard: Dashboard, seen: Seen): Facts {
  const { scene, store, step } = dashboard;
  const columns = columnsOf(dashboard, seen);
  const shown = [...new Map(columns.map((column) => [column.group, column])).values()];
  const numbers = seen.parts.has("tfx-wall") ? matchingSamples(dashboard) : [...seen.samples];
  const runs = scene.shown;
  return {
    epoch: step,
    runs: runs.map((run) => ({
      name: run.name,
      when: whenOf(dashboard, run, columns.length === 0),
    })),
    methods: shown.map((column) => methodOf(dashboard, column)),
    samples: shown.length > 0 ? numbers.map((sample) => sampleOf(dashboard, shown, sample)) : [],
    hasMaps: shown.some(({ kind }) => kind === "map"),
    hasPictures: shown.some(
      ({ kind, layout }) =>
        kind === "map" && !isRow(layout) && runs.some(({ run }) => run.inputs.length > 0),
    ),
    more: moreOf(dashboard, seen),
    version: `${store.listing?.pluginVersion ?? ""} (log format ${store.listing?.format ?? ""})`,
  };
}

function columnsOf({ scene }: Dashboard, seen: Seen): Column[] {
  const all = OF_ALL.some((name) => seen.parts.has(name)) && scene.evidence ? [scene.evidence] : [];
  return [...seen.columns.values(), ...all];
}

/** When a run's maps were made, or the numbers of its kernels, and with which weights. */
function whenOf(dashboard: Dashboard, run: ShownRun, ofKernels: boolean): string {
  const { scene } = dashboard;
  const known: Known<Moment> = ofKernels
    ? tableAt(seriesWith(scene.metric, dashboard.tables(run)), dashboard.step)
    : dashboard.predictions(run.id);
  const { record, step = dashboard.step } = known;
  // A comparison, or maps of a call: the one step of the log is no epoch of a training.
  if (scene.steps.length === 1 && record?.weights === undefined) return "";
  const own = record?.weights === step ? ", with the weights at its end" : "";
  const late = fromText(known) ? `, shown at epoch ${epochText(dashboard.step)}` : "";
  return `${whenText(record, step)}${own}${late}`;
}

function methodOf({ scene }: Dashboard, { group, explainer, layer }: Column): Method {
  const groups = scene.shown.flatMap(({ run }) => run.groups);
  const settings = groups.find((one) => one.group === group)?.content.settings ?? {};
  return { explainer, layer: scene.layerText(layer), settings };
}

function sampleOf(dashboard: Dashboard, columns: readonly Column[], number: number): Sample {
  const { scene, step } = dashboard;
  const maps = scene.shown.flatMap((run) =>
    columns.flatMap(({ group, kind }) => {
      if (kind !== "map") return [];
      const { record } = mapAt(shownSeries(dashboard, run.id, group, number), step);
      return record ? [targetText(run.samples, record)] : [];
    }),
  );
  const samples = scene.shown.find((run) => run.samples)?.samples;
  return { number, label: labelText(samples, number), target: [...new Set(maps)].join(" or ") };
}

/** What is said of the validation rows, where their view is in sight. */
function rowsText(parts: ReadonlySet<string>): string {
  if (!parts.has("tfx-data")) return "";
  const what = parts.has("tfx-importance") ? "What is used in general, over" : "Predictions on the";
  return `${what} validation rows; intervals are of 95%.`;
}

function moreOf({ scene }: Dashboard, { parts, graph }: Seen): string[] {
  const metric = metricOf(scene.metric);
  return [
    rowsText(parts),
    parts.has("tfx-exchange-map")
      ? "Where the label lives: windows of samples are put into samples of other classes; the maps show how often predictions follow a window, as the mean of all windows over each place."
      : "",
    parts.has("tfx-layer-strip") ? `Layers over epochs: ${metric.label}, ${metric.meaning}.` : "",
    parts.has("tfx-stages")
      ? `Stages of the model from input to prediction: bars are as wide as the square root of a stage’s channels, coloured by ${metric.label} of each of its layers, ${metric.meaning}; beside each map the smallest part of it that has half of the sum of its magnitudes, and its largest magnitude; maps alike: Pearson’s correlation.`
      : "",
    graph
      ? `Graph of the layers of run ${graph.name}: arrows lead from what a layer reads; the bar at its foot is its ${metric.label}, ${metric.meaning}, of a folded group (+) one of each layer inside.`
      : "",
    parts.has("tfx-kernel") && scene.layer
      ? `${scene.layer}: histogram of what is not zero at this epoch; below, the same over epochs, each line on a scale of its own.`
      : "",
  ].filter(Boolean);
}

/** Scales of what has no legend in sight. */
export function keysOf(dashboard: Dashboard, seen: Seen): Key[] {
  const { view, scene } = dashboard;
  const { evidence } = scene;
  const columns = [...seen.columns.values()];
  const untold = columns.filter(
    ({ group, kind }) => kind !== "picture" && !seen.legends.has(group),
  );
  const [sample] = seen.samples.size === 1 ? seen.samples : [];
  return [
    ...untold.map((column) => mapKey(dashboard, column, legendText(dashboard, column, sample))),
    ...(evidence && seen.parts.has("tfx-wall")
      ? [mapKey(dashboard, evidence, wallText(dashboard, evidence))]
      : []),
    ...(evidence && seen.parts.has("tfx-mean-maps")
      ? [keyOf(`Mean of |${nameOf(dashboard, evidence)}|`, view.sequential, MEAN)]
      : []),
  ];
}

const MEAN = {
  ends: ["0", "max"],
  scope: "one scale for all runs, each sample counts alike",
} as const;

/** A scale for all samples has numbers; of others, each sample or map has its own. */
function wallText(dashboard: Dashboard, column: Column): Pick<Key, "ends" | "scope"> {
  const { scale } = dashboard.view;
  if (scale === "all") return legendText(dashboard, column, undefined);
  const ends = column.signed ? ["−max", "0", "max"] : ["0", "max"];
  const scope =
    scale === "map" ? "max of each map" : "max of each sample over shown runs and all epochs";
  return { ends, scope };
}

function mapKey(dashboard: Dashboard, column: Column, text: Pick<Key, "ends" | "scope">): Key {
  const { view } = dashboard;
  const unit = column.unit ? `, in ${column.unit}` : "";
  const ramp = column.signed ? view.diverging : view.sequential;
  return keyOf(`${nameOf(dashboard, column)}${unit}`, ramp, text);
}

function nameOf({ scene }: Dashboard, { explainer, layer }: Column): string {
  return `${explainer} of ${scene.layerText(layer)}`;
}

function keyOf(
  name: string,
  ramp: SequentialName | SignedName,
  text: Pick<Key, "ends" | "scope">,
): Key {
  const stops = Array.from({ length: 65 }, (_, i) => {
    const share = isSigned(ramp) ? i / 32 - 1 : i / 64;
    const ink = inkOf(`rgb(${mapColour(ramp, share).join(" ")} / ${strength(share)})`);
    return { at: i / 64, ink };
  });
  return { name, stops, ground: inkOf(`rgb(${PLATE.join(" ")})`), ...text };
}
