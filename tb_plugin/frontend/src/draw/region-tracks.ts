/** How much evidence lies in regions over epochs: of all samples, by class and by group. */

import { totalsOf } from "../analysis/evaluated-totals.ts";
import { labelText } from "../analysis/filters.ts";
import { percent } from "../analysis/numbers.ts";
import { MEASURES, type Measure, regionPoints } from "../analysis/regions.ts";
import { lacks } from "../analysis/same-samples.ts";
import "../format/regional.ts";
import type { Regions } from "../format/regional.ts";
import type { Dashboard } from "../state/dashboard.ts";
import type { ShownRun } from "../state/runs.ts";
import { estimatesCurve } from "./estimates-curve.ts";
import type { Curve, Track } from "./tracks.ts";

const SAID: Readonly<Record<Measure, string>> = {
  mass: "evidence in",
  pointing: "strongest position in",
};
/** Of one run, in the order of classes or groups. */
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
const MOST_CURVES = 24;

interface Measured {
  readonly run: ShownRun;
  readonly records: readonly (readonly [step: number, record: Regions])[];
}

export function regionTracks(dashboard: Dashboard): Track[] {
  const { scene } = dashboard;
  const group = groupOf(dashboard);
  const measured = scene.shown.map((run) => ({ run, records: recordsAt(dashboard, run, group) }));
  const all = measured.flatMap(({ records }) => records.map(([, record]) => record));
  const names = [...new Set(all.flatMap((record) => record.names))];
  const explainer = group.split("/")[1] ?? "";
  return names.flatMap((name) => {
    const own = all.find((record) => record.names.includes(name));
    if (!own) return [];
    const place = own.names.indexOf(name);
    const where = `${name}${own.avoid[place] ? " (avoid)" : ""}`;
    const level = levelOf(own, place);
    const tracks = MEASURES.map((measure): Track => {
      const curves = measured.flatMap((one) =>
        curvesOf(dashboard, one, name, measure, () => name).slice(0, 1),
      );
      return {
        ...{ name: trackName(name, measure), curves, level, tell: percent },
        title: `${SAID[measure]} ${where}: share, ${explainer}, mean of samples; dashed: its area`,
        ...{ isTall: measure === "mass", isExtra: measure !== "mass" },
      };
    });
    const parts = [
      ["class", (run: ShownRun, sample: number) => labelText(run.samples, sample)],
      ["group", (run: ShownRun, sample: number) => groupName(dashboard, run, sample)],
    ] as const;
    const split = parts.map(
      ([by, part]): Track => ({
        name: `${trackName(name, "mass")} by ${by}`,
        title: `${SAID.mass} ${where} by ${by}: share, ${explainer}, mean of explained samples`,
        curves: measured
          .flatMap((one) => curvesOf(dashboard, one, name, "mass", part))
          .slice(0, MOST_CURVES),
        ...{ level, tell: percent, isTall: true, isExtra: true },
      }),
    );
    return [...tracks, ...split].filter(({ curves }) => curves.length > 0);
  });
}

/** By which a track is chosen. */
export function trackName(region: string, measure: Measure): string {
  return `${measure} in ${region}`;
}

/** The maps that are looked at, where their regions were measured; else the first that have any. */
function groupOf({ scene }: Dashboard): string {
  const groups = scene.shown.flatMap(({ run }) =>
    run.groups.filter(({ kind }) => kind === "regions").map(({ group }) => group),
  );
  const wanted = scene.evidence?.group.replace(/^[a-z]+/, "regions") ?? "";
  return groups.includes(wanted) ? wanted : (groups[0] ?? "");
}

function recordsAt({ store }: Dashboard, run: ShownRun, group: string): Measured["records"] {
  const points = store.get(run.id, group)?.points ?? [];
  return points.flatMap(({ step, record }) =>
    record?.kind === "regions" ? [[step, record] as const] : [],
  );
}

/** The mean of the areas. */
function levelOf({ area, names }: Regions, place: number): number {
  const own = area.filter((_, i) => i % names.length === place);
  return own.reduce((sum, one) => sum + one, 0) / own.length;
}

/** A curve for each part of the samples; those of no part are left out. */
function curvesOf(
  { scene }: Dashboard,
  { run, records }: Measured,
  region: string,
  measure: Measure,
  part: (run: ShownRun, sample: number) => string,
): Curve[] {
  const there = scene.samples.filter((sample) => !lacks(run.samples, sample));
  const parts = [...new Set(there.map((sample) => part(run, sample)))].filter(Boolean);
  return parts.flatMap((name, i) => {
    const own = there.filter((sample) => part(run, sample) === name);
    const points = regionPoints(records, region, measure, own);
    const isAll = name === region;
    const metric = isAll ? `${measure}, ${region}` : `${region}, ${name}`;
    const [curve] = estimatesCurve(run, metric, points, DASHES[i % DASHES.length] ?? []);
    // Of many curves, intervals would hide each other.
    return curve ? [isAll ? curve : { ...curve, range: [] }] : [];
  });
}

/** By what rows hold, as `Predictions(groups=...)` logs them. */
function groupName({ store }: Dashboard, run: ShownRun, sample: number): string {
  const { groupOf } = totalsOf(store.evaluations.totals(run.predictions?.run ?? ""));
  return groupOf.get(run.samples?.hashes?.[sample] ?? "") ?? "";
}
