/** Which samples the filters leave, in the list and in the wall. */

import { changedMind, labelsOf, verdict } from "../../analysis/filters.ts";
import { recordsOf } from "../../data/series.ts";
import type { Dashboard } from "../../state/dashboard.ts";

export function matchingSamples(dashboard: Dashboard): number[] {
  const { scene, view, store } = dashboard;
  const histories = scene.shown.map(({ id, samples }) => ({
    samples,
    now: dashboard.predictions(id).record,
    all: view.filter === "changed" ? recordsOf(store.get(id, "predictions"), "predictions") : [],
  }));
  return scene.samples.filter((sample) => {
    const inClass =
      view.classIndex === undefined ||
      histories.some(({ samples }) => labelsOf(samples, sample).includes(view.classIndex ?? -1));
    if (!inClass) return false;
    if (view.filter === "wrong") {
      return histories.some(({ samples, now }) => verdict(samples, now, sample) === "wrong");
    }
    return view.filter === "all" || histories.some(({ all }) => changedMind(all, sample));
  });
}
