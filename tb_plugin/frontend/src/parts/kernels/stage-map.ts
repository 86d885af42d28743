/** The map of one stage: enlarged among the samples; what its flag says stands beside it. */

import { css } from "lit";
import { define } from "../frame/part.ts";
import { hideReadout } from "../frame/readout.ts";
import { MapCell } from "../maps/map-cell.ts";

class StageMap extends MapCell {
  static override styles = [
    ...MapCell.styles,
    css`
      :host {
        overflow: hidden;
      }
      .flag {
        display: none;
      }
    `,
  ];

  protected override open(): void {
    const { dashboard, run, sample } = this;
    const { view, scene } = dashboard;
    const { group } = this.column;
    hideReadout(dashboard);
    const shown = new Set([group, ...scene.shownColumns.map((column) => column.group)]);
    const groups = scene.columns.map((column) => column.group).filter((one) => shown.has(one));
    const isInSight = view.view === "samples" || view.beside === "samples";
    const opened = { run: run.id, group, sample };
    dashboard.update({ groups, opened, ...(isInSight ? {} : { view: "samples" }) });
  }
}

define("tfx-stage-map", StageMap);
