/** How high the tracks of the timeline are. */

import { X_AXIS } from "../../draw/tracks.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { RAIL } from "./epoch-axis.ts";
import { isInSight } from "./views.ts";

/** A track lower than this tells nothing. */
const LOWEST = 24;
const HIGHEST = 160;
/** What stands above and below the tracks. */
const AROUND = 28 + X_AXIS + RAIL + 5;
/** In narrower windows the panel of the weights stands above, not at the side. */
const NARROW = 960;

/**
 * Of `count` usual tracks each. Many are lower, so that the maps keep their room; or as high as the
 * divider lets them in a timeline of `timelineHeight`, undefined where it is folded.
 */
export function trackHeight(
  dashboard: Dashboard,
  count: number,
  timelineHeight: number | undefined,
): number {
  const { scene, view } = dashboard;
  const isAbove = scene.has.kernels && window.innerWidth < NARROW;
  const sized = view.bottom === undefined || isAbove ? undefined : timelineHeight;
  // In the samples maps need the room more.
  const share = isInSight(dashboard, "samples") ? 7 : 5;
  const usual = scene.has.maps ? Math.min(window.innerHeight / share, 180) : 184;
  const room = sized === undefined ? usual : sized - AROUND;
  const height = Math.floor(room / Math.max(1, count));
  return Math.max(LOWEST, Math.min(sized === undefined ? 46 : HIGHEST, height));
}
