/** Totals of the kernels over epochs: the selected metric, or sparsity where it has no total. */

import { metricOf, metricText } from "../analysis/compression.ts";
import { recordsOf } from "../data/series.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { compressed } from "../state/scene.ts";
import type { Curve, Track } from "./tracks.ts";

/** By part of the model: all of it, or student and teacher. */
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3]];

export function totalTracks(dashboard: Dashboard): Track[] {
  const runs = compressed(dashboard.scene);
  const records = runs.flatMap((run) => recordsOf(dashboard.kernels(run), "kernels"));
  const parts = [...new Set(records.flatMap(({ totals }) => [...totals.keys()]))];
  const wanted = dashboard.view.metric;
  const hasTotal = records.some(({ totals }) =>
    [...totals.values()].some((sums) => sums.has(wanted)),
  );
  const { name, label, unit } = metricOf(hasTotal ? wanted : "sparsity");
  const curves = runs.flatMap((run) =>
    parts.map((part, i): Curve => {
      const series = dashboard.kernels(run);
      const points = series?.points.flatMap(({ step, record }) => {
        const value = record?.kind === "kernels" ? record.totals.get(part)?.get(name) : undefined;
        return value === undefined ? [] : [[step, value] as const];
      });
      return {
        run,
        metric: part ? `${label}, ${part}` : `${label}, total`,
        points: points ?? [],
        dash: DASHES[i % DASHES.length] ?? [],
      };
    }),
  );
  const drawn = curves.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return [];
  const tell = (value: number): string => metricText(unit, value);
  return [{ name: "totals", title: `${label}, total`, tell, curves: drawn }];
}
