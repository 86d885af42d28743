/** Similarity to the reference over epochs, beside the controls' band: what training or pruning did. */

import {
  bandFor,
  bandsOf,
  controlsOf,
  type DriftCurve,
  driftChoice,
  driftCurves,
  movedAt,
} from "../analysis/drift.ts";
import { measureOf } from "../analysis/drift-scores.ts";
import { coefficient } from "../analysis/numbers.ts";
import type { Dashboard } from "../state/dashboard.ts";
import type { Curve, Track } from "./tracks.ts";

export function driftTracks({ scene, store, view }: Dashboard): Track[] {
  const { shown, steps } = scene;
  const choice = driftChoice(shown, store, view);
  const drifts = choice ? driftCurves(shown, store, choice.explained, choice.measure) : [];
  if (!choice || drifts.length === 0) return [];
  const { layers, explained, measure } = choice;
  const { label } = measureOf(measure);
  const references = [...new Set(drifts.flatMap((drift) => drift.references))];
  const [only] = references;
  const to = only && references.length === 1 ? only : "each run’s reference";
  const everyone = movedAt(scene.runs, store, explained, measure, steps.at(-1) ?? 0);
  const all = bandsOf(controlsOf(everyone));
  const keys = drifts.flatMap((drift) => drift.bands);
  const bands = [...new Set(keys.flatMap((key) => bandFor(all, key) ?? []))];
  const isOne = layers.filter(({ explainer }) => explainer === explained.explainer).length === 1;
  const layer = isOne ? "" : ` · ${explained.layer}`;
  const names = bands.flatMap((band) => band.names).join(", ");
  const shaded = names && `; shaded: control ${names}`;
  return [
    {
      name: "drift",
      title: `similarity to ${to}, ${label} of ${explained.explainer}${layer}${shaded}`,
      tell: coefficient,
      curves: drifts.map(curveOf),
      bands,
    },
  ];
}

function curveOf({ run, points }: DriftCurve): Curve {
  return {
    run,
    metric: "similarity",
    points,
    dash: [],
  };
}
