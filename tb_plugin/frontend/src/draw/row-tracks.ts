/** All curves of what the validation rows tell: they come later, with a script of their own. */

import type { Dashboard } from "../state/dashboard.ts";
import { evaluationTracks } from "./evaluation-tracks.ts";
import { groupTracks } from "./group-tracks.ts";
import type { Track } from "./tracks.ts";

/** `metrics` are the tracks of what Keras reports. */
export function rowTracks(dashboard: Dashboard, metrics: readonly Track[]): Track[] {
  return [...evaluationTracks(dashboard, metrics), ...groupTracks(dashboard)];
}
