/** Shares of the evidence inside of boxes over epochs, a track for each box. */

import { boxPoints } from "../analysis/box-curves.ts";
import {
  areaOf,
  type Box,
  type BoxAxes,
  boxName,
  boxText,
  partOfSides,
} from "../analysis/boxes.ts";
import { percent } from "../analysis/numbers.ts";
import { lacks } from "../analysis/same-samples.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { inputAxes } from "../state/input-axes.ts";
import type { Track } from "./tracks.ts";

export function boxTracks(dashboard: Dashboard): Track[] {
  const { scene, store, view } = dashboard;
  const axes = view.boxes.length > 0 ? inputAxes(scene, store) : undefined;
  if (!axes) return [];
  return view.boxes
    .filter((box) => box.length === axes.sides.length)
    .map((box) => trackOf(dashboard, box, axes));
}

/** By which its track is chosen. */
export function boxTrackName(box: Box): string {
  return `box ${boxName(box)}`;
}

function trackOf({ scene, store }: Dashboard, box: Box, axes: BoxAxes): Track {
  const { evidence } = scene;
  const where = boxText(box, axes);
  const part = partOfSides(box, axes.sides);
  let [there, expected] = [0, 0];
  const curves = scene.shown.flatMap((run) => {
    const samples = scene.samples.filter((sample) => !lacks(run.samples, sample));
    const series = samples.flatMap(
      (sample) => store.get(run.id, evidence?.group ?? "", sample) ?? [],
    );
    expected += samples.length;
    there += series.length;
    const points = boxPoints(series, part);
    if (points.length === 0) return [];
    return [
      {
        ...{ run, metric: `in ${where}`, dash: [] },
        points: points.map(({ step, mean }) => [step, mean] as const),
        range: points.map(({ step, low, high }) => [step, low, high] as const),
      },
    ];
  });
  const isPart = store.busy || there < expected;
  const loading = isPart ? `, so far of ${there} of ${expected} series` : "";
  return {
    name: boxTrackName(box),
    title: `in ${where}: share of ${evidence?.explainer}, mean and range of samples${loading}; dashed: its area`,
    tell: percent,
    curves,
    level: areaOf(part),
    isTall: true,
  };
}
