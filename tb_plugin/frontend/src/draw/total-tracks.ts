/** Totals over epochs: of the kernels the selected metric, of the health of layers all there are. */

import { isLogarithmic, metricOf, metricText } from "../analysis/compression.ts";
import { recordsOf } from "../data/series.ts";
import "../format/healthy.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { compressed, measured } from "../state/scene.ts";
import type { Curve, Track } from "./tracks.ts";

/** All curves of what is known of layers: they come later, with a script of their own. */
export function layerTracks(dashboard: Dashboard): Track[] {
  return [...totalTracks(dashboard), ...healthTracks(dashboard)];
}

/** By part of the model: all of it, or student and teacher. */
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3]];

/** The selected metric's total, or that of sparsity where it has none. */
function totalTracks(dashboard: Dashboard): Track[] {
  const runs = compressed(dashboard.scene);
  const records = runs.flatMap((run) => recordsOf(dashboard.kernels(run), "kernels"));
  const parts = [...new Set(records.flatMap(({ totals }) => [...totals.keys()]))];
  const { metric: wanted, has } = dashboard.scene;
  const hasTotal = records.some(({ totals }) =>
    [...totals.values()].some((sums) => sums.has(wanted)),
  );
  // Of weights that are as they were trained, health says more than that none is zero.
  if (!hasTotal && has.health && !has.compressed) return [];
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

/** In this order; the first, which tells vanishing gradients, is drawn where none of them is selected. */
const OF_HEALTH = ["gradient_ratio", "gradient_norm", "update_ratio", "dead_share"] as const;

/** What the health of all layers together is; only what is looked at is drawn unless chosen. */
function healthTracks(dashboard: Dashboard): Track[] {
  const { metric: wanted } = dashboard.view;
  const usual = OF_HEALTH.find((name) => name === wanted) ?? OF_HEALTH[0];
  return OF_HEALTH.flatMap((name): Track[] => {
    const { label, unit } = metricOf(name);
    const curves = measured(dashboard.scene).map((run): Curve => {
      const points = (dashboard.health(run)?.points ?? []).flatMap(({ step, record }) => {
        const value = record?.kind === "health" ? record.totals.get(name) : undefined;
        return value === undefined ? [] : [[step, value] as const];
      });
      return { run, metric: label, points, dash: [] };
    });
    const drawn = curves.filter(({ points }) => points.length > 0);
    if (drawn.length === 0) return [];
    const tell = (value: number): string => metricText(unit, value);
    const look = { isLog: isLogarithmic(name), isExtra: name !== usual };
    return [{ name: `health-${name}`, title: label, tell, curves: drawn, ...look }];
  });
}
