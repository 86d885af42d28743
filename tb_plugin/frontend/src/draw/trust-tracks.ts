/** Numbers of trust over epochs: means over the samples, beside what chance reaches. */

import { calledOf, trustText } from "../analysis/trust.ts";
import type { Trust } from "../format/trusted.ts";
import type { Column } from "../state/columns.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { trustSeries } from "../state/trusted.ts";
import type { Curve, Track } from "./tracks.ts";

const DOTTED = [2, 3] as const;

/** Of the enlarged map's method, else of the wall's; none of them is drawn unless chosen. */
export function trustTracks(dashboard: Dashboard): Track[] {
  const { scene, view } = dashboard;
  const column = scene.columns.find(({ group }) => group === view.opened?.group) ?? scene.evidence;
  if (!column) return [];
  const known = scene.shown.map((run) => ({
    run,
    points: (trustSeries(dashboard, run.id, column.group)?.points ?? []).flatMap(
      ({ step, record }) => (record?.kind === "trust" ? [{ step, record }] : []),
    ),
  }));
  const names = new Set(
    known.flatMap(({ points }) => points.flatMap(({ record }) => record.names)),
  );
  return [...names].map((name): Track => {
    const called = calledOf(name);
    const curves = known.flatMap(({ run, points }): Curve[] => {
      const own = (of: "values" | "chance") =>
        points.flatMap(({ step, record }) => {
          const mean = meanOf(record, name, of);
          return Number.isFinite(mean) ? [[step, mean] as const] : [];
        });
      const [values, chance] = [own("values"), own("chance")];
      return [
        { run, metric: called, points: values, dash: [] },
        { run, metric: `${called}, chance`, points: chance, dash: DOTTED },
      ].filter(({ points }) => points.length > 0);
    });
    const hasChance = curves.some(({ dash }) => dash === DOTTED);
    return {
      ...{ name: `trust-${name}`, curves, isExtra: true, tell: trustText },
      title: `${called}, mean of ${placeText(dashboard, column)}${hasChance ? "; dotted: chance" : ""}`,
    };
  });
}

function placeText({ scene }: Dashboard, { explainer, layer }: Column): string {
  const isOne = scene.columns.filter((one) => one.explainer === explainer).length === 1;
  return isOne ? explainer : `${explainer} · ${scene.layerText(layer)}`;
}

/** The mean of a number over the samples it is defined for. */
export function meanOf(record: Trust, name: string, of: "values" | "chance"): number {
  const [at, width] = [record.names.indexOf(name), record.names.length];
  if (at < 0) return Number.NaN;
  const own = record[of].filter((value, i) => i % width === at && Number.isFinite(value));
  return own.reduce((sum, value) => sum + value, 0) / own.length;
}
