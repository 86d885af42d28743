/** The mean of the maps of the samples in the wall, a picture for each run. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { isRow } from "../../analysis/layouts.ts";
import { type MeanMap, meanOfMaps } from "../../analysis/mean-map.ts";
import { plural } from "../../analysis/numbers.ts";
import { drawMap, drawPlate, fit, sharpContext } from "../../draw/canvas.ts";
import { colourPlane } from "../../draw/plane.ts";
import { isTeacher } from "../../state/runs.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { matchingSamples } from "../maps/matching.ts";
import { mapOf } from "./wall-values.ts";

export class MeanMaps extends PaintedPart {
  static override properties: PropertyDeclarations = {
    size: { type: Number },
    column: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 16px;
      }
      p {
        font-size: 12px;
        line-height: 16px;
      }
      p b {
        display: block;
        font-size: 13px;
        font-weight: 600;
      }
      canvas {
        display: block;
      }
      div {
        display: flex;
        align-items: flex-start;
        gap: 8px;
        font-size: 12px;
      }
      .who {
        align-items: center;
        gap: 6px;
        min-width: 0;
      }
    `,
  ];
  /** Of a picture, in pixels. */
  declare size: number;
  /** How wide the column is that each stands in. */
  declare column: number;

  override render() {
    const { scene } = this.dashboard;
    const { evidence } = scene;
    if (!evidence || isRow(evidence.layout)) return nothing;
    const count = matchingSamples(this.dashboard).length;
    return html`
      <p style="width: ${this.column}px">
        <b>Mean of the maps</b>
        <span class="muted">
          |${evidence.explainer}| of ${plural(count, "sample")}, each counting alike; one scale for
          ${scene.shown.some(isTeacher) ? "students, one for teachers" : "all runs"}
        </span>
      </p>
      ${scene.shown.map(
        ({ name, colour }) => html`<div style="width: ${this.column}px">
          <canvas role="img" aria-label="Mean of the maps of ${name}"></canvas>
          <div class="who"><span class="dot" style="background: ${colour}"></span
            ><span class="cut" title=${name}>${name}</span></div>
        </div>`,
      )}
    `;
  }

  paint(): void {
    const { dashboard, size } = this;
    const { shown } = dashboard.scene;
    const samples = matchingSamples(dashboard);
    const all = shown.map((run) =>
      samples.flatMap((sample) => mapOf(dashboard, run, sample).record ?? []),
    );
    const { sequential } = dashboard.view;
    if (!this.isNew(...all.flat(), samples.length, size, sequential)) return;
    const means = all.map(meanOfMaps);
    const limitOf = (isOfTeacher: boolean): number =>
      means.reduce((most, mean, i) => {
        const run = shown[i];
        return run && isTeacher(run) === isOfTeacher ? Math.max(most, mean?.largest ?? 0) : most;
      }, 0);
    const [ofStudents, ofTeachers] = [limitOf(false), limitOf(true)];
    for (const [i, canvas] of [...this.renderRoot.querySelectorAll("canvas")].entries()) {
      const run = shown[i];
      this.draw(canvas, means[i], run && isTeacher(run) ? ofTeachers : ofStudents);
    }
  }

  private draw(canvas: HTMLCanvasElement, mean: MeanMap | undefined, limit: number): void {
    const { size } = this;
    const context = sharpContext(canvas, size, size);
    if (!context) return;
    context.clearRect(0, 0, size, size);
    if (!mean) return;
    const { values, height, width } = mean;
    const rect = fit(width, height, { x: 0, y: 0, width: size, height: size });
    const ramp = this.dashboard.view.sequential;
    const plane = { data: values, width, height, scale: 1 };
    drawPlate(context, rect);
    const coloured = colourPlane(plane, { ramp, limit, signed: false, smooth: false });
    drawMap(context, coloured, plane, rect, false);
  }
}

define("tfx-mean-maps", MeanMaps);
