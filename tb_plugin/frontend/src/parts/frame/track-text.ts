/** What the curves of a track say at one epoch, for whoever points at it. */

import { epochText, valueUntil } from "../../analysis/epochs.ts";
import type { Track } from "../../draw/tracks.ts";

const MOST = 6;

/** `epoch 7: accuracy plain 0.944, shortcut 0.989 · val_accuracy plain 0.951`. */
export function trackText(track: Track, step: number): string {
  const told = track.curves.slice(0, MOST).flatMap(({ run, metric, points }) => {
    const known = valueUntil(points, step);
    return known ? [{ metric, text: `${run.name} ${track.tell(known.value)}` }] : [];
  });
  const metrics = [...new Set(told.map(({ metric }) => metric))];
  const texts = metrics.map((metric) => {
    const values = told.filter((one) => one.metric === metric).map(({ text }) => text);
    return `${metric} ${values.join(", ")}`;
  });
  const more = track.curves.length - MOST;
  return `epoch ${epochText(step)}: ${texts.join(" · ") || "not known yet"}${more > 0 ? ` · ${more} more` : ""}`;
}
