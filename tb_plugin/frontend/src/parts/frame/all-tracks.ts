/** All curves that the timeline can draw, those that come later with scripts of their own. */

import { boxTracks } from "../../draw/box-tracks.ts";
import { driftTracks } from "../../draw/drift-tracks.ts";
import { type Track, tracksOf } from "../../draw/tracks.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { holds } from "../../state/runs.ts";
import { Later } from "./later.ts";

const ofLayers = new Later("The curves", () => import("../../draw/total-tracks.ts"));
const ofRegions = new Later("The curves", () => import("../../draw/region-tracks.ts"));
const ofRows = new Later("The curves", () => import("../../draw/row-tracks.ts"));
const ofTrust = new Later("The curves", () => import("../../draw/trust-tracks.ts"));

/** `isChoosing`: whether it was ever asked which there are, beside those that are drawn. */
export function allTracks(
  dashboard: Dashboard,
  host: { requestUpdate(): void },
  isChoosing: boolean,
): readonly Track[] {
  const { scene, store, view } = dashboard;
  const { has } = scene;
  const metrics = tracksOf(scene, store);
  const rows = has.rows && ofRows.get(host)?.rowTracks(dashboard, metrics);
  const isOfLayers = has.kernels || has.health;
  const layers = isOfLayers && ofLayers.get(host)?.layerTracks(dashboard);
  const isOfRegions = holds(scene.shown, ["regions"]);
  const regions = isOfRegions && ofRegions.get(host)?.regionTracks(dashboard);
  const isWanted = isChoosing || view.tracks?.some((name) => name.startsWith("trust-"));
  const isTrusted = isWanted && holds(scene.shown, ["trust"]);
  const trust = isTrusted && ofTrust.get(host)?.trustTracks(dashboard);
  return [
    ...[...metrics, ...boxTracks(dashboard), ...(regions || []), ...(rows || [])],
    ...[...(layers || []), ...driftTracks(dashboard), ...(trust || [])],
  ];
}
