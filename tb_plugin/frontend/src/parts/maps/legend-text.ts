/** What a column's colours stand for, in words and numbers. */

import type { Scale } from "../../analysis/magnitudes.ts";
import { aboveText } from "../../analysis/map-text.ts";
import { short } from "../../analysis/numbers.ts";
import type { Column } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { isTeacher } from "../../state/runs.ts";

export interface LegendText {
  /** The numbers under the colour bar. */
  readonly ends: readonly string[];
  /** What the scale is one for, and what lies beyond it. */
  readonly scope: string;
}

/** Of the maps of one sample, or of all that are shown. */
export function legendText(
  dashboard: Dashboard,
  column: Column,
  sample: number | undefined,
): LegendText {
  const scale = scaleOf(dashboard, column, sample);
  return { ends: endsOf(column, scale), scope: scopeOf(dashboard, column, scale) };
}

/** The one scale of all that is below, where there is one. */
function scaleOf(
  { view, scene }: Dashboard,
  column: Column,
  of: number | undefined,
): Scale | undefined {
  if (column.kind === "channels" || view.scale === "map") return undefined;
  const sample = of ?? (scene.selected.length === 1 ? scene.selected[0] : undefined);
  if (view.scale === "sample" && sample === undefined) return undefined;
  return scene.scales.of(view, column, sample ?? -1, () => ({ limit: 0, above: 0 }));
}

function endsOf({ signed, unit }: Column, scale: Scale | undefined): string[] {
  if (!scale) return signed ? ["−max", "0", "max"] : ["0", "max"];
  if (scale.limit === 0) return ["all zero"];
  const most = `${short(scale.limit)} ${unit}`;
  return signed ? [short(-scale.limit), "0", most] : ["0", most];
}

function scopeOf({ scene, view }: Dashboard, column: Column, scale: Scale | undefined): string {
  if (column.kind === "channels") {
    const of = { sample: "each channel, sample", all: "each channel", map: "each map" };
    return `max of ${of[view.scale]}`;
  }
  const above = scale?.above ? `${aboveText(scale)} of values above` : "";
  const epochs = scene.steps.length > 1 ? ", all epochs" : "";
  const runs = scene.shown.some(isTeacher) ? "students (teachers: their own)" : "shown runs";
  const of = {
    sample: `this sample, ${runs}${epochs}`,
    all: `all samples, ${runs}${epochs}`,
    map: "each map",
  };
  if (!scale && view.scale === "sample") return "max of each sample, told below it";
  const range = scale ? of[view.scale] : `max of ${of[view.scale]}`;
  return [column.wordsRead ? "per word" : "", range, above].filter(Boolean).join(" · ");
}
