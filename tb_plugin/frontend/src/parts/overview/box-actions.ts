/** What is done with boxes: their tracks come and go with them. */

import { type Box, boxName } from "../../analysis/boxes.ts";
import { boxTrackName } from "../../draw/box-tracks.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { MOST_BOXES } from "../../state/view.ts";

/** Where there are as many as there can be, the first one goes. */
export function addBox(dashboard: Dashboard, box: Box): void {
  const others = dashboard.view.boxes.filter((one) => boxName(one) !== boxName(box));
  setBoxes(dashboard, [...others, box].slice(-MOST_BOXES));
}

export function changeBox(dashboard: Dashboard, index: number, box: Box | undefined): void {
  const { boxes } = dashboard.view;
  setBoxes(
    dashboard,
    boxes.flatMap((one, i) => (i === index ? (box ? [box] : []) : [one])),
  );
}

/** Chosen tracks are chosen by name: a box that was just drawn is meant to be seen. */
function setBoxes(dashboard: Dashboard, boxes: readonly Box[]): void {
  const { tracks } = dashboard.view;
  const others = tracks?.filter((name) => !name.startsWith("box "));
  const own = boxes.map(boxTrackName);
  dashboard.update({ boxes, tracks: others && [...others, ...own] });
}
