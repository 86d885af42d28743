/** The table of values at the playhead's epoch. */

import { html } from "lit";
import { epochText, fromText, valueUntil } from "../../analysis/epochs.ts";
import type { Curve, Track } from "../../draw/tracks.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { setText } from "./part.ts";
import { nameText } from "./path-text.ts";

/** Runs whose values have room beside the curves. */
export const MOST = 4;

interface Row {
  readonly track: Track;
  readonly metric: string;
}

function who(run: ShownRun) {
  return html`<span class="who"
    ><span class="dot" style="background: ${run.colour}"></span>${nameText(run.name)}</span
  >`;
}

/** Write what is known at an epoch into the cells of a table. */
export function tellValues(root: ParentNode, step: number): void {
  type Value = HTMLElement & { track: Track; curve: Curve | undefined };
  for (const cell of root.querySelectorAll<Value>(".value")) {
    const known = valueUntil(cell.curve?.points ?? [], step);
    setText(cell.children[0], known ? cell.track.tell(known.value) : "–");
    setText(cell.children[1], known ? fromText(known) : "");
  }
}

/** A cell that `tellValues` fills. */
function valueCell({ track, metric }: Row, run: ShownRun) {
  return html`<td
    class="value"
    .track=${track}
    .curve=${track.curves.find((curve) => curve.metric === metric && curve.run === run)}
  ><span class="number"></span><span class="from muted"></span></td>`;
}

/** What tracks say at the playhead; the timeline fills the cells. */
export function valuesTable(dashboard: Dashboard, tracks: readonly Track[], isStill: boolean) {
  if (tracks.length === 0) return "";
  const rows = tracks.flatMap((track) =>
    [...new Set(track.curves.map(({ metric }) => metric))].map((metric) => ({ track, metric })),
  );
  return isStill ? stillTable(dashboard, rows) : runsAcross(dashboard, rows);
}

/** Numbers down, runs across: beside the curves. */
function runsAcross(dashboard: Dashboard, rows: readonly Row[]) {
  const few = dashboard.scene.shown.slice(0, MOST);
  return html`<table>
      <thead>
        <tr>
          <th scope="col">at this epoch</th>
          ${few.map((run) => html`<th scope="col" title=${run.name}>${who(run)}${until(dashboard, run)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr>
            <th scope="row">${row.metric}</th>
            ${few.map((run) => valueCell(row, run))}
          </tr>`,
        )}
      </tbody>
    </table>`;
}

/** Runs down, numbers across: low, where there are no curves. */
function stillTable(dashboard: Dashboard, rows: readonly Row[]) {
  return html`<table>
      <thead>
        <tr>
          <th scope="col">run</th>
          ${rows.map(({ metric }) => html`<th scope="col">${metric}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${dashboard.scene.shown.map(
          (run) => html`<tr>
            <th scope="row" title=${run.name}>${who(run)}</th>
            ${rows.map((row) => valueCell(row, run))}
          </tr>`,
        )}
      </tbody>
    </table>`;
}

/** Where a run has fewer epochs than are shown. */
function until(dashboard: Dashboard, { id }: ShownRun) {
  const { scene, store } = dashboard;
  const last = store.get(id, "metrics")?.points.at(-1)?.step;
  const isShort = last !== undefined && last < (scene.steps.at(-1) ?? 0);
  return isShort ? html`<span class="from muted">until epoch ${epochText(last)}</span>` : "";
}
